"""Reasons why something cannot be purged: it is unknown, public, or what editors work on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, select

from cms.content.builtin import PERSON
from cms.errors import InvalidValue, NotFound, Refused, StillPublic, UserError
from cms.identifiers import kind_of
from cms.purging.findings import SINGLE
from cms.reading.periods import is_in_force, is_public_now
from cms.tables import Account, Address, Base, Edition, Entry, Publication, Revision
from cms.work.work import Reading

# The table of everything that can be purged, by the kind of its id.
PURGEABLE: Mapping[str, type[Base]] = {
    "account": Account,
    "cat": Entry,
    "edition": Edition,
    "entry": Entry,
    "person": Entry,
    "rev": Revision,
    **SINGLE,
}


async def refuse_unpurgeable(reading: Reading, keys: Sequence[str]) -> None:
    """Check that everything that the keys name exists, and that readers do not see it.

    Raises:
        Refused: with all reasons.
    """
    errors: list[UserError] = []
    if not keys:
        errors.append(InvalidValue(message="name at least one id", path=("keys",)))
    for index, key in enumerate(keys):
        errors += [replace(each, path=("keys", index)) async for each in _errors_of(reading, key)]
    if errors:
        raise Refused(*errors)


async def _errors_of(reading: Reading, key: str) -> AsyncIterator[UserError]:
    table = PURGEABLE.get(kind_of(key) or "")
    if table is None:
        known = ", ".join(f"{kind}_…" for kind in sorted(PURGEABLE))
        yield NotFound(
            message=f"{key!r} cannot be purged; use an id of one of these kinds: {known}"
        )
        return
    row = await reading.session.get(table, key)
    match row:
        case None:
            name = table.__tablename__.replace("_", " ")
            yield NotFound(message=f"there is no {name} {key!r}")
        case Entry():
            async for error in _errors_of_entry(reading, row):
                yield error
        case Edition():
            if locales := await _public_locales(reading, Publication.edition_id == key):
                yield _still_public(key, locales)
        case Revision():
            async for error in _errors_of_revision(reading, row):
                yield error
        case Address() if row.ended_at is None:
            yield StillPublic(message=f"{key} is in force; remove the redirect first")


async def _errors_of_entry(reading: Reading, entry: Entry) -> AsyncIterator[UserError]:
    if locales := await _public_locales(reading, Publication.entry_id == entry.id):
        error = _still_public(entry.id, locales)
        way = (
            "; if public pages show the name, publish another one, and purge the earlier revisions"
        )
        is_person = entry.content_type == PERSON
        yield replace(error, message=error.message + way) if is_person else error
    redirects = await reading.session.scalars(
        select(Address.path).where(
            Address.entry_id == entry.id, Address.edition_id.is_(None), is_in_force(Address)
        )
    )
    for path in redirects:
        yield StillPublic(message=f"the redirect {path} leads to {entry.id}; remove it first")


async def _errors_of_revision(reading: Reading, revision: Revision) -> AsyncIterator[UserError]:
    if locales := await _public_locales(reading, Publication.revision_id == revision.id):
        yield _still_public(revision.id, locales)
    edition = await reading.session.get_one(Edition, revision.edition_id)
    if edition.head_id == revision.id:
        yield InvalidValue(
            message=(
                f"{revision.id} is the newest revision of {edition.entry_id}; save another one "
                "without the words first, or purge the entry"
            )
        )


async def _public_locales(reading: Reading, condition: ColumnElement[bool]) -> list[str]:
    rows = await reading.session.scalars(
        select(Publication.locale).where(is_public_now(Publication), condition)
    )
    return sorted(rows)


def _still_public(key: str, locales: Sequence[str]) -> StillPublic:
    return StillPublic(message=f"{key} is public in {', '.join(locales)}; unpublish it first")
