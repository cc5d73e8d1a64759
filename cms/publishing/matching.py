"""Public pages that match conditions, for the operator's work on many of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from cms.content.canonical_json import Json, canonical_bytes
from cms.content.slug import slugify
from cms.content.stored_names import named_content
from cms.drafts.category_tree import lineage_in, load_parents
from cms.errors import InvalidValue, Refused
from cms.reading.periods import is_public_now, stands_now
from cms.storage.dialects import is_among
from cms.tables import Address, CategoryPath, Publication, Revision
from cms.work.work import Reading

# What can be compared besides the fields of a content type.
_COMMON: Final = ("title", "slug", "category", "tag")
# Number of pages whose contents are in memory at once.
_BATCH = 1_000


@dataclass(frozen=True)
class Condition:
    """A condition on a page: a value is exactly this text.

    Attributes:
        name: ``title``, ``slug``, ``category`` (its tree path or id; also those below it),
            ``tag``, or the name of a field.
        value: the text. A field matches if its value, or one in its list, has this text.
    """

    name: str
    value: str


def read_condition(written: str) -> Condition:
    """Return the condition of a text such as ``category=models/old``.

    Raises:
        Refused: if it is not of this form.
    """
    name, equals, value = written.partition("=")
    if not equals or not name.strip():
        message = f"{written!r} is not a condition; write NAME=VALUE, as in category=models/old"
        raise Refused(InvalidValue(message=message, path=("where",)))
    return Condition(name.strip(), value)


@dataclass(frozen=True)
class MatchingPage:
    """A public page that matches.

    Attributes:
        entry_id: its entry.
        locale: its locale.
        title: its title.
        path: where it stands; ``None`` if it is no page of its own.
    """

    entry_id: str
    locale: str
    title: str
    path: str | None


async def matching_pages(
    reading: Reading,
    *,
    content_type: str | None = None,
    locale: str | None = None,
    conditions: Sequence[Condition] = (),
) -> list[MatchingPage]:
    """Return the public editions of a type, in a locale, that match all conditions.

    Args:
        reading: the snapshot.
        content_type: the name of the type; ``None`` for all. Conditions on fields need it.
        locale: the locale; ``None`` for all.
        conditions: the conditions.

    Raises:
        Refused: if a condition names no value of such pages, or no category.
    """
    _check(reading, content_type, locale, conditions)
    wanted = (
        select(Publication.entry_id, Publication.locale, Publication.title, Address.path)
        .add_columns(Revision.slug, Revision.category_id, Publication.revision_id)
        .join(Revision, Revision.id == Publication.revision_id)
        .outerjoin(Address, stands_now())
        .where(is_public_now(Publication))
        .order_by(Publication.entry_id, Publication.locale)
    )
    if content_type is not None:
        declared = reading.site.content_type(content_type)
        wanted = wanted.where(Publication.content_type == declared.stored_name)
    if locale is not None:
        wanted = wanted.where(Publication.locale == locale)
    for each in conditions:
        if each.name == "title":
            wanted = wanted.where(Publication.title == each.value)
        elif each.name == "slug":
            wanted = wanted.where(Revision.slug == each.value)
    rows = (await reading.session.execute(wanted)).all()
    for each in conditions:
        if each.name == "category":
            within = await _categories(reading, each.value)
            rows = [row for row in rows if row.category_id in within]
    if in_content := [each for each in conditions if each.name not in _COMMON[:3]]:
        matching = {
            revision_id
            async for revision_id, content in _contents(reading, rows)
            if all(_matches(each, _named(reading, content_type, content)) for each in in_content)
        }
        rows = [row for row in rows if row.revision_id in matching]
    return [MatchingPage(row.entry_id, row.locale, row.title, row.path) for row in rows]


def _check(
    reading: Reading,
    content_type: str | None,
    locale: str | None,
    conditions: Sequence[Condition],
) -> None:
    types, locales = reading.site.content_types, reading.site.locales
    if locale is not None and locale not in locales:
        message = f"there is no locale {locale!r}; use one of {', '.join(locales)}"
        raise Refused(InvalidValue(message=message, path=("locale",)))
    if content_type is not None and content_type not in types:
        message = f"there is no content type {content_type!r}; use one of {', '.join(types)}"
        raise Refused(InvalidValue(message=message, path=("type",)))
    known = [*_COMMON, *(types[content_type].fields if content_type is not None else ())]
    for each in conditions:
        if each.name not in known:
            message = f"there is no value {each.name!r} to compare; use one of {', '.join(known)}"
            raise Refused(InvalidValue(message=message, path=("where",)))


async def _categories(reading: Reading, written: str) -> Collection[str]:
    """Return the ids of a category, given its id or tree path, and of all below it."""
    known = await reading.session.scalar(
        select(CategoryPath.category_id).where(
            (CategoryPath.category_id == written)
            | (
                (CategoryPath.path == written.strip("/"))
                & (CategoryPath.locale == reading.site.default_locale)
            )
        )
    )
    if known is None:
        message = f"there is no category {written!r}; use its tree path or its id"
        raise Refused(InvalidValue(message=message, path=("where",)))
    parents = await load_parents(reading.session)
    return {each for each in parents if known in lineage_in(parents, each)}


async def _contents(
    reading: Reading, rows: Sequence[Any]
) -> AsyncIterator[tuple[str, Mapping[str, Json]]]:
    """Yield the contents of revisions, by their ids."""
    for start in range(0, len(rows), _BATCH):
        ids = [row.revision_id for row in rows[start : start + _BATCH]]
        chosen = select(Revision.id, Revision.content).where(is_among(Revision.id, ids))
        for revision_id, content in await reading.session.execute(chosen):
            yield revision_id, content


def _named(
    reading: Reading, content_type: str | None, content: Mapping[str, Json]
) -> Mapping[str, Json]:
    if content_type is None:  # then no condition is on a field
        return content
    return named_content(reading.site.content_type(content_type), content)


def _matches(condition: Condition, content: Mapping[str, Json]) -> bool:
    if condition.name == "tag":
        tags = content["tags"]
        words = tags if isinstance(tags, list | tuple) else ()
        return slugify(condition.value) in {slugify(str(word)) for word in words}
    fields = content["fields"]
    value = fields.get(condition.name) if isinstance(fields, Mapping) else None
    values = value if isinstance(value, list | tuple) else [value]
    return condition.value in {_text_of(each) for each in values if each is not None}


def _text_of(value: Json) -> str:
    """Return a value as it is written in JSON; a text without its quotes."""
    return value if isinstance(value, str) else canonical_bytes(value).decode()
