"""Addresses that commands look up: where an edition stands, and what stands at a path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import or_, select

from cms.content.addresses import SiteAddress, path_key, read_address
from cms.content.content_type import ContentType
from cms.drafts.loading import visible_types
from cms.reading.visibility import is_in_force
from cms.tables import Address, Category, Edition
from cms.work.work import Reading, Work


async def path_of(
    reading: Reading,
    content_type: type[ContentType],
    locale: str,
    slug: str,
    category_id: str | None,
) -> str | None:
    """Return where an edition stands with this slug and category; ``None`` if it is no page.

    In a transaction, the category is held, so that it does not move before the path is stored.
    """
    if not slug:
        return None
    category = ""
    if content_type.stands_in_category() and category_id is not None:
        wanted = select(Category.path).where(Category.id == category_id)
        if isinstance(reading, Work):
            wanted = wanted.with_for_update(read=True)
        category = await reading.session.scalar(wanted) or ""
    return content_type.path_for(slug, locale, category)


async def entries_at(
    reading: Reading, paths: Iterable[str], locale: str, source_id: str
) -> Mapping[str, str]:
    """Return the ids of the entries that stand, or will stand, at these site paths.

    What is public comes first, and redirects; then the newest revision of each edition counts; then
    what was public, since its path leads on to where it stands now.

    Args:
        reading: the snapshot and the actor.
        paths: canonical paths; see :class:`~cms.content.addresses.SiteAddress`.
        locale: a locale of the host.
        source_id: the entry whose text mentions the paths.
    """
    wanted = frozenset(paths)
    if not wanted:
        return {}  # SQLite would scan all editions for none
    addresses = await addresses_at(reading, wanted, locale)
    known = {path: each.entry_id for path, each in addresses.items() if each.entry_id}
    in_force = {path: entry_id for path, entry_id in known.items() if addresses[path].is_open}
    return {**known, **await _drafted_at(reading, wanted, locale, source_id), **in_force}


async def public_at(reading: Reading, addresses: Iterable[str], locale: str) -> Mapping[str, str]:
    """Return the ids of the entries whose pages are public at these addresses, in any spelling.

    Args:
        reading: the snapshot.
        addresses: paths or URLs of the site.
        locale: the locale whose host paths are on.
    """
    own = reading.site.addresses
    read = {each: address for each in addresses if (address := read_address(each, own))}
    pages: dict[SiteAddress, str] = {}
    for place, here in by_locale(read.values(), locale).items():
        found = await addresses_at(reading, {each.path for each in here}, place)
        pages |= {
            each: str(found[each.path].entry_id)
            for each in here
            if each.path in found and found[each.path].is_page
        }
    return {written: pages[address] for written, address in read.items() if address in pages}


def by_locale(
    addresses: Iterable[SiteAddress], locale: str
) -> Mapping[str, AbstractSet[SiteAddress]]:
    """Return addresses by the locale whose host they are on: by default this one."""
    found: dict[str, set[SiteAddress]] = {}
    for each in addresses:
        found.setdefault(each.locale or locale, set()).add(each)
    return found


@dataclass(frozen=True)
class FoundAddress:
    """The meaning of a path: a page, a redirect, or the last page that has left it.

    Attributes:
        locale: the locale in which it is the path.
        edition_id: the edition of the page; ``None`` for a redirect.
        entry_id: the entry of the page, or that the redirect leads to.
        url: the target of a redirect to another site.
        is_open: whether the page or the redirect is there now.
    """

    locale: str
    edition_id: str | None
    entry_id: str | None
    url: str | None
    is_open: bool

    @property
    def is_page(self) -> bool:
        """True if a page is there now."""
        return self.is_open and self.edition_id is not None

    @property
    def leads_elsewhere(self) -> bool:
        """True if the path is redirected to another site, or to a path of the frontend."""
        return self.is_open and self.url is not None


async def addresses_at(
    reading: Reading, paths: Iterable[str], locale: str
) -> Mapping[str, FoundAddress]:
    """Return the meaning of those paths on a locale's host that mean anything.

    Args:
        reading: the snapshot.
        paths: canonical paths.
        locale: a locale of the host.
    """
    rows = await reading.session.scalars(
        select(Address)
        .where(
            Address.path.in_(spellings_of(paths)),
            Address.locale.in_(reading.site.addresses.locales_beside(locale)),
            # A redirect that was removed leads nowhere.
            or_(is_in_force(Address), Address.edition_id.is_not(None)),
        )
        # Of several, the last is kept: what is in force, and a page before a redirect.
        .order_by(
            is_in_force(Address),
            Address.edition_id.is_not(None),
            Address.ended_position,
            Address.id,
        )
    )
    return {
        path_key(each.path): FoundAddress(
            locale=each.locale,
            edition_id=each.edition_id,
            entry_id=each.entry_id,
            url=each.url,
            is_open=each.ended_position is None,
        )
        for each in rows
    }


def spellings_of(paths: Iterable[str]) -> list[str]:
    """Return canonical paths with and without the slash that a content type can end them with."""
    return sorted({spelled for path in paths for spelled in (path, f"{path.rstrip('/')}/")})


async def _drafted_at(
    reading: Reading, paths: Iterable[str], locale: str, source_id: str
) -> Mapping[str, str]:
    rows = await reading.session.execute(
        select(Edition.path, Edition.entry_id)
        .where(
            Edition.path.in_(spellings_of(paths)),
            Edition.locale.in_(reading.site.addresses.locales_beside(locale)),
        )
        .order_by(Edition.entry_id.desc())  # of several, the oldest is kept
    )
    found = [(path_key(str(path)), entry_id) for path, entry_id in rows]
    # A link must not tell whether a draft stands there that one may not see.
    seen = await visible_types(reading, [entry_id for _, entry_id in found], source_id)
    return {path: entry_id for path, entry_id in found if entry_id in seen}
