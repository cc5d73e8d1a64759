"""The pages of the old site at one time, and their drafts on this site."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias, cast
from urllib.parse import unquote

from cms.content.content_type import ContentType
from cms.content.fields.markdown import Markdown
from cms.content.snapshot import Draft
from cms.importing.front_matter import FrontMatter
from cms.importing.site.body import Body
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.files import Commit, Names
from cms.importing.site.generators.base import Generator, SourcePage
from cms.importing.site.link_targets import LinkTargets
from cms.importing.site.links import OldLink, links_of, may_miss_links, with_links
from cms.importing.site.mapping import MarkdownMapping, PagePlace
from cms.importing.site.page_index import PageIndex, PageKey, address_key
from cms.importing.site.page_text import PageReader, PageText, fields_of
from cms.importing.site.texts import markdown_of
from cms.importing.site.values import PageValues
from cms.site import Site

# Keys of pages that a page links to, and of those of which it links to a part.
_Mentions: TypeAlias = tuple[frozenset[PageKey], frozenset[PageKey]]
_NO_MENTIONS: _Mentions = (frozenset(), frozenset())

# Losses of which the words arrive, and elements that are left out, but not the words in them.
_KEPT = frozenset({"REMOVED_ATTRIBUTE", "UNKNOWN_DIRECTIVE"})
_AROUND_WORDS = frozenset(
    [
        "address",
        "big",
        "body",
        "button",
        "dialog",
        "fieldset",
        "font",
        "form",
        "html",
        "label",
        "legend",
        "main",
        "marquee",
        "nav",
        "nobr",
        "noscript",
        "output",
        "picture",
        "search",
        "slot",
    ]
)
# An address with spaces, which is no link.
_SPACED = re.compile(r"\]\((?P<href>[^\s()<>\"'][^()<>\n\"']*[^\s()<>\"'])\)")


@dataclass(frozen=True)
class DraftWithLinks:
    """The draft of a page on this site, without category.

    Attributes:
        draft: the draft, with links to pages of this site.
        body: its text.
        has_unusual: whether the text may have links that were not found.
        resolved: the number of resolved links.
        placed: the addresses of resolved links that are written where they lead, with their lines.
        lost: the faults of links: unresolved ones, and those without their anchor.
    """

    draft: Draft
    body: Body
    has_unusual: bool
    resolved: int
    placed: Sequence[tuple[str, int]]
    lost: tuple[Fault, ...]


@dataclass(eq=False)
class OldPage:
    """A page in a locale.

    Attributes:
        key: the locale, and the key of the page, which is the same in all locales.
        slug: its URL slug on this site.
        content_type: the content type of its entry.
        text: its current text; ``None`` if there is none.
    """

    key: PageKey
    slug: str
    content_type: type[ContentType]
    text: PageText | None = None

    @property
    def locale(self) -> str:
        """The locale of the page."""
        return self.key[0]


@dataclass
class OldSite:
    """All pages of the old site, at successive times.

    Attributes:
        site: the site that the pages come to.
        folder: the imported folder.
        mapping: the mapping from files to content, with the settings of the old site.
        generator: the rules of its generator.
        names: the former names of pages.
        with_drafts: whether links can point to unpublished pages; true if the import does not
            publish.
        slugs: the slugs of pages, of their current files.
        pages: the pages.
        withheld: the keys of pages that only people on this site can publish.
        current: the current text of each page, in the order of the files.
        commits: the history of the files, oldest first.
        faults: all faults of the current files, but those of links, which :meth:`draft` returns.
    """

    site: Site
    folder: Path
    mapping: MarkdownMapping
    generator: Generator
    names: Names
    with_drafts: bool
    slugs: Mapping[PageKey, str] = field(default_factory=dict)
    pages: dict[PageKey, OldPage] = field(default_factory=dict)
    withheld: frozenset[PageKey] = frozenset()
    current: Mapping[PageKey, PageText] = field(default_factory=dict)
    commits: Sequence[Commit] = ()
    faults: list[Fault] = field(default_factory=list)
    _index: PageIndex = field(default_factory=PageIndex, init=False)
    _keys: dict[PagePlace, PageKey] = field(default_factory=dict, init=False)
    # The drafts as long as no page changes: each is asked for several times.
    _drafts: dict[OldPage, tuple[PageText, DraftWithLinks]] = field(
        default_factory=dict, init=False
    )

    # The targets of the links of pages, by the texts that have them.
    _mentions: dict[PageKey, tuple[PageText, _Mentions]] = field(default_factory=dict, init=False)

    def key_of(self, place: PagePlace) -> PageKey:
        """Return the key of the page of a file."""
        return self._keys.get(place) or (place.locale, self.names.key(place.name))

    def page_at(self, place: PagePlace) -> OldPage:
        """Return the page of a file, which may have no text yet."""
        return self.page(self.key_of(place), place.path)

    def page(self, key: PageKey, path: str = "") -> OldPage:
        """Return the page with a key, which may have no text yet."""
        if key not in self.pages:
            mapping = self.mapping.for_file(path)
            text = self.current.get(key)
            content_type = (
                text.content_type if text else self.site.content_type(mapping.content_type)
            )
            self.pages[key] = OldPage(key, self.slugs.get(key, key[1]), content_type)
        return self.pages[key]

    def read(self, place: PagePlace, source: FrontMatter) -> PageText:
        """Return the text of a page in a file.

        Raises:
            ContentFileError: if a value is invalid.
        """
        try:
            return self._read(place, source)
        # Such as a date that is not possible in its time zone, or a name that is too long.
        except (ArithmeticError, OSError, RecursionError, ValueError) as error:
            raise source.fault(None, f"cannot be read: {error}") from error

    def _read(self, place: PagePlace, source: FrontMatter) -> PageText:
        if reason := self.generator.reason_against_text(place, source):
            raise source.fault(None, reason)
        if not self.generator.takes_last_value:
            source.refuse_repeated()
        mapping = self.mapping.for_file(place.path)
        values = PageValues(
            self.generator.source_of(place, source),
            mapping.values,
            self.generator.defaults_of(place),
        )
        page = SourcePage(place, values, self.generator.date_of(place, values))
        body, faults = markdown_of(self.generator, mapping, page)
        content_type = self.site.content_type(mapping.content_type)
        shared = values.text(mapping.translation)
        key = (place.locale, f"={shared}") if shared else self.key_of(place)
        reader = PageReader(self.generator, mapping, content_type, key, page, body, faults)
        return reader.read()

    def put_current(self, texts: Mapping[PageKey, PageText]) -> None:
        """Set the current texts of all pages, by which links are resolved."""
        own = {address_key(text.address): key for key, text in texts.items()}
        texts = {
            key: replace(
                text,
                # The address of another page is not one of this page, too.
                former_addresses=tuple(
                    each for each in text.former_addresses if own.get(address_key(each), key) == key
                ),
            )
            for key, text in texts.items()
        }
        self.current = texts
        self.slugs = {key: text.draft.slug for key, text in texts.items()}
        for key, text in texts.items():
            self._keys[text.page.place] = key
            self._know(key, text)
        for key in texts:
            self.page(key)

    def put_missing(self, places: Iterable[PagePlace]) -> None:
        """Set the pages whose files are not imported, and which links do not reach."""
        for place in places:
            if (key := self.key_of(place)) not in self.current:
                page = _unread_page(place)
                names = self.generator.names_of(page)
                address = self.generator.address_of(page)
                self._index.add_missing(key, place.path, names, address)

    def put_history(self, commits: Sequence[Commit]) -> None:
        """Set the history of the files; links can mean pages that appear later, or are gone.

        The addresses that a page had become former ones.
        """
        self.commits = commits
        current = dict(self.current)
        for place in dict.fromkeys(change.place for each in commits for change in each.changes):
            address = self.generator.address_of(_unread_page(place))
            key = self.key_of(place)
            text = current.get(key)
            if text is not None and not self._index.has_address(address):
                former = (*text.former_addresses, address)
                current[key] = replace(text, former_addresses=former)
            self._index.add_former(key, place.path, [address])
        self.current = current

    def put(self, page: OldPage, text: PageText | None) -> None:
        """Replace the text of a page; ``None`` deletes the page."""
        self._drafts.clear()
        page.text = text
        if text is not None and page.key not in self.current:
            self._know(page.key, text)

    def stands(self, page: OldPage | None) -> bool:
        """Return whether links can point to a page."""
        if page is None or page.text is None:
            return False
        return self.with_drafts or (page.text.is_publishable and page.key not in self.withheld)

    def touched_by(
        self, changed: Iterable[OldPage], came_or_went: Iterable[OldPage]
    ) -> Iterator[OldPage]:
        """Yield the other pages whose links are affected by changed pages."""
        edited = {page.key for page in changed}
        moved = {page.key for page in came_or_went}
        for page in self.pages.values():
            if page.text is None or page.key in edited:
                continue
            mentions, parts = self._mentions_of(page, page.text)
            if mentions & moved or parts & edited:
                yield page

    def draft(self, page: OldPage, text: PageText) -> DraftWithLinks:
        """Return the current draft of a page with this text."""
        drafted_from, draft = self._drafts.get(page, (None, None))
        if draft is None or drafted_from is not text:
            draft = self._draft(page, text)
            self._drafts[page] = text, draft
        return draft

    def _draft(self, page: OldPage, text: PageText) -> DraftWithLinks:
        lost: list[Fault] = []
        placed: list[tuple[str, int]] = []
        resolved = 0
        targets = self._link_targets(text)

        def choose(link: OldLink) -> str | None:
            nonlocal resolved
            chosen = targets.choose(link)
            lost.extend(chosen.faults)
            is_link = chosen.is_page and link.form != "code"
            resolved += is_link
            if is_link and chosen.href and link.form != "definition":
                placed.append((chosen.href, link.line))
            return chosen.href

        # As it is stored, so that it is rendered once for its losses and when it is saved.
        body = with_links(text.body, text.links, choose).trimmed()
        fields = {**text.draft.fields, **fields_of(text.mapping, body.text)}
        draft = replace(text.draft, slug=page.slug, fields=fields)
        has_unusual = may_miss_links(text.body, text.links)
        return DraftWithLinks(
            draft, body, has_unusual, resolved, placed, tuple(dict.fromkeys(lost))
        )

    def losses(self, page: OldPage, text: PageText) -> Iterator[Fault]:
        """Yield what readers of a page with this text will not see, and links that stay.

        Its text is rendered; a save that comes soon finds it rendered.
        """
        drafted = self.draft(page, text)
        body, lines = drafted.body, drafted.body.text.split("\n")
        for loss in _field_of(text).losses(body.text):
            if loss.code == "REMOVED_ADDRESS":  # links have faults of their own
                continue
            is_note = lines[loss.line - 1].lstrip(" \t>").startswith("[^")
            if loss.code == "UNUSED_DEFINITION" and not is_note:  # readers never saw it
                continue
            is_kept = loss.code in _KEPT or (
                loss.code == "REMOVED_ELEMENT" and loss.tag in _AROUND_WORDS
            )
            kind = FaultKind.CHANGED if is_kept else FaultKind.LOST_WORDS
            yield Fault(text.source.file, body.lines[loss.line - 1], kind, loss.message)
        if drafted.has_unusual:
            yield from self._unseen(text, body)

    def stuck(self, page: OldPage, text: PageText) -> Iterator[Fault]:
        """Yield the resolved links of a page that stay as text, such as those within HTML."""
        drafted = self.draft(page, text)
        if not drafted.placed:
            return
        hrefs = Counter(map(unquote, _field_of(text).hrefs(drafted.body.text)))
        for href, line in drafted.placed:
            hrefs[unquote(href)] -= 1
            if hrefs[unquote(href)] < 0:
                message = f"the link to {href} stays as text: Markdown is not read within HTML"
                yield Fault(text.source.file, line, FaultKind.LOST_LINK, message)

    def _unseen(self, text: PageText, body: Body) -> Iterator[Fault]:
        """Yield the links that stay as they are, since they are written in an unusual form."""
        targets = self._link_targets(text)
        seen = {unquote(each.href) for each in links_of(body)}
        for href in _field_of(text).hrefs(body.text):
            if unquote(href) not in seen and not targets.target(href).is_elsewhere:
                message = f"{href} is not converted: write the link as [words](address)"
                line = text.source.body_line
                yield Fault(text.source.file, line, FaultKind.LOST_LINK, message)
        for match in _SPACED.finditer(body.text):
            href = match["href"]
            if (
                " " in href
                and not body.is_code(match.start())
                and targets.target(href).key is not None
            ):
                message = f"{href} is text, since it contains spaces: write it as <{href}>"
                line = body.line_at(match.start())
                yield Fault(text.source.file, line, FaultKind.LOST_LINK, message)

    def mentions(self, page: OldPage) -> frozenset[PageKey]:
        """Return the pages that the current text of a page links to, whether they stand or not."""
        return self._mentions_of(page, page.text)[0] if page.text is not None else frozenset()

    def _mentions_of(self, page: OldPage, text: PageText) -> _Mentions:
        """Return the targets of a page's links, and of those with a fragment."""
        of, mentions = self._mentions.get(page.key, (None, _NO_MENTIONS))
        if of is not text:
            at = self._link_targets(text)
            links = (each for each in text.links if not each.is_image and each.form != "code")
            targets = [at.target(at.followed(each).href) for each in links]
            mentions = (
                frozenset(each.key for each in targets if each.key is not None),
                frozenset(each.key for each in targets if each.key is not None and each.fragment),
            )
            self._mentions[page.key] = text, mentions
        return mentions

    def _link_targets(self, text: PageText) -> LinkTargets:
        return LinkTargets(
            self.generator, self._index, text, self._standing, self.site, self.folder
        )

    def _standing(self, key: PageKey) -> tuple[str, PageText] | None:
        """Return the slug and the text of a page that links can point to."""
        page = self.pages.get(key)
        if page is None or page.text is None or not self.stands(page):
            return None
        return page.slug, page.text

    def _know(self, key: PageKey, text: PageText) -> None:
        names = self.generator.names_of(text.page)
        self._index.add(key, text.page.place.path, names, [text.address, *text.former_addresses])
        former = self.generator.former_of(text.page, text.address)
        self._index.add_everywhere(key, former)
        if to := self.generator.redirect_of(text.page):
            self._index.add_redirect(key, to)


def _unread_page(place: PagePlace) -> SourcePage:
    """Return a page of which only the place is known."""
    return SourcePage(place, PageValues(FrontMatter(Path(place.path), {}, {}, "", 1), {}), None)


def _field_of(text: PageText) -> Markdown:
    """Return the field for the text of a page, which the mapping was checked for."""
    return cast("Markdown", text.content_type.fields[text.mapping.body])
