"""The content of a file, before its links are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.markup.markdown import split_at_headings
from cms.content.slug import slugify
from cms.content.snapshot import Draft, clean_draft, derive_from_draft, missing_of
from cms.errors import ContentFileError, UserError
from cms.importing.front_matter import FrontMatter
from cms.importing.site.body import Body
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.generators.base import Generator, SourcePage
from cms.importing.site.heading_ids import HEADING_IDS
from cms.importing.site.headings import anchors_of, headings_in, plain_heading
from cms.importing.site.links import OldLink, links_of
from cms.importing.site.lost_values import lost_values
from cms.importing.site.mapping import MarkdownMapping
from cms.importing.site.page_index import PageKey
from cms.importing.site.slugs import slug_of
from cms.importing.site.syntax.html_pages import first_heading_in
from cms.importing.site.values import PageValues, field_value
from cms.publishing.grounds import ClaimedReview

_FILE = "file"
_HEADING = "heading"


@dataclass(frozen=True)
class PageText:
    """A page as it is in a file.

    Attributes:
        key: the locale, and the name of the page, which is the same in all locales.
        name: the file's path in the folder of its locale, without ``.md``.
        content_type: the content type of its entry.
        mapping: the mapping, with the rules of this content type.
        source: the file.
        page: the file as the generator sees it.
        whole: its text as Markdown, with the links of the old site.
        body: the same, without the heading that became the title.
        draft: its draft, without category, with the links of the old site.
        category: the path of its category; empty for none.
        category_name: the public name of the category.
        author: the name of its author; empty if the file does not have it.
        claimed_review: the review of the page on the old site, as that site says.
        address: its path on the old site.
        former_addresses: the paths at which it answered there, which become redirects; its
            address is among them if that is not its path on this site.
        is_html: whether the text is HTML.
        hidden: why it is not public there, such as ``draft: true``; empty if it is.
        published_at: when it was published there, if its file has a date.
        missing: errors about required fields without a value.
        faults: the faults of the file, but those of its links, and the words that do not arrive.
    """

    key: PageKey
    name: str
    content_type: type[ContentType]
    mapping: MarkdownMapping
    source: FrontMatter
    page: SourcePage
    whole: Body
    body: Body
    draft: Draft
    category: str
    category_name: str
    author: str
    claimed_review: ClaimedReview | None
    address: str
    former_addresses: tuple[str, ...]
    is_html: bool
    hidden: str
    published_at: datetime | None
    missing: tuple[str, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def is_publishable(self) -> bool:
        """True if the page needs only sign-offs to be published."""
        return not self.hidden and not self.missing

    @property
    def anchors(self) -> Mapping[str, str]:
        """The anchor on this site for each ``#fragment`` of the old site."""
        return self._anchors[0]

    @property
    def own_anchors(self) -> frozenset[str]:
        """All anchors on this site."""
        return self._anchors[1]

    @cached_property
    def links(self) -> Sequence[OldLink]:
        """The links and pictures in its text, but those in code; of HTML, those of elements."""
        found = links_of(self.body)
        return tuple(each for each in found if not self.is_html or each.form == "element")

    @cached_property
    def _anchors(self) -> tuple[Mapping[str, str], frozenset[str]]:
        """The anchors; to find them, the parts of the text that have some are rendered."""
        fields = {**self.draft.fields, **fields_of(self.mapping, self.body.outline.anchored)}
        cleaned, _ = clean_draft(self.content_type, replace(self.draft, fields=fields))
        derived = derive_from_draft(self.content_type, cleaned)
        ids = HEADING_IDS[self.mapping.heading_ids]
        anchors = anchors_of(self.whole, ids, derived.rendered, derived.anchors)
        return anchors, frozenset(derived.anchors)


