"""Slugs of people, each of which is that of one person on the site."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeAlias, TypeVar

from sqlalchemy import exists, or_, select

from cms.content.builtin import PERSON
from cms.errors import DuplicateName
from cms.ledger.counters import wait_for_turn
from cms.reading.periods import is_public_now
from cms.storage.dialects import is_among
from cms.tables import Edition, Entry, Publication, Revision
from cms.work.work import Reading, Work

K = TypeVar("K", bound=Hashable)
# The id of a person, and a slug.
PersonSlug: TypeAlias = tuple[str, str]


async def hold_slugs(work: Work, slugs: Mapping[K, PersonSlug]) -> Mapping[K, DuplicateName]:
    """Return what :func:`taken_slugs` does, and lock the slugs of people.

    Commands that give slugs to people wait for each other, until the transaction ends.
    """
    if not slugs:
        return {}
    await wait_for_turn(work.session, "people")
    return await taken_slugs(work, slugs)


async def taken_slugs(reading: Reading, slugs: Mapping[K, PersonSlug]) -> Mapping[K, DuplicateName]:
    """Return an error for each new slug that another person has, by its key.

    The other one has it in public or in the newest revision, or is one of the people before.

    Args:
        reading: the snapshot.
        slugs: the people with their new slugs.
    """
    taken = await slugs_of_others(reading, slugs)
    free = {key: each for key, each in slugs.items() if key not in taken}
    return {**taken, **shared_slugs(free)}


async def slugs_of_others(
    reading: Reading, slugs: Mapping[K, PersonSlug]
) -> Mapping[K, DuplicateName]:
    """Return an error for each slug that another person has in public or in the newest revision.

    Args:
        reading: the snapshot.
        slugs: the people with their new slugs.
    """
    if not slugs:
        return {}
    public = exists().where(Publication.revision_id == Revision.id, is_public_now(Publication))
    rows = await reading.session.execute(
        select(Entry.id, Revision.slug)
        .join(Edition, Edition.entry_id == Entry.id)
        .join(Revision, Revision.edition_id == Edition.id)
        .where(
            is_among(Revision.slug, [slug for _, slug in slugs.values()]),
            Entry.content_type == PERSON,
            or_(Revision.id == Edition.head_id, public),
        )
        .order_by(Entry.id)
    )
    holders: dict[str, list[str]] = {}
    for person_id, slug in rows:
        holders.setdefault(slug, []).append(person_id)
    others = {
        key: next((each for each in holders.get(slug, ()) if each != person_id), None)
        for key, (person_id, slug) in slugs.items()
    }
    return {key: _taken(slugs[key][1], each) for key, each in others.items() if each is not None}


def shared_slugs(slugs: Mapping[K, PersonSlug]) -> Mapping[K, DuplicateName]:
    """Return an error for each slug that one of the people before it has, by its key."""
    holders: dict[str, str] = {}
    errors: dict[K, DuplicateName] = {}
    for key, (person_id, slug) in slugs.items():
        holder = holders.setdefault(slug, person_id)
        if holder != person_id:
            errors[key] = _taken(slug, holder)
    return errors


def _taken(slug: str, holder: str) -> DuplicateName:
    message = f"there is already a person with the slug {slug!r}: {holder}"
    return DuplicateName(message=message, path=("slug",))
