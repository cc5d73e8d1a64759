"""The links and pictures of a Markdown text, and their replacement."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cms.importing.site.body import Body, Edit, covers
from cms.importing.site.references import REFERENCE, reference_in

# All quantifiers are possessive (``*+``), so that brackets without an end take linear time.
_HREF = r"<[^<>\n]*+>|[^\s()<>]*+(?:\((?:[^\s()]|\([^\s()]*+\))*+\)[^\s()<>]*+)*+"
_TITLE = r"(?:\s+(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|\((?:[^()\\]|\\.)*+\)))?"
_INNERMOST = r"\[[^\[\]]*+\](?:\([^()\s]*+\))?"
_NESTED = rf"\[(?:[^\[\]\\]|\\.|{_INNERMOST})*+\](?:\([^()\s]*+\))?"
_WORDS = rf"(?:[^\[\]\\]|\\.|{_NESTED})*+"
# The beginning of a picture or a link: characters first, which are found in a third of the time.
_OPENING = r"(?:!\[(?<!\\!\[)|\[(?<!\\\[))"
# A link or a picture, with its text in brackets, which can contain pairs of brackets.
_INLINE = re.compile(rf"{_OPENING}(?P<words>{_WORDS})\]\(\s*(?P<href>{_HREF}){_TITLE}\s*\)")
_DEFINITION = re.compile(
    rf"^[ >]*\[(?P<label>(?!\^)(?:[^\[\]\\]|\\.)++)\]:[ \t]*\n?[ \t]*(?P<href><[^<>\n]*+>|\S+)"
    rf"{_TITLE}[ \t]*$",
    re.MULTILINE,
)
_USE = re.compile(rf"{_OPENING}(?P<words>{_WORDS})\](?:\[(?P<label>[^\[\]]*+)\])?(?![(:\[])")
_ELEMENT = re.compile(
    r"<(?P<tag>a|img)\b(?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*')*?\s(?P<attribute>href|src)\s*=\s*"
    r"(?P<quote>[\"']?)"
    r"(?P<href>(?<=\")[^\"<>]*+|(?<=')[^'<>]*+|(?<![\"'])(?:[^\s\"'<>`/]|/(?!>))++)"
    r"(?P=quote)(?=[\s/>])",
    re.IGNORECASE,
)
_BARE = re.compile(r"https?://[^\s<>()\[\]\"'`]+")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


# A reference in code is text: templates are filled in before Markdown is read.
LinkForm: TypeAlias = Literal["inline", "definition", "element", "bare", "reference", "code"]


@dataclass(frozen=True)
class OldLink:
    """A link or a picture in a text.

    Attributes:
        href: the address, without escapes.
        form: how it is written.
        is_image: whether it is a picture.
        span: the place of the whole.
        href_span: the place of the address.
        words: the words, as they are written.
        line: the line of the file.
    """

    href: str
    form: LinkForm
    is_image: bool
    span: tuple[int, int]
    href_span: tuple[int, int]
    words: str
    line: int


# Returns the new address of a link; ``None`` keeps only its words.
Chooser: TypeAlias = Callable[[OldLink], str | None]


def links_of(body: Body) -> Iterator[OldLink]:
    """Yield the links and pictures of a text; of those in code, only references to pages."""
    found = [*_inline(body, 0, len(body.text)), *_definitions(body), *_elements(body)]
    yield from found
    done = _joined(each.span for each in found)
    for each in (*_bare(body), *_references(body)):
        start, _ = each.span
        if each.form == "code" or not (body.is_code(start) or covers(done, start)):
            yield each


def _joined(spans: Iterable[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Return spans in order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            first, last = joined.pop()
            joined.append((first, max(last, end)))
        else:
            joined.append((start, end))
    return joined


def may_miss_links(body: Body, links: Sequence[OldLink]) -> bool:
    """Return whether a text may have inline links that :func:`links_of` does not find."""
    return body.text.count("](") > sum(each.form == "inline" for each in links)


def with_links(body: Body, links: Sequence[OldLink], choose: Chooser) -> Body:
    """Return a text with the addresses of its links replaced by ``choose``."""
    edits: list[Edit] = []
    lost: set[str] = set()
    images = _image_labels(body)
    for link in links:
        new = choose(link)
        if link.form == "definition" and new is None and _label(link.words) not in images:
            lost.add(_label(link.words))
        edits += _edits(body, link, new)
    return _without_uses(body.edited(edits), lost) if lost else body.edited(edits)


def _edits(body: Body, link: OldLink, new: str | None) -> Iterator[Edit]:
    start, end = link.span
    if new == link.href:
        return
    if link.form == "code":
        yield start, end, new or str(reference_in(link.href))
    elif link.form in {"bare", "reference"}:
        words = link.href if link.form == "bare" else ""
        if new is not None:
            yield start, end, f"[{words or new}]({_written(new)})"
        elif link.form == "reference":
            yield start, end, ""
    elif link.form == "element":
        yield _element_edit(body, link, new)
    elif new is not None:
        yield *link.href_span, _written(new)
    elif link.form == "definition":
        yield start, end, ""
    else:
        words_end = start + 1 + link.is_image + len(link.words)
        yield start, start + 1 + link.is_image, ""
        yield words_end, end, ""


def _element_edit(body: Body, link: OldLink, new: str | None) -> Edit:
    """Return the edit that gives an element another address, or takes the attribute away."""
    match = next(_ELEMENT.finditer(body.text, link.span[0]))
    if new is None:
        return match.start("attribute") - 1, match.end(), ""
    escaped = html.escape(new)
    return *link.href_span, escaped if match["quote"] else f'"{escaped}"'


def _inline(body: Body, start: int, end: int) -> Iterator[OldLink]:
    for match in _INLINE.finditer(body.text, start, end):
        yield from _inline(body, *match.span("words"))
        if not body.is_code(match.start()) and match["href"]:
            yield OldLink(
                _plain(match["href"]),
                "inline",
                _is_image(match),
                match.span(),
                match.span("href"),
                match["words"],
                body.line_at(match.start("href")),
            )


def _definitions(body: Body) -> Iterator[OldLink]:
    images = _image_labels(body)
    for match in _DEFINITION.finditer(body.text):
        if not body.is_code(match.start()):
            yield OldLink(
                _plain(match["href"]),
                "definition",
                _label(match["label"]) in images,
                match.span(),
                match.span("href"),
                match["label"],
                body.line_at(match.start("label")),
            )


def _elements(body: Body) -> Iterator[OldLink]:
    for match in _ELEMENT.finditer(body.text):
        is_image = match["tag"].lower() == "img"
        if body.is_shown_as_code(match.start()) or is_image != (
            match["attribute"].lower() == "src"
        ):
            continue
        yield OldLink(
            html.unescape(match["href"]),
            "element",
            is_image,
            match.span(),
            match.span("href"),
            "",
            body.line_at(match.start()),
        )


def _bare(body: Body) -> Iterator[OldLink]:
    """Yield the bare addresses; those in ``<…>`` with their brackets."""
    text = body.text
    for match in _BARE.finditer(text):
        start, end = match.span()
        if text[start - 1 : start] == "<" and text[end : end + 1] == ">":
            yield _link(body, match[0], "bare", (start - 1, end + 1))
        else:
            href = match[0].rstrip(".,;:!?*_~")
            yield _link(body, href, "bare", (start, start + len(href)))


def _references(body: Body) -> Iterator[OldLink]:
    for match in REFERENCE.finditer(body.text):
        form: LinkForm = "code" if body.is_code(match.start()) else "reference"
        yield _link(body, match[0], form, match.span())


def _link(body: Body, href: str, form: LinkForm, span: tuple[int, int]) -> OldLink:
    line = body.line_at(span[0])
    return OldLink(href, form, is_image=False, span=span, href_span=span, words="", line=line)


def _image_labels(body: Body) -> frozenset[str]:
    """Return the labels of definitions that pictures use."""
    if "![" not in body.text or "]:" not in body.text:
        return frozenset()
    uses = filter(_is_image, _USE.finditer(body.text))
    return frozenset(_label(match["label"] or match["words"]) for match in uses)


def _without_uses(body: Body, lost: set[str]) -> Body:
    """Return a text in which links by some labels are only their words."""
    edits: list[Edit] = []
    for match in _USE.finditer(body.text):
        label = _label(match["label"] or match["words"])
        if label in lost and not _is_image(match) and not body.is_code(match.start()):
            edits.append((*match.span(), match["words"]))
    return body.edited(edits)


def _is_image(match: re.Match[str]) -> bool:
    return match[0].startswith("!")


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()


def _plain(href: str) -> str:
    inner = href[1:-1] if href.startswith("<") else href
    return html.unescape(_ESCAPE.sub(r"\1", inner))


def _written(href: str) -> str:
    """Return an address as a link has it: in ``<…>`` if it contains spaces or brackets."""
    return f"<{href}>" if re.search(r"[\s()]", href) else href