@dataclass(frozen=True)
class PageReader:
    """A reading of one file with the rules of its generator and content type.

    Attributes:
        generator: the rules of the generator.
        mapping: the mapping, with the rules of the content type.
        content_type: the content type.
        key: the key of the page.
        page: the file.
        body: its text as Markdown.
        faults: the faults of its conversion.
    """

    generator: Generator
    mapping: MarkdownMapping
    content_type: type[ContentType]
    key: PageKey
    page: SourcePage
    body: Body
    faults: Sequence[Fault]

    @property
    def _values(self) -> PageValues:
        return self.page.values

    def read(self) -> PageText:
        """Return the page.

        Raises:
            ContentFileError: with the line of the first invalid value.
        """
        source = self._values.source
        title, body = self._title_and_body()
        address = self.generator.address_of(self.page)
        draft = self._draft(title, body, address)
        cleaned, problems = clean_draft(self.content_type, draft)
        if problems:
            raise fault_of(self.mapping, source, problems[0])
        locale, _ = self.key
        category, name = self._category()
        here = self.content_type.path_for(draft.slug, locale, category)
        spellings = self.generator.spellings_of(self.page)
        lost = lost_values(self.mapping, self._values, draft.title)
        former = [address, *spellings, *self.generator.former_of(self.page, address)]
        return PageText(
            key=self.key,
            name=self.page.place.name,
            content_type=self.content_type,
            mapping=self.mapping,
            source=source,
            page=self.page,
            whole=self.body,
            body=body,
            draft=draft,
            category=category,
            category_name=name,
            author=self._author(),
            claimed_review=self._claimed_review(),
            address=address,
            former_addresses=tuple(each for each in dict.fromkeys(former) if each != here),
            is_html=self.generator.is_html(self.page.place),
            hidden=self.generator.reason_hidden(self.page),
            published_at=self.page.date,
            missing=tuple(each.message for each in missing_of(self.content_type, cleaned)),
            faults=(*self.faults, *self._remarks(), *lost),
        )

    def _draft(self, title: str, body: Body, address: str) -> Draft:
        values, declared = self._values, self.content_type.fields
        return Draft(
            title=title,
            slug=slug_of(
                self.content_type,
                self.generator.slug_path(self.page, address),
                self.key[0],
                folders=self.mapping.folders == "slug",
            ),
            summary=values.text(self.mapping.summary),
            tags=tuple(tag for tag in self.generator.tags_of(values) if slugify(tag)),
            fields={
                **{
                    name: field_value(declared.get(name), values.value(key), self.generator.zone)
                    for name, key in self.mapping.fields.items()
                },
                **fields_of(self.mapping, body.text),
            },
        )

    def _title_and_body(self) -> tuple[str, Body]:
        """Return the title, and the text without the heading that became the title."""
        for source in self.mapping.titles:
            if source == _FILE:
                return self.generator.title_of_file(self.page), self.body
            if source == _HEADING:
                found = self._first_heading()
                if found is not None:
                    return found
            elif title := self._values.text(source):
                return title, self.body
        return "", self.body

    def _first_heading(self) -> tuple[str, Body] | None:
        """Return the first heading, if it is of level 1, and the text without it.

        A heading after other text stays there.
        """
        if self.generator.is_html(self.page.place):
            words = first_heading_in(self.body.text)
            return (words, self.body) if words else None
        has_own = HEADING_IDS[self.mapping.heading_ids].has_own
        first = next(iter(headings_in(self.body, has_own=has_own)), None)
        if first is None or first.level != 1 or not first.words.strip():
            return None
        is_first = not self.body.text[: self.body.start_of(first.line[0])].strip()
        body = self.body.without_first_heading() if is_first else self.body
        return first.words.strip(), body

    def _category(self) -> tuple[str, str]:
        """Return the path and the public name of the category."""
        if self.mapping.folders == "category":
            folders = self.page.place.name.rpartition("/")[0]
            return "/".join(filter(None, map(slugify, folders.split("/")))), folders.rpartition(
                "/"
            )[2]
        category = next(iter(self._values.texts(self.mapping.category)), "")
        path = "/".join(filter(None, map(slugify, category.split("/"))))
        return path, category.rpartition("/")[2].strip()

    def _author(self) -> str:
        """Return the first author; other names are not bylines."""
        authors = self._values.names(self.mapping.author)
        return next((each for each in authors if slugify(each)), "")

    def _claimed_review(self) -> ClaimedReview | None:
        names = self._values.names(self.mapping.reviewed_by)
        reviewers = [" ".join(name.split()) for name in names]
        reviewed_on = self._values.day(self.mapping.reviewed_on)
        return ClaimedReview(reviewers=reviewers, reviewed_on=reviewed_on) if reviewers else None

    def _remarks(self) -> Iterator[Fault]:
        file = self._values.source.file
        for kind, key, message in self.generator.remarks_on(self.page):
            yield Fault(file, self._values.source.lines.get(key, 1), kind, message)
        for key, line in self._values.source.repeated.items():
            message = f"the key {key!r} is repeated, and its last value counts"
            yield Fault(file, line, FaultKind.CHANGED, message)
        dates = (*self.mapping.date, *self.mapping.expiries)
        for key, text in self._values.unread_moments(dates):
            written = self._values.spelling(key)
            message = f"{written}: {text!r} is not a date such as 2026-01-31, and is left out"
            yield Fault(file, self._values.source.lines.get(written, 1), FaultKind.CHANGED, message)


def fields_of(mapping: MarkdownMapping, text: str) -> Mapping[str, Json]:
    """Return the fields for a text: the body, and the sections if there are any."""
    if not mapping.sections:
        return {mapping.body: text}
    body, parts = split_at_headings(text)
    if parts and parts[0][0].strip().casefold() in _casefold_all(mapping.opening):
        body = "\n\n".join(filter(None, [body, parts[0][1]]))
        parts = parts[1:]
    sections: list[Json] = [
        {"heading": plain_heading(heading), "body": part} for heading, part in parts
    ]
    return {mapping.body: body, mapping.sections: sections}


def fault_of(mapping: MarkdownMapping, source: FrontMatter, error: UserError) -> ContentFileError:
    """Return the error of a command as an error of the file."""
    names = [each for each in error.path if isinstance(each, str)]
    field = names[1] if names[:1] == ["fields"] and len(names) > 1 else ""
    if field in {mapping.body, mapping.sections}:
        return ContentFileError(source.file, source.body_line, error.message)
    own = {
        "title": mapping.titles[0] if mapping.titles else "",
        "summary": mapping.summary,
        "category": mapping.category,
        "tags": mapping.tags,
    }
    key = mapping.fields.get(field) or own.get(names[0] if names else "", "")
    return source.fault(PageValues(source, {}).spelling(key), error.message)


def _casefold_all(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)
