"""The pages of the old site at one time, and their drafts on this site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cms.content.content_type import ContentType
from cms.content.slug import slugify
from cms.content.snapshot import Draft
from cms.errors import ContentFileError
from cms.importing.front_matter import FrontMatter
from cms.importing.site.addresses import (
    OldAddress,
    OldLink,
    old_links,
    unwritable_link,
    with_links,
)
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.files import Commit, Names
from cms.importing.site.mapping import MarkdownMapping, PagePlace
from cms.importing.site.page_text import PageKey, PageText, fields_of, read_page


@dataclass(frozen=True)
class DraftWithLinks:
    """The draft of a page on this site, without category.

    Attributes:
        draft: the draft, with links to pages of this site.
        resolved: the number of resolved links.
        lost: the faults of links: unresolved ones, and those without their anchor.
    """

    draft: Draft
    resolved: int
    lost: tuple[Fault, ...]


@dataclass(eq=False)
class OldPage:
    """A page in a locale.

    Attributes:
        key: the locale, and the key of the page, which is the same in all locales.
        slug: its URL slug on this site.
        content_type: the content type of its entry.
        text: its current text; ``None`` if there is none.
        mentions: the targets of its links.
        mentions_parts: the targets of its links with a fragment.
    """

    key: PageKey
    slug: str
    content_type: type[ContentType]
    text: PageText | None = None
    mentions: frozenset[PageKey] = frozenset()
    mentions_parts: frozenset[PageKey] = frozenset()

    @property
    def locale(self) -> str:
        """The locale of the page."""
        return self.key[0]


@dataclass
class OldSite:
    """All pages of the old site, at successive times.

    Attributes:
        mapping: the mapping from files to content.
        content_type: the content type of pages whose files name none.
        names: the former names of pages.
        slugs: the slugs of pages that differ from their keys.
        with_drafts: whether links can point to unpublished pages; true if the import does not
            publish.
        pages: the pages.
        withheld: the keys of pages that only people on this site can publish.
        current: the current text of each page, in the order of the files.
        commits: the history of the files, oldest first.
        faults: all faults of the current files, but those of links, which :meth:`draft` returns.
    """

    mapping: MarkdownMapping
    content_type: type[ContentType]
    names: Names
    slugs: Mapping[PageKey, str]
    with_drafts: bool
    pages: dict[PageKey, OldPage] = field(default_factory=dict)
    withheld: frozenset[PageKey] = frozenset()
    current: Mapping[PageKey, PageText] = field(default_factory=dict)
    commits: Sequence[Commit] = ()
    faults: list[Fault] = field(default_factory=list)
    # The drafts as long as no page changes: each is asked for several times.
    _drafts: dict[OldPage, tuple[PageText, DraftWithLinks]] = field(
        default_factory=dict, init=False
    )

    def key_of(self, place: PagePlace) -> PageKey:
        """Return the key of the page of a file."""
        return place.locale, self.names.key(place.name)

    def page_at(self, place: PagePlace) -> OldPage:
        """Return the page of a file, which may have no text yet."""
        return self.page(self.key_of(place))

    def page(self, key: PageKey) -> OldPage:
        """Return the page with a key, which may have no text yet."""
        if key not in self.pages:
            self.pages[key] = OldPage(key, self.slugs.get(key, key[1]), self.content_type)
        return self.pages[key]

    def read(self, place: PagePlace, source: FrontMatter) -> PageText:
        """Return the text of a page in a file.

        Raises:
            ContentFileError: if a value is invalid, or a link is in an unsupported form.
        """
        key = self.key_of(place)
        text = read_page(self.mapping, self.content_type, key, place.name, source)
        if href := unwritable_link(source.body, *self._where(place.locale, place.name)):
            reason = f"write the link to {href} as [words](address); no other form can be updated"
            raise ContentFileError(source.file, source.body_line, reason)
        return text

    def put(self, page: OldPage, text: PageText | None) -> None:
        """Replace the text of a page; ``None`` deletes the page."""
        self._drafts.clear()
        page.text = text
        links = list(self._links(page.locale, text)) if text is not None else []
        page.mentions = frozenset(key for key, _ in links)
        page.mentions_parts = frozenset(key for key, address in links if address.fragment)

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
            is_touched = page.mentions & moved or page.mentions_parts & edited
            if is_touched and page.text is not None and page.key not in edited:
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
        resolved = 0

        def choose(link: OldLink) -> str | None:
            nonlocal resolved
            target, reason = self._target(page.locale, link.address)
            if reason:
                line = text.source.body_line + link.line
                kind = FaultKind.LOST_LINK if target is None else FaultKind.LOST_ANCHOR
                lost.append(Fault(text.source.file, line, kind, f"{link.href} {reason}"))
            if target is None:
                return self._elsewhere(link)
            resolved += 1
            return target

        body = with_links(text.source.body, *self._where(page.locale, text.name), choose)
        fields = {**text.draft.fields, **fields_of(self.mapping, body)}
        return DraftWithLinks(
            replace(text.draft, slug=page.slug, fields=fields), resolved, tuple(lost)
        )

    def _target(self, locale: str, address: OldAddress) -> tuple[str | None, str]:
        """Return the path of an address on this site, and the missing target, if any."""
        page = self._page_at_address(locale, address)
        if page is None:
            return None, "does not point to a page"
        path = page.content_type.path_for(page.slug, locale)
        if path is None or page.text is None or not self.stands(page):
            return None, "points to a page that is not public"
        if address.fragment and address.fragment not in page.text.anchors:
            return path, f"points to a page without #{address.fragment}"
        return f"{path}#{address.fragment}" if address.fragment else path, ""

    def _page_at_address(self, locale: str, address: OldAddress) -> OldPage | None:
        key = self._key_at(locale, address)
        return self.pages.get(key) if key is not None else None

    def _key_at(self, locale: str, address: OldAddress) -> PageKey | None:
        name = address.name_in(self.mapping.locales[locale])
        return (locale, self.names.key(name)) if name and slugify(name) else None

    def _links(self, locale: str, text: PageText) -> Iterator[tuple[PageKey, OldAddress]]:
        for link in old_links(text.source.body, *self._where(locale, text.name)):
            key = self._key_at(locale, link.address)
            if key is not None:
                yield key, link.address

    def _where(self, locale: str, name: str) -> tuple[str, str]:
        """Return the path of a page on the old site."""
        (own, *_) = self.mapping.locales[locale].stood_at
        return own.replace("{path}", name), self.mapping.url

    def _elsewhere(self, link: OldLink) -> str | None:
        if self.mapping.unresolved == "plain":
            return None
        fragment = f"#{link.address.fragment}" if link.address.fragment else ""
        return f"{self.mapping.url.rstrip('/')}{link.address.path}{fragment}"
