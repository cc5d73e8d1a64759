"""Values for a field that drafts lack, computed by a function of the site."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, func, select

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.snapshot import Changes, draft_of
from cms.drafts.saving import Saved, SaveItem, save_entries
from cms.errors import InvalidValue, Refused, UserError
from cms.site import Site
from cms.storage.database import ReadSession
from cms.tables import Edition, Entry, Revision
from cms.work.bulk import MOST_ENTRIES, Outcome
from cms.work.work import Work

# Returns the value of a field for an entry, given its content; ``None`` to leave it empty.
Filler: TypeAlias = Callable[[Mapping[str, Json]], Json]


@dataclass(frozen=True)
class FieldToFill:
    """A field of a content type.

    Attributes:
        content_type: the content type.
        name: the name of the field.
    """

    content_type: type[ContentType]
    name: str


@dataclass(frozen=True)
class UnfilledHead:
    """The newest revision of an edition that lacks a value.

    Attributes:
        entry_id: the entry.
        locale: the locale of the edition.
        revision_id: the revision.
        title: its title.
        content: the values of the fields that are declared now, by name, with the title, slug,
            summary and locale.
    """

    entry_id: str
    locale: str
    revision_id: str
    title: str
    content: Mapping[str, Json]


def field_to_fill(site: Site, written: str) -> FieldToFill:
    """Return the field of a text such as ``Article.level``.

    Raises:
        Refused: if there is no such field.
    """
    type_name, _, name = written.partition(".")
    content_type = site.content_types.get(type_name)
    if content_type is None:
        known = ", ".join(site.content_types)
        message = f"there is no content type {type_name!r}; write TYPE.FIELD, with one of {known}"
        raise Refused(InvalidValue(message=message))
    if name not in content_type.fields:
        known = ", ".join(content_type.fields)
        message = f"{type_name} has no field {name!r}; use one of {known}"
        raise Refused(InvalidValue(message=message))
    return FieldToFill(content_type, name)


async def count_heads(session: ReadSession, field: FieldToFill) -> int:
    """Return the number of newest revisions that can lack a value of a field."""
    counted = (
        select(func.count())
        .select_from(Edition)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
    )
    return int(await session.scalar(counted.where(*_heads_of_type(field))) or 0)


async def heads_lacking(
    session: ReadSession, field: FieldToFill, progress: Callable[[int], object]
) -> AsyncIterator[UnfilledHead]:
    """Yield the newest revisions that lack a value of a field, without archived entries.

    Args:
        session: a snapshot.
        field: the field.
        progress: called with the number of revisions after each part of them is read.
    """
    heads = (
        select(Edition.id, Edition.locale, Edition.entry_id, Revision.id, Revision.content)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(*_heads_of_type(field))
        .order_by(Edition.id)
        .limit(MOST_ENTRIES)
    )
    last = ""
    while rows := (await session.execute(heads.where(Edition.id > last))).all():
        for _, locale, entry_id, revision_id, content in rows:
            shown = _shown(field.content_type, content)
            if _is_empty(shown.get(field.name)):
                yield UnfilledHead(entry_id, locale, revision_id, str(content["title"]), shown)
        last = rows[-1][0]
        progress(len(rows))


def _heads_of_type(field: FieldToFill) -> tuple[ColumnElement[bool], ...]:
    return (
        Revision.purged_at.is_(None),
        Entry.content_type == field.content_type.stored_name,
        Entry.archived_at.is_(None),
    )


def _shown(content_type: type[ContentType], content: JsonObject) -> Mapping[str, Json]:
    """Return what a function of the site gets of a content."""
    values = draft_of(content_type, content).fields
    texts = {name: content[name] for name in ("title", "slug", "summary", "locale")}
    return {**{name: values.get(name) for name in content_type.fields}, **texts}


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


async def fill(
    work: Work, field: FieldToFill, values: Sequence[tuple[UnfilledHead, Json]]
) -> Sequence[Outcome[Saved]]:
    """Save values of a field as drafts, each by itself, and return an outcome for each.

    Args:
        work: the transaction and the actor.
        field: the field.
        values: at most 1,000 revisions that lack it, each with its value.
    """
    items = [
        SaveItem(
            entry_id=each.entry_id,
            base_revision=each.revision_id,
            values=Changes(fields={field.name: value}),
            locale=each.locale,
            content_type=field.content_type.name,
        )
        for each, value in values
    ]
    note = f"Fills {field.content_type.name}.{field.name}."
    return await save_entries(work, items, mode="each", note=note)


def value_for(lacking: UnfilledHead, filler: Filler) -> Json | UserError:
    """Return what a function of the site returns for a revision, or why it has failed."""
    try:
        return filler(lacking.content)
    except Exception as error:  # noqa: BLE001  # the function is the site's, and can raise anything
        return InvalidValue(message=f"{type(error).__name__}: {error}")
