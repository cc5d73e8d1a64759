"""Addresses of public pages: they follow from the slug, the category and the content type.

A page that moves leaves its address, which leads to its new one from then on. Publications, dates
and sign-offs stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cms.content.addresses import path_key
from cms.drafts.addresses import FoundAddress, PathKey, addresses_among
from cms.identifiers import new_id
from cms.site import Site
from cms.tables import Address
from cms.work.work import Reading, Work


@dataclass(frozen=True, kw_only=True)
class Move:
    """The change of a page's address.

    Attributes:
        entry_id: the entry of the page.
        edition_id: its edition.
        content_type: the stored name of its content type.
        locale: the locale of the edition.
        old: the address at which it stands; ``None`` for none.
        path: the path at which it will stand; ``None`` for none.
        at: the time of the change.
        category_id: the category of the page, if it moves with the tree of categories.
    """

    entry_id: str
    edition_id: str
    content_type: str
    locale: str
    old: Address | None
    path: str | None
    at: datetime
    category_id: str | None = None

    @property
    def old_path(self) -> str | None:
        """The path at which the page stands."""
        return self.old.path if self.old is not None else None


async def move_pages(work: Work, moves: Iterable[Move], position: int) -> None:
    """Close the addresses that pages leave, and open those that they come to.

    Args:
        work: the transaction, in which the paths are free once the pages have left theirs.
        moves: the changes; those to the same path are left out.
        position: the position of the command.
    """
    changes = [move for move in moves if move.path != move.old_path]
    left = [(move.old, move.at) for move in changes if move.old is not None]
    await close_addresses(work, left, position)  # paths have to be free before they are taken
    await work.insert(*(_opened(move, position) for move in changes if move.path is not None))


async def close_addresses(
    work: Work, addresses: Iterable[tuple[Address, datetime]], position: int
) -> None:
    """Close addresses that are in force, each at a time."""
    await work.update_each(
        (address, {"ended_at": _end(address, at), "ended_position": position})
        for address, at in addresses
    )


async def close_address(work: Work, address: Address, at: datetime, position: int) -> None:
    """Close an address that is in force."""
    await work.close(address, ended_at=_end(address, at), ended_position=position)


def _end(address: Address, at: datetime) -> datetime:
    return max(at, address.began_at)  # clock skew: never end before the start


def _opened(move: Move, position: int) -> Address:
    began_at = _end(move.old, move.at) if move.old is not None else move.at
    return Address(
        id=new_id("address"),
        position=position,
        locale=move.locale,
        path=move.path,
        edition_id=move.edition_id,
        content_type=move.content_type,
        entry_id=move.entry_id,
        began_at=began_at,
    )


async def holders_of(
    reading: Reading, paths: Iterable[str], locale: str, leaving: Collection[str] = ()
) -> Mapping[str, str]:
    """Return a description of what already stands at each of these paths that is not free.

    Args:
        reading: the snapshot.
        paths: paths, as readers would see them.
        locale: the locale of the pages that would stand there.
        leaving: ids of the editions whose pages do not count, since they move at the same time.
    """
    keys = {path: (path_key(path), locale) for path in paths}
    holders = Holders(reading.site, await addresses_among(reading, keys.values()))
    found = {path: holders.at(key, leaving) for path, key in keys.items()}
    return {path: each for path, each in found.items() if each is not None}


@dataclass(frozen=True)
class Holders:
    """The pages, redirects and routes at some paths.

    Attributes:
        site: the site.
        addresses: the pages and redirects.
    """

    site: Site
    addresses: Mapping[PathKey, FoundAddress]

    def at(self, key: PathKey, leaving: Collection[str] = ()) -> str | None:
        """Return a description of what stands at a path; ``None`` if the path is free.

        Args:
            key: the path, and a locale of the host.
            leaving: ids of the editions whose pages do not count, since they move away.
        """
        found = self.addresses.get(key)
        if found is not None and found.is_open and found.edition_id not in leaving:
            return str(found.entry_id) if found.is_page else "a redirect"
        return "the frontend" if self.site.addresses.is_route(key[0]) else None
