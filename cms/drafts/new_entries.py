"""Entries that begin: their ids, before anything in them is saved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import select

from cms.authorization.actions import Action, Subject
from cms.content.content_type import ContentType
from cms.drafts.loading import rows_by_id
from cms.drafts.new_editions import entry_of
from cms.drafts.subjects import Ancestries
from cms.errors import DuplicateName, InvalidValue, NotFound, Refused
from cms.events import EntriesBegun
from cms.identifiers import new_id
from cms.storage.dialects import is_among
from cms.tables import Edition, Entry
from cms.work.bulk import Decisions
from cms.work.work import Reading, Work, command

T = TypeVar("T")


@command(Action.ENTRY_CREATE)
async def begin_entries(work: Work, content_types: Sequence[str]) -> Sequence[str]:
    """Give out the ids of entries, before anything in them is saved; return them.

    An importer needs them, so that pages can link to others that it saves later. An entry has no
    edition, and is shown nowhere, until :func:`create_entries` has saved it.

    Args:
        work: the transaction and the actor.
        content_types: the name of the content type of each entry.

    Raises:
        Refused: if the actor may not, a type is unknown, or is a singleton that exists.
    """
    types = [
        authorised_type(work, {}, each, work.site.default_locale, None) for each in content_types
    ]
    singletons = [each for each in types if each.singleton]
    existing = await existing_singletons(work, singletons)
    for index, each in enumerate(singletons):
        if each.name in existing or each in singletons[:index]:
            raise Refused(second_singleton(each))
    entries = _new_entries(work, types)
    await work.insert(*entries)
    ids = tuple(each.id for each in entries)
    if ids:
        work.emit(EntriesBegun(subject=ids[0], entries=ids))
    return ids


def authorised_type(
    work: Work, above: Ancestries, name: str, locale: str, category_id: str | None
) -> type[ContentType]:
    """Return the type of an entry that the actor may create, in a locale of the site.

    Args:
        work: the transaction and the actor.
        above: the categories above that of the entry.
        name: the name of the type.
        locale: the locale.
        category_id: the category of the entry.

    Raises:
        Refused: if the actor may not, or there is no such type or locale.
    """
    declared = work.site.content_types.get(name)
    subject = Subject(
        content_type=declared.stored_name if declared is not None else name,
        categories=above.get(category_id or "", frozenset()),
        locale=locale,
    )
    work.authorise(Action.ENTRY_CREATE, subject)
    errors = list(unknown_locale(work, locale))
    if declared is None:
        known = ", ".join(work.site.content_types)
        message = f"there is no content type {name!r}; use one of {known}"
        errors.append(InvalidValue(message=message, path=("contentType",)))
    elif declared.is_built_in():
        message = f"a {name} has a command of its own: create_{name.lower()}"
        errors.append(InvalidValue(message=message, path=("contentType",)))
    if declared is None or errors:
        raise Refused(*errors)
    return declared


async def entries_for(
    work: Work,
    batch: Decisions[T],
    types: Mapping[int, type[ContentType]],
    begun: Mapping[int, str],
) -> dict[int, Entry]:
    """Return the entries of the items of a command: new ones, and those of :func:`begin_entries`.

    Args:
        work: the transaction and the actor.
        batch: the items, of which those are refused that have another entry.
        types: the content types, by the index of the item.
        begun: ids of entries that were begun, by the index of the item.
    """
    found = await rows_by_id(work, Entry, begun.values())
    with_editions = await _with_editions(work, begun.values())

    def check(index: int, entry_id: str) -> Entry:
        entry = found.get(entry_id)
        if entry is None or entry.content_type != types[index].stored_name:
            message = f"there is no {types[index].name} {entry_id!r}"
            raise Refused(NotFound(message=message, path=("entryId",)))
        if entry_id in with_editions:
            message = f"{entry_id} has editions already; save them"
            raise Refused(DuplicateName(message=message, path=("entryId",)))
        return entry

    there = batch.decide(begun, check)
    new = {index: each for index, each in types.items() if index not in begun}
    entries = dict(zip(new, _new_entries(work, new.values()), strict=True)) | there
    return {index: entries[index] for index in sorted(entries)}


async def _with_editions(work: Work, entry_ids: Collection[str]) -> frozenset[str]:
    """Return those entries among these that have editions."""
    if not entry_ids:
        return frozenset()
    return frozenset(
        await work.session.scalars(
            select(Edition.entry_id).where(is_among(Edition.entry_id, entry_ids))
        )
    )


def _new_entries(work: Work, types: Collection[type[ContentType]]) -> list[Entry]:
    """Return entries that are not inserted yet; their ids have the order of the types."""
    # Ids of one millisecond have no order, and lists show entries in that of their ids.
    identifiers = sorted(new_id("entry") for _ in types)
    return [
        entry_of(work, each, identifier)
        for each, identifier in zip(types, identifiers, strict=True)
    ]


async def refuse_second_singletons(
    work: Work, batch: Decisions[T], types: Mapping[int, type[ContentType]]
) -> None:
    """Refuse entries of singletons that exist, or that another of the entries will be."""
    singletons = {index: each for index, each in types.items() if each.singleton}
    existing = await existing_singletons(work, singletons.values())
    others: set[str] = set()
    for index, each in singletons.items():
        if each.name in existing:
            batch.refuse(index, second_singleton(each))
        elif each.name in others:
            message = f"{each.name} is a singleton; create only one"
            batch.refuse(index, DuplicateName(message=message))
        elif index in batch.open():
            others.add(each.name)


def unknown_locale(work: Work, locale: str) -> Iterator[InvalidValue]:
    """Yield an error if the site does not have a locale."""
    if locale not in work.site.locales:
        message = f"there is no locale {locale!r}; use one of {', '.join(work.site.locales)}"
        yield InvalidValue(message=message, path=("locale",))


async def existing_singletons(
    reading: Reading, content_types: Iterable[type[ContentType]]
) -> frozenset[str]:
    """Return the names of those singletons that exist."""
    names = {each.stored_name: each.name for each in content_types}
    if not names:
        return frozenset()
    found = await reading.session.scalars(
        select(Entry.singleton).where(is_among(Entry.singleton, names))
    )
    return frozenset(names[str(each)] for each in found)


def second_singleton(content_type: type[ContentType]) -> DuplicateName:
    """Return the error about another entry of a singleton."""
    message = f"{content_type.name} is a singleton and exists already; edit it"
    return DuplicateName(message=message)
