import type { FrameFragment } from "site/generated/graphql";
import type { ReactNode } from "react";

import { LinkList } from "./LinkList";

export function Frame({ frame, children }: { frame: FrameFragment; children: ReactNode }) {
  const { navigation, siteSettings } = frame;
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header>
        <a href="/">Home</a>
        <p>{siteSettings?.brand}</p>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <nav aria-label="Site">
        {navigation?.groups.map((group) => (
          <section key={group.heading}>
            <h2>{group.heading}</h2>
            <LinkList links={group.links} />
          </section>
        ))}
      </nav>
      <footer>
        {siteSettings && <Html html={siteSettings.disclosure.html} />}
        <p>{siteSettings?.legal}</p>
      </footer>
    </>
  );
}

/** HTML of Copydesk, which has sanitised it. */
export function Html({ html }: { html: string }) {
  return <div dangerouslySetInnerHTML={{ __html: html }} />;
}
