import type { Link } from "site/link";

/** A list of those links that have an address, each with its note. */
export function LinkList({ links }: { links: Link[] }) {
  return (
    <ul>
      {links.map(
        (link) =>
          link.url && (
            <li key={link.url}>
              <a href={link.url}>{link.label}</a>
              {link.note && `: ${link.note}`}
            </li>
          ),
      )}
    </ul>
  );
}
