"""The content of a file, before its links are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.markup.markdown import split_at_headings
from cms.content.slug import slugify
from cms.content.snapshot import Draft, clean_draft, missing_in, take_snapshot
from cms.errors import ContentFileError, UserError
from cms.importing.front_matter import FrontMatter
from cms.importing.site.mapping import MarkdownMapping
from cms.publishing.grounds import ClaimedReview

# The locale of a page, and its name, which is the same in all locales.
PageKey: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class PageText:
    """A page as it is in a file.

    Attributes:
        key: the locale, and the name of the page, which is the same in all locales.
        name: the file's path in the folder of its locale, without ``.md``.
        content_type: the content type of its entry.
        source: the file.
        draft: its draft, without category, with the links of the old site.
        category: the path of its category; empty for none.
        category_name: the public name of the category.
        author: the name of its author; empty if the file does not have it.
        claimed_review: the review of the page on the old site, as that site says.
        address: its path on the old site.
        former_addresses: other paths at which it answered there, which become redirects.
        hidden: why it is not public there, such as ``draft``; empty if it is.
        published_at: when it was published there, if its file has a date.
        anchors: the anchors for a ``#fragment``.
        missing: errors about required fields without a value.
    """

    key: PageKey
    name: str
    content_type: type[ContentType]
    source: FrontMatter
    draft: Draft
    category: str
    category_name: str
    author: str
    claimed_review: ClaimedReview | None
    address: str
    former_addresses: tuple[str, ...]
    hidden: str
    published_at: datetime | None
    anchors: frozenset[str]
    missing: tuple[str, ...]

    @property
    def is_publishable(self) -> bool:
        """True if the page needs only sign-offs to be published."""
        return not self.hidden and not self.missing


def read_page(
    mapping: MarkdownMapping,
    content_type: type[ContentType],
    key: PageKey,
    name: str,
    source: FrontMatter,
) -> PageText:
    """Return the page in a file.

    Raises:
        ContentFileError: with the line of an invalid value.
    """
    values = _Values(mapping, source)
    draft = Draft(
        title=values.text(mapping.title),
        slug=slugify(name.rpartition("/")[2]),
        summary=values.text(mapping.summary),
        tags=tuple(tag for tag in values.texts(mapping.tags) if slugify(tag)),
        fields={
            **{each: values.value(key) for each, key in mapping.fields.items()},
            **fields_of(mapping, source.body),
        },
    )
    cleaned, problems = clean_draft(content_type, draft)
    if problems:
        raise fault_of(mapping, source, problems[0])
    locale, _ = key
    snapshot = take_snapshot(content_type, locale, cleaned, {})
    address, *former = [each.replace("{path}", name) for each in mapping.locales[locale].stood_at]
    is_draft = any(values.value(key) == value for key, value in mapping.drafts.items())
    category = next(iter(values.texts(mapping.category)), "")
    return PageText(
        key=key,
        name=name,
        content_type=content_type,
        source=source,
        draft=draft,
        category="/".join(filter(None, map(slugify, category.split("/")))),
        category_name=category.rpartition("/")[2].strip(),
        author=_author_in(values, mapping),
        claimed_review=_claimed_review_in(values, mapping),
        address=address,
        former_addresses=tuple(former),
        hidden="draft" if is_draft else "",
        published_at=None,
        anchors=frozenset(snapshot.derived.anchors),
        missing=tuple(each.message for each in missing_in(content_type, snapshot.content)),
    )


def _author_in(values: _Values, mapping: MarkdownMapping) -> str:
    """Return the first author; other names are not bylines."""
    authors = values.names(mapping.author)
    return next((each for each in authors if slugify(each)), "")


def _claimed_review_in(values: _Values, mapping: MarkdownMapping) -> ClaimedReview | None:
    reviewers = [" ".join(name.split()) for name in values.names(mapping.reviewed_by)]
    reviewed_on = values.date(mapping.reviewed_on)
    return ClaimedReview(reviewers=reviewers, reviewed_on=reviewed_on) if reviewers else None


def fields_of(mapping: MarkdownMapping, text: str) -> Mapping[str, Json]:
    """Return the fields for a text: the body, and the sections if there are any."""
    if not mapping.sections:
        return {mapping.body: text}
    body, parts = split_at_headings(text)
    if parts and parts[0][0].strip().casefold() in _casefold_all(mapping.opening):
        body = "\n\n".join(filter(None, [body, parts[0][1]]))
        parts = parts[1:]
    sections: list[Json] = [{"heading": heading, "body": part} for heading, part in parts]
    return {mapping.body: body, mapping.sections: sections}


def fault_of(mapping: MarkdownMapping, source: FrontMatter, error: UserError) -> ContentFileError:
    """Return the error of a command as an error of the file."""
    names = [each for each in error.path if isinstance(each, str)]
    field = names[1] if names[:1] == ["fields"] and len(names) > 1 else ""
    if field in {mapping.body, mapping.sections}:
        return ContentFileError(source.file, source.body_line, error.message)
    own = {
        "title": mapping.title,
        "summary": mapping.summary,
        "category": mapping.category,
        "tags": mapping.tags,
    }
    key = mapping.fields.get(field) or own.get(names[0] if names else "", "")
    return source.fault(_Values(mapping, source).spelling(key), error.message)


class _Values:
    """The front matter of a file, read with a mapping."""

    def __init__(self, mapping: MarkdownMapping, source: FrontMatter) -> None:
        self._source = source
        self._spellings = {key.casefold(): key for key in reversed(list(source.values))}
        self._instead = {
            key.casefold(): {old.strip().casefold(): new for old, new in words.items()}
            for key, words in mapping.values.items()
        }

    def spelling(self, key: str) -> str:
        """Return a key as it is written in the file."""
        return self._spellings.get(key.casefold(), key)

    def value(self, key: str) -> Json:
        """Return the value of a key, or its replacement in the mapping."""
        value = self._source.values.get(self.spelling(key)) if key else None
        if isinstance(value, list):
            return [self._replacement(key, each) for each in value]
        return self._replacement(key, value)

    def text(self, key: str) -> str:
        """Return the text of a key; empty if there is none.

        Raises:
            ContentFileError: if it is not a text.
        """
        value = self.value(key)
        if isinstance(value, Mapping | list):
            reason = f"{self.spelling(key)} must be text, not {value!r}"
            raise self._source.fault(self.spelling(key), reason)
        return "" if value is None else str(value).strip()

    def date(self, key: str) -> date | None:
        """Return the day of a key, in a date or a time.

        Raises:
            ContentFileError: if it is neither.
        """
        text = self.text(key)
        try:
            return date.fromisoformat(text[:10]) if text else None
        except ValueError:
            reason = f"{self.spelling(key)}: {text!r} is not a date such as 2026-01-31"
            raise self._source.fault(self.spelling(key), reason) from None

    def texts(self, key: str) -> Sequence[str]:
        """Return the texts of a key, one or a list, without empty ones.

        Raises:
            ContentFileError: if one is not a text.
        """
        return list(self._texts(key, self._items(key)))

    def names(self, key: str) -> Sequence[str]:
        """Return the names of a key: texts, or the ``name`` of mappings as in ``{name: Ada}``.

        Raises:
            ContentFileError: if one is neither.
        """
        items = self._items(key)
        named = (each.get("name", each) if isinstance(each, Mapping) else each for each in items)
        return list(self._texts(key, list(named)))

    def _items(self, key: str) -> Sequence[Json]:
        value = self.value(key)
        return value if isinstance(value, list) else [value]

    def _texts(self, key: str, values: Sequence[Json]) -> Iterator[str]:
        for each in values:
            if isinstance(each, Mapping | list):
                reason = f"{self.spelling(key)} must contain only texts, not {each!r}"
                raise self._source.fault(self.spelling(key), reason)
            if each is not None and str(each).strip():
                yield str(each).strip()

    def _replacement(self, key: str, value: Json) -> Json:
        instead = self._instead.get(key.casefold(), {})
        return instead.get(value.strip().casefold(), value) if isinstance(value, str) else value


def _casefold_all(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)
