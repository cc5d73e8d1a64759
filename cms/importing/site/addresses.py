"""Links between the pages of the old site, and their replacement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote, urljoin, urlsplit

from cms.content.markup.markdown import code_lines, links_in
from cms.importing.site.mapping import LocaleFiles

# A code span, which contains no links; or a link or an image, with its text in brackets, which can
# contain a pair of brackets, its address and an optional title.
_LINK = re.compile(
    r"""(?P<code>(?<!`)`+(?!`))(?:(?!\n\n)[\s\S])+?(?<!`)(?P=code)(?!`)
    | (?<!\\)(?P<image>!?)\[(?P<words>(?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\]
      \(\s*(?P<href><[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()]*)*)(?P<title>\s+"[^"]*")?\s*\)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class OldAddress:
    """The target of a link on the old site.

    Attributes:
        path: the path, without a trailing slash.
        fragment: the anchor, without ``#``; empty for the top.
    """

    path: str
    fragment: str = ""

    def name_in(self, files: LocaleFiles) -> str | None:
        """Return the name of the file with the page at a path in a locale, if there can be one."""
        for pattern in files.stood_at:
            before, _, after = pattern.rstrip("/").partition("{path}")
            name = self.path.removeprefix(before).removesuffix(after)
            if self.path == f"{before}{name}{after}" and name:
                return name
        return None


@dataclass(frozen=True)
class OldLink:
    """A link in a text.

    Attributes:
        href: the link as written.
        address: its target on the old site.
        line: the line of the text, counted from 0.
    """

    href: str
    address: OldAddress
    line: int


# Returns the new target of a link; ``None`` keeps only its text.
Chooser: TypeAlias = Callable[[OldLink], str | None]


def old_address(href: str, page_path: str, url: str) -> OldAddress | None:
    """Return the target of a link on the old site; ``None`` for links to other sites.

    Args:
        href: the link as written.
        page_path: the path of the page with the link.
        url: the URL of the old site; empty if unknown.
    """
    inside = _within(href, url)
    try:
        parts = urlsplit(inside)
    except ValueError:  # not a valid address
        return None
    if parts.scheme or parts.netloc:
        return None
    if not parts.path:
        return OldAddress("/", unquote(parts.fragment)) if inside != href else None
    is_file = parts.path.endswith(".md")  # relative to the file, not to its page
    path = urljoin(page_path.rstrip("/") if is_file else page_path, parts.path)
    bare = unquote(path).removesuffix(".md").removesuffix("index.html").rstrip("/")
    return OldAddress(bare or "/", unquote(parts.fragment))


def old_links(text: str, page_path: str, url: str) -> Iterator[OldLink]:
    """Yield the links of a Markdown text to pages of the old site."""
    for match in _links(text):
        if not match["image"] and (link := _link(match, page_path, url)) is not None:
            yield link


def with_links(text: str, page_path: str, url: str, choose: Chooser) -> str:
    """Return a Markdown text with the links to the old site replaced by ``choose``.

    Images keep pointing to the old site, if its URL is known.
    """
    pieces: list[str] = []
    done = 0
    for match in _links(text):
        link = _link(match, page_path, url)
        if link is not None:
            pieces += [text[done : match.start()], _replaced(match, link, page_path, url, choose)]
            done = match.end()
    return "".join([*pieces, text[done:]])


def unwritable_link(text: str, page_path: str, url: str) -> str | None:
    """Return a link to the old site in a form that the functions above do not support."""
    found = {link.href for link in old_links(text, page_path, url)}
    hrefs = (link.href for link in links_in(text))
    inside = (each for each in hrefs if old_address(each, page_path, url) is not None)
    return next((each for each in inside if unquote(each) not in map(unquote, found)), None)


def _within(href: str, url: str) -> str:
    """Return an address on the old site without the site's URL, or any other unchanged."""
    own = url.rstrip("/")
    rest = href.removeprefix(own)
    return rest if own and rest != href and rest[:1] in {"", "/", "#", "?"} else href


def _replaced(
    match: re.Match[str], link: OldLink, page_path: str, url: str, choose: Chooser
) -> str:
    words = match["words"]
    if match["image"]:
        href = f"{url.rstrip('/')}{link.address.path}" if url else link.href
        return f"![{words}]({href}{match['title'] or ''})"
    inner = with_links(words, page_path, url, choose)  # may contain an image
    href_now = choose(link)
    return inner if href_now is None else f"[{inner}]({href_now}{match['title'] or ''})"


def _link(match: re.Match[str], page_path: str, url: str) -> OldLink | None:
    href = match["href"].removeprefix("<").removesuffix(">")
    address = old_address(href, page_path, url)
    line = match.string.count("\n", 0, match.start())
    return OldLink(href, address, line) if address is not None else None


def _links(text: str) -> Iterator[re.Match[str]]:
    code = code_lines(text)
    for match in _LINK.finditer(text):
        line = text.count("\n", 0, match.start())
        if match["code"] is None and not _is_in(line, code) and match["href"]:
            yield match


def _is_in(line: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(start <= line < end for start, end in ranges)
