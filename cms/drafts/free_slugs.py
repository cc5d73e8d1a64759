"""Slugs that are proposed for new editions: free ones, with a number where the words are taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Select, select, union_all

from cms.content.addresses import path_key
from cms.content.content_type import ContentType
from cms.content.slug import slug_of_title
from cms.content.snapshot import LONGEST_SLUG
from cms.drafts.addresses import Placed, paths_of, spellings_of
from cms.ledger.counters import wait_for_turn
from cms.storage.dialects import is_among_given, texts
from cms.tables import Address, Edition
from cms.work.work import Work

# Stands for the slug in a path; no slug has it.
_SLUG = "\0"
# The numbers after a slug that are looked up first, to find how many there are.
_POWERS = tuple(2**each for each in range(21))
# How many numbers between a taken and a free one are looked up at once.
_STEPS = 16


@dataclass(frozen=True)
class Wish:
    """An edition that begins, whose slug is to be proposed.

    Attributes:
        content_type: its content type.
        entry_id: its entry.
        locale: its locale.
        category_id: its category.
        slug: the slug to begin with.
    """

    content_type: type[ContentType]
    entry_id: str
    locale: str
    category_id: str | None
    slug: str


# A name that one page has: a path on the host of some locales; of what is no page, the slug among
# those of its type in a locale.
_Name: TypeAlias = tuple[tuple[str, ...], str]


@dataclass(eq=False)
class _Family:
    """Editions with one slug in one place, which differ by a number.

    Attributes:
        place: the locales that share a host, or the type and the locale of what is no page.
        pattern: the path, or the slug, with a mark in place of the slug.
        slug: the slug that they begin with.
        members: the indexes of their wishes.
        taken: the largest number that is known to be taken before ``free``.
        free: a number that is known to be free.
    """

    place: tuple[str, ...]
    pattern: str
    slug: str
    members: list[int] = field(default_factory=list)
    taken: int = 0
    free: int = _POWERS[-1] + 1

    def numbered(self, number: int) -> str:
        """Return the slug with a number; without one for the first."""
        ending = f"-{number}" if number > 1 else ""
        return self.slug[: LONGEST_SLUG - len(ending)].rstrip("-") + ending

    def name(self, number: int) -> _Name:
        """Return the name of the edition with a number."""
        name = self.pattern.replace(_SLUG, self.numbered(number))
        return self.place, path_key(name) if name.startswith("/") else name

    def probes(self) -> Sequence[int]:
        """Return some numbers between a taken and a free one."""
        step = max(1, (self.free - self.taken) // _STEPS)
        return range(self.taken + step, self.free, step)

    def narrow(self, numbers: Iterable[int], taken: Collection[_Name]) -> None:
        """Learn from numbers, in their order, which of them are taken."""
        for number in numbers:
            if self.name(number) not in taken:
                self.free = number
                return
            self.taken = number


def proposed_slug(title: str) -> str:
    """Return the slug that is proposed for a title, before it has a number."""
    return slug_of_title(title)[:LONGEST_SLUG].rstrip("-")


async def free_slugs(
    work: Work, wishes: Mapping[int, Wish], others: Iterable[Wish] = ()
) -> Mapping[int, str]:
    """Return a free slug for each edition that begins, by index.

    It is free if no page, no newest revision, no redirect and no former address has the path on
    the host; for a type without pages, if no newest revision of the type has the slug in the
    locale. Commands that propose slugs wait for each other, until the transaction ends. The number
    of statements grows with the logarithm of the number of editions of one slug.

    Args:
        work: the transaction.
        wishes: the editions.
        others: editions that begin with the same command, and have slugs already.
    """
    if not wishes:
        return {}
    await wait_for_turn(work.session, "slugs")
    every = [*wishes.values(), *others]
    patterns = await _patterns(work, every)
    claimed = {_family_of(work, patterns, each).name(1) for each in every[len(wishes) :]}
    families = _families(work, patterns, wishes)
    numbers: Mapping[_Family, Iterable[int]] = dict.fromkeys(families, _POWERS)
    while numbers:
        taken = claimed | await _taken(work, _names(numbers))
        for each, some in numbers.items():
            each.narrow(some, taken)
        numbers = {each: each.probes() for each in families if each.free - each.taken > 1}
    return await _given_out(work, families, claimed)


async def _given_out(
    work: Work, families: Sequence[_Family], claimed: set[_Name]
) -> Mapping[int, str]:
    """Return slugs for all members of families, from the first free number on."""
    slugs: dict[int, str] = {}
    free = {each.name(each.free) for each in families if each.free <= _POWERS[-1]}
    following = {each: each.free for each in families}
    width = 1
    while True:
        for each in families:
            while each.members and (
                (name := each.name(following[each])) in claimed or name in free
            ):
                if name not in claimed:
                    claimed.add(name)
                    slugs[each.members.pop()] = each.numbered(following[each])
                following[each] += 1
        ahead = {
            each: range(following[each], following[each] + width * len(each.members) + 1)
            for each in families
            if each.members
        }
        if not ahead:
            return slugs
        names = _names(ahead)
        taken = await _taken(work, names)
        claimed |= taken
        free |= names - taken
        width *= 2


async def _patterns(work: Work, wishes: Iterable[Wish]) -> Mapping[Placed, str | None]:
    return await paths_of(work, [_placed(each) for each in wishes])


def _placed(wish: Wish) -> Placed:
    return Placed(
        wish.content_type.stored_name, wish.entry_id, wish.locale, _SLUG, wish.category_id
    )


def _family_of(work: Work, patterns: Mapping[Placed, str | None], wish: Wish) -> _Family:
    pattern = patterns[_placed(wish)]
    if pattern is not None:
        return _Family(work.site.addresses.locales_beside(wish.locale), pattern, wish.slug)
    return _Family((wish.content_type.stored_name, wish.locale), _SLUG, wish.slug)


def _families(
    work: Work, patterns: Mapping[Placed, str | None], wishes: Mapping[int, Wish]
) -> list[_Family]:
    families: dict[tuple[tuple[str, ...], str, str], _Family] = {}
    # The last member is the first to get a slug.
    for index in sorted(wishes, reverse=True):
        family = _family_of(work, patterns, wishes[index])
        key = (family.place, family.pattern, family.slug)
        families.setdefault(key, family).members.append(index)
    return [*families.values()]


def _names(numbers: Mapping[_Family, Iterable[int]]) -> set[_Name]:
    return {family.name(number) for family, some in numbers.items() for number in some}


async def _taken(work: Work, names: set[_Name]) -> set[_Name]:
    """Return those names that are taken."""
    paths = {name for name in names if name[1].startswith("/")}
    return await _taken_paths(work, paths) | await _taken_slugs(work, names - paths)


async def _taken_paths(work: Work, names: Collection[_Name]) -> set[_Name]:
    own = work.site.addresses
    taken = {name for name in names if own.is_route(name[1])}
    if not names:
        return taken
    given = {"paths": spellings_of(path for _, path in names)}
    locales: dict[str, set[str]] = {}
    for path, locale in await work.session.execute(_standing_at(), given):
        locales.setdefault(path_key(str(path)), set()).add(str(locale))
    return taken | {name for name in names if locales.get(name[1], set()).intersection(name[0])}


@cache
def _standing_at() -> Select[*tuple[Any, ...]]:
    """Return the paths among some that pages, drafts and redirects have, or had."""
    every = union_all(
        select(Edition.path, Edition.locale).where(is_among_given(Edition.path, "paths")),
        select(Address.path, Address.locale).where(is_among_given(Address.path, "paths")),
    ).subquery("standing")
    return select(every.c.path, every.c.locale)


async def _taken_slugs(work: Work, names: Collection[_Name]) -> set[_Name]:
    """Return the names among those of what is no page that are taken."""
    slugs: dict[tuple[str, ...], list[str]] = {}
    for place, slug in names:
        slugs.setdefault(place, []).append(slug)
    taken = set[_Name]()
    for place, some in slugs.items():
        stored_type, locale = place
        chosen = select(Edition.slug).where(
            Edition.locale == locale,
            Edition.content_type == stored_type,
            is_among_given(Edition.slug, "slugs"),
        )
        found = await work.session.scalars(chosen, {"slugs": texts(some)})
        taken |= {(place, str(slug)) for slug in found}
    return taken
