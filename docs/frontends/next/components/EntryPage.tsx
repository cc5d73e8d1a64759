import { assuranceOf, factsOf } from "site/facts";
import type { EntryPageFragment } from "site/generated/graphql";

import { Html } from "./Frame";
import { LinkList } from "./LinkList";

/** What search engines and other sites read; React moves it into the head. */
export function Head({ entry }: { entry: EntryPageFragment }) {
  const { seo, jsonLdScript } = entry;
  return (
    <>
      <title>{seo.title}</title>
      <meta name="description" content={seo.description} />
      {seo.canonical && <link rel="canonical" href={seo.canonical} />}
      {seo.hreflang.map((each) => (
        <link key={each.language} rel="alternate" hrefLang={each.language} href={each.url} />
      ))}
      {seo.openGraph.map((each) => (
        <meta key={each.property + each.content} property={each.property} content={each.content} />
      ))}
      <script type="application/ld+json" dangerouslySetInnerHTML={{ __html: jsonLdScript }} />
    </>
  );
}

export function EntryPage({ entry }: { entry: EntryPageFragment }) {
  const categories = entry.category ? [...entry.category.ancestors, entry.category] : [];
  const facts = factsOf(entry);
  return (
    <article lang={entry.localeName}>
      {categories.length > 0 && <p>{categories.map((each) => each.name).join(" › ")}</p>}
      <h1>{entry.title}</h1>
      <p>{entry.summary}</p>
      <p className="assurance">{assuranceOf(entry)}</p>
      {facts.length > 0 && (
        <dl>
          {facts.map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {"body" in entry && <Html html={entry.body.html} />}
      {"steps" in entry && (
        <ol>
          {entry.steps.map((step) => (
            <li key={step.title}>
              <h2>{step.title}</h2>
              <Html html={step.body.html} />
              {step.command && (
                <pre tabIndex={0}>
                  <code>{step.command}</code>
                </pre>
              )}
            </li>
          ))}
        </ol>
      )}
      {"sections" in entry &&
        entry.sections.map((section) => (
          <section key={section.anchor}>
            <h2 id={section.anchor}>{section.heading}</h2>
            <Html html={section.body.html} />
          </section>
        ))}
      {entry.linkGroups.map((group) => (
        <section key={group.label}>
          <h2>{group.label}</h2>
          <LinkList links={group.links} />
        </section>
      ))}
    </article>
  );
}
