/**
 * Checks a running frontend: `tsx check.ts http://127.0.0.1:4321`.
 *
 * It reads the page `/` and all pages that can be reached from it. Each must pass axe's rules for
 * accessibility, as far as they need no layout, and each link within the site must lead to a page, and
 * to an element of it if the link has a fragment.
 */
import axe from "axe-core";
import { JSDOM } from "jsdom";

/** A page that was read. */
interface Page {
  status: number;
  ids: Set<string>;
  links: URL[];
}

/** Return what is wrong with the pages of a site, a line each, and the number of its pages. */
export async function check(site: URL): Promise<{ faults: string[]; pages: number }> {
  const faults: string[] = [];
  const pages = new Map<string, Page>();
  const waiting = [site.pathname];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path)) continue;
    const page = await readPage(new URL(path, site), faults);
    pages.set(path, page);
    waiting.push(...page.links.map((link) => link.pathname));
  }
  for (const [path, page] of pages) {
    for (const link of page.links) {
      const target = pages.get(link.pathname);
      const fragment = decodeURIComponent(link.hash.slice(1));
      if (target?.status !== 200) {
        faults.push(`${path}: ${link.pathname} answers with ${target?.status}`);
      } else if (fragment && !target.ids.has(fragment)) {
        faults.push(`${path}: ${link.pathname} has no element ${link.hash}`);
      }
    }
  }
  return { faults, pages: pages.size };
}

async function readPage(url: URL, faults: string[]): Promise<Page> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok || !response.headers.get("content-type")?.startsWith("text/html")) {
    return { status: response.status, ids: new Set(), links: [] };
  }
  // axe runs in the page itself.
  const dom = new JSDOM(text, { url: url.href, runScripts: "outside-only" });
  const { window } = dom;
  window.eval(axe.source);
  const { violations } = await window.axe.run(window.document, {
    // These need the layout of a browser.
    rules: { "color-contrast": { enabled: false }, "target-size": { enabled: false } },
    resultTypes: ["violations"],
  });
  for (const each of violations) {
    for (const node of each.nodes) faults.push(`${url.pathname}: ${each.help}: ${node.html}`);
  }
  const anchors = [...window.document.querySelectorAll("a[href]")];
  const links = anchors.map((each) => new URL((each as HTMLAnchorElement).href));
  const ids = [...window.document.querySelectorAll("[id]")].map((each) => each.id);
  window.close();
  const own = links.filter((link) => link.origin === url.origin);
  return { status: response.status, ids: new Set(ids), links: own };
}

const { faults, pages } = await check(new URL(process.argv[2] ?? "http://127.0.0.1:4321"));
for (const fault of faults) console.error(fault);
console.log(`${pages} pages, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
