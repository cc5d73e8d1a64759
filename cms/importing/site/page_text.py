"""What a file says of its page, before its links are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.markup.markdown import split_at_headings
from cms.content.slug import slugify
from cms.content.snapshot import Draft, clean_draft, missing_in, take_snapshot
from cms.errors import ContentFileError, UserError
from cms.importing.front_matter import FrontMatter
from cms.importing.site.mapping import MarkdownMapping


@dataclass(frozen=True)
class PageText:
    """A page as a file has it.

    Attributes:
        name: the file's path in the folder of its language, without ``.md``.
        source: the file.
        draft: what it says, without category and tags; links are those of the old site.
        category: the path of its category; empty for none.
        category_name: what readers see of it.
        tags: its tags' names, by their slugs.
        is_draft: whether it says itself that it is not public.
        anchors: what a ``#fragment`` can lead to in it.
        missing: what would have to be filled in before it can be published.
    """

    name: str
    source: FrontMatter
    draft: Draft
    category: str
    category_name: str
    tags: Mapping[str, str]
    is_draft: bool
    anchors: frozenset[str]
    missing: tuple[str, ...]

    @property
    def is_publishable(self) -> bool:
        """Whether nothing but a sign-off stands between it and its readers."""
        return not self.is_draft and not self.missing


def read_page(
    mapping: MarkdownMapping,
    content_type: type[ContentType],
    locale: str,
    name: str,
    source: FrontMatter,
) -> PageText:
    """Return what a file says.

    Raises:
        ContentFileError: naming the line of a value that does not fit.
    """
    values = _Values(mapping, source)
    draft = Draft(
        title=values.text(mapping.title),
        slug=slugify(name.rpartition("/")[2]),
        summary=values.text(mapping.summary),
        fields={
            **{each: values.value(key) for each, key in mapping.fields.items()},
            **fields_of(mapping, source.body),
        },
    )
    cleaned, problems = clean_draft(content_type, draft)
    if problems:
        raise fault_of(mapping, source, problems[0])
    snapshot = take_snapshot(content_type, locale, cleaned, {})
    category = next(iter(values.texts(mapping.category)), "")
    return PageText(
        name=name,
        source=source,
        draft=draft,
        category="/".join(filter(None, map(slugify, category.split("/")))),
        category_name=category.rpartition("/")[2].strip(),
        tags={slug: tag for tag in values.texts(mapping.tags) if (slug := slugify(tag))},
        is_draft=any(values.value(key) == value for key, value in mapping.drafts.items()),
        anchors=frozenset(snapshot.anchors),
        missing=tuple(each.message for each in missing_in(content_type, snapshot.content)),
    )


def fields_of(mapping: MarkdownMapping, text: str) -> Mapping[str, Json]:
    """Return the fields that take a text: the body, and the sections if there are any."""
    if not mapping.sections:
        return {mapping.body: text}
    body, parts = split_at_headings(text)
    if parts and parts[0][0].strip().casefold() in _folded(mapping.opening):
        body = "\n\n".join(filter(None, [body, parts[0][1]]))
        parts = parts[1:]
    sections: list[Json] = [{"heading": heading, "body": part} for heading, part in parts]
    return {mapping.body: body, mapping.sections: sections}


def fault_of(mapping: MarkdownMapping, source: FrontMatter, error: UserError) -> ContentFileError:
    """Return what a command found wrong, as a fault of the file it comes from."""
    names = [each for each in error.path if isinstance(each, str)]
    field = names[1] if names[:1] == ["fields"] and len(names) > 1 else ""
    if field in {mapping.body, mapping.sections}:
        return ContentFileError(source.file, source.body_line, error.message)
    own = {"title": mapping.title, "summary": mapping.summary, "category": mapping.category}
    key = mapping.fields.get(field) or own.get(names[0] if names else "", "")
    return source.fault(_Values(mapping, source).spelling(key), error.message)


class _Values:
    """The front matter of a file, as a mapping reads it."""

    def __init__(self, mapping: MarkdownMapping, source: FrontMatter) -> None:
        self._source = source
        self._spellings = {key.casefold(): key for key in reversed(list(source.values))}
        self._instead = {
            key.casefold(): {old.strip().casefold(): new for old, new in words.items()}
            for key, words in mapping.values.items()
        }

    def spelling(self, key: str) -> str:
        """Return a key as the file writes it."""
        return self._spellings.get(key.casefold(), key)

    def value(self, key: str) -> Json:
        """Return the value of a key, or what the mapping says instead."""
        value = self._source.values.get(self.spelling(key)) if key else None
        if isinstance(value, list):
            return [self._replaced(key, each) for each in value]
        return self._replaced(key, value)

    def text(self, key: str) -> str:
        """Return the text of a key; empty if there is none.

        Raises:
            ContentFileError: if it is something else.
        """
        value = self.value(key)
        if isinstance(value, Mapping | list):
            reason = f"{self.spelling(key)} must be text, not {value!r}"
            raise self._source.fault(self.spelling(key), reason)
        return "" if value is None else str(value).strip()

    def texts(self, key: str) -> Sequence[str]:
        """Return the texts of a key, one or a list; empty ones are left out.

        Raises:
            ContentFileError: if one is something else.
        """
        value = self.value(key)
        return list(self._texts(key, value if isinstance(value, list) else [value]))

    def _texts(self, key: str, values: Sequence[Json]) -> Iterator[str]:
        for each in values:
            if isinstance(each, Mapping | list):
                reason = f"{self.spelling(key)} must contain only texts, not {each!r}"
                raise self._source.fault(self.spelling(key), reason)
            if each is not None and str(each).strip():
                yield str(each).strip()

    def _replaced(self, key: str, value: Json) -> Json:
        instead = self._instead.get(key.casefold(), {})
        return instead.get(value.strip().casefold(), value) if isinstance(value, str) else value


def _folded(words: Sequence[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)
