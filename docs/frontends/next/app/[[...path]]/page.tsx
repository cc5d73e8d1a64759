import { cookies, draftMode } from "next/headers";
import { notFound, permanentRedirect } from "next/navigation";
import { keptBuild } from "site/changes";
import { HomeDocument, PageDocument } from "site/generated/graphql";
import { COOKIE } from "site/preview";
import { read } from "site/read";

import { BUILD } from "../../build";
import { EntryPage, Head } from "../../components/EntryPage";
import { Frame } from "../../components/Frame";

interface Props {
  params: Promise<{ path?: string[] }>;
}

/** All paths of the site; the root is the list of what is new. */
export async function generateStaticParams() {
  const build = await keptBuild(BUILD);
  const paths = build?.paths ?? [];
  return [{ path: [] }, ...paths.map((path) => ({ path: path.slice(1).split("/") }))];
}

export default async function Page({ params }: Props) {
  const { path = [] } = await params;
  return path.length === 0 ? <Home /> : <EntryAt path={`/${path.map(decodeURIComponent).join("/")}`} />;
}

async function Home() {
  const build = await keptBuild(BUILD);
  const home = await read(HomeDocument, { position: build?.position });
  return (
    <Frame frame={home}>
      <title>Hearth</title>
      <h1>New on Hearth</h1>
      <ul>
        {home.entries.nodes.map(
          (entry) =>
            entry.path && (
              <li key={entry.path}>
                <a href={entry.path}>{entry.title}</a>: {entry.summary}
              </li>
            ),
        )}
      </ul>
    </Frame>
  );
}

async function EntryAt({ path }: { path: string }) {
  const isPreview = (await draftMode()).isEnabled;
  const page = isPreview ? await readDraft(path) : await readPublic(path);
  const { route } = page;
  if (!route || route.__typename === "GoneRoute") notFound();
  if (route.__typename !== "PageRoute") permanentRedirect(route.to);
  const { entry } = route;
  return (
    <Frame frame={page}>
      <Head entry={entry} />
      {isPreview && <meta name="robots" content="noindex" />}
      {isPreview && (
        <p role="status" className="preview">
          This is a preview of a draft. <a href="/preview/close">Close it</a>
        </p>
      )}
      <EntryPage entry={entry} />
    </Frame>
  );
}

/** Read a page at the position of the last build or update, as all others. */
async function readPublic(path: string) {
  const build = await keptBuild(BUILD);
  return read(PageDocument, { path, position: build?.position });
}

async function readDraft(path: string) {
  const token = (await cookies()).get(COOKIE)?.value;
  return read(PageDocument, { path }, token);
}
