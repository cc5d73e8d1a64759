"""Redirects that publishers create, from paths where no page stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select

from cms.authorization.actions import Action, Subject
from cms.content.addresses import LONGEST_PATH, SiteAddress, path_key, read_address
from cms.content.links import suffix_of
from cms.drafts.addresses import (
    FoundAddress,
    PathKey,
    addresses_among,
    path_key_of,
    spellings_of,
)
from cms.drafts.subjects import visible_types
from cms.errors import InvalidValue, NotFound, PathInUse, Refused, WouldBreakLinks
from cms.events import RedirectCreated, RedirectRemoved
from cms.identifiers import is_entry_id, new_id
from cms.publishing.addresses import Holders, close_address
from cms.reading.periods import is_in_force, is_public_now, stands_now
from cms.storage.dialects import encoded_path
from cms.tables import Address, Link, Publication
from cms.work.bulk import Decisions, Mode, Outcome, alone, check_number
from cms.work.work import Work, command

_WEB = frozenset({"http", "https"})


@dataclass(frozen=True)
class _Target:
    """The target of a redirect: an entry, or a URL."""

    entry_id: str | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class RedirectItem:
    """A redirect to be created.

    Attributes:
        path: the path, in any spelling, at which no page and no redirect is.
        to: the id or the address of an entry, a route of the frontend, or a URL on another site.
        locale: the locale whose host the path is on; by default the site's default locale.
    """

    path: str
    to: str
    locale: str | None = None


@dataclass(frozen=True)
class _Plan:
    """A redirect as it was read: its path, the locale of its host, and its target."""

    address: SiteAddress
    locale: str
    to: str
    to_address: SiteAddress | None

    @property
    def key(self) -> PathKey:
        """The path, and the locale whose host it is on."""
        return self.address.path, self.locale

    @property
    def key_of_target(self) -> PathKey | None:
        """The same of the target, if it is an address on the site."""
        return path_key_of(self.to_address, self.locale) if self.to_address is not None else None


@command(Action.REDIRECT_CREATE)
async def create_redirect(work: Work, path: str, to: str, *, locale: str | None = None) -> Address:
    """Redirect a path, and return the redirect.

    A redirect to a page leads to its entry, wherever that moves. A target that is redirected itself
    stands for where it leads, so there are neither chains nor loops.

    Args:
        work: the transaction and the actor.
        path: the path, in any spelling, at which no page and no redirect is.
        to: the id or the address of an entry, a route of the frontend, or a URL on another site.
        locale: the locale whose host the path is on; by default the site's default locale.

    Raises:
        Refused: if the actor may not, the path is not free, or the target is nothing to lead to.
    """
    return await alone(_create(work, [RedirectItem(path=path, to=to, locale=locale)], "all"))


@command(Action.REDIRECT_CREATE)
async def create_redirects(
    work: Work, items: Sequence[RedirectItem], *, mode: Mode = "all"
) -> Sequence[Outcome[Address]]:
    """Redirect many paths at one position; return an outcome for each, in their order.

    Args:
        work: the transaction and the actor.
        items: the redirects, at most 1,000.
        mode: whether all are refused when one is, or each by itself.

    Raises:
        Refused: if there are too many items; with :class:`~cms.work.bulk.NoneDone` if one is
            refused, and all are to be then.
    """
    check_number(items)
    return await _create(work, items, mode)


async def _create(work: Work, items: Sequence[RedirectItem], mode: Mode) -> list[Outcome[Address]]:
    work = await work.in_turn()
    batch = Decisions(
        items, mode, [(None, each.locale or work.site.default_locale) for each in items]
    )
    plans = batch.decide(batch.open(), lambda _, each: _read(work, each))
    keys = {key for each in plans.values() for key in (each.key, each.key_of_target) if key}
    found = await addresses_among(work, keys)
    entries = await visible_types(work, [each.to for each in plans.values()], "")
    holders, taken = Holders(work.site, found), set[PathKey]()

    def decide(_: int, plan: _Plan) -> _Target:
        holder = holders.at(plan.key) or ("another redirect" if plan.key in taken else None)
        if holder is not None:
            message = f"{plan.address.path} is the path of {holder}; choose another path"
            raise Refused(PathInUse(message=message, path=("path",)))
        target = _target_of(work, plan, found, entries)
        path, locale = plan.key
        # A path is of one page in all locales that share a host.
        taken.update((path, each) for each in work.site.addresses.locales_beside(locale))
        return target

    targets = batch.decide(plans, decide)
    batch.settle()
    redirects = await _insert(work, plans, targets, found) if targets else {}
    return batch.outcomes(redirects)


async def _insert(
    work: Work,
    plans: Mapping[int, _Plan],
    targets: Mapping[int, _Target],
    found: Mapping[PathKey, FoundAddress],
) -> Mapping[int, Address]:
    """Insert redirects, and return them by index."""
    position = await work.take_position()
    redirects = {
        index: Address(
            id=new_id("address"),
            position=position,
            # Where locales share a host, the last page at the path tells its locale.
            locale=found[plan.key].locale if plan.key in found else plan.locale,
            path=plan.address.path,
            entry_id=target.entry_id,
            url=target.url,
            began_at=work.now,
        )
        for index, target in targets.items()
        for plan in [plans[index]]
    }
    await work.insert(*redirects.values())
    for each in redirects.values():
        work.emit(RedirectCreated(subject=each.id, position=position))
    return redirects


@command(Action.REDIRECT_REMOVE)
async def remove_redirect(work: Work, path: str, *, locale: str | None = None) -> Address:
    """Remove a redirect, and return it, now closed.

    Args:
        work: the transaction and the actor.
        path: the path, in any spelling.
        locale: the locale whose host the path is on; by default the site's default locale.

    Raises:
        Refused: if the actor may not, there is no redirect at the path, or public pages link to
            another site through it. Links to entries do not depend on redirects.
    """
    work = await work.in_turn()
    address, place = _read_path(work, path, locale)
    work.authorise(Action.REDIRECT_REMOVE, Subject(locale=place))
    redirect = await work.session.scalar(
        select(Address).where(
            Address.path.in_(spellings_of([address.path])),
            Address.locale.in_(work.site.addresses.locales_beside(place)),
            Address.edition_id.is_(None),
            is_in_force(Address),
        )
    )
    if redirect is None:
        message = f"there is no redirect at {address.path}"
        raise Refused(NotFound(message=message, path=("path",)))
    if redirect.url is not None and (broken := await _links_through(work, redirect)):
        raise Refused(*broken)
    position = await work.take_position()
    await close_address(work, redirect, work.now, position)
    work.emit(RedirectRemoved(subject=redirect.id, position=position))
    return redirect


async def _links_through(work: Work, redirect: Address) -> list[WouldBreakLinks]:
    """Return an error for each public page that links to another site through a redirect."""
    rows = await work.session.execute(
        select(Link.url, Publication.entry_id, Publication.locale, Address.path)
        .join(Publication, Publication.revision_id == Link.revision_id)
        .outerjoin(Address, stands_now())
        .where(Link.url.is_not(None), is_public_now(Publication))
        .order_by(Publication.entry_id, Publication.locale)
    )
    own, key = work.site.addresses, path_key(str(redirect.path))
    sources = {
        path or entry_id: None
        for url, entry_id, locale, path in rows
        if (address := read_address(str(url), own, path)) is not None
        and address.path == key
        and redirect.locale in own.locales_beside(address.locale or locale)
    }
    return [
        WouldBreakLinks(message=f"{source} links to {redirect.path}; change that link first")
        for source in sources
    ]


def _read_path(work: Work, path: str, locale: str | None) -> tuple[SiteAddress, str]:
    """Return the path of a redirect, and the locale whose host it is on."""
    if locale not in (None, *work.site.locales):
        message = f"there is no locale {locale!r}; use one of {', '.join(work.site.locales)}"
        raise Refused(InvalidValue(message=message, path=("locale",)))
    address = read_address(path, work.site.addresses) if path.strip() else None
    if address is None or address.query or address.fragment:
        message = f"{path!r} is not a path on this site; write it as in '/old/page'"
        raise Refused(InvalidValue(message=message, path=("path",)))
    if (length := len(address.path.encode())) > LONGEST_PATH:
        message = f"the path has {length:,} bytes; at most {LONGEST_PATH:,} are allowed"
        raise Refused(InvalidValue(message=message, path=("path",)))
    if address.locale not in (None, locale) and locale is not None:
        message = f"{path!r} is on the host of the locale {address.locale!r}, not of {locale!r}"
        raise Refused(InvalidValue(message=message, path=("locale",)))
    return address, locale or address.locale or work.site.default_locale


def _read(work: Work, item: RedirectItem) -> _Plan:
    """Return a redirect that the actor may create."""
    address, locale = _read_path(work, item.path, item.locale)
    work.authorise(Action.REDIRECT_CREATE, Subject(locale=locale))
    is_address = not is_entry_id(item.to)
    to_address = read_address(item.to, work.site.addresses) if is_address else None
    return _Plan(address, locale, item.to, to_address)


def _target_of(
    work: Work,
    plan: _Plan,
    found: Mapping[PathKey, FoundAddress],
    entries: Collection[str],
) -> _Target:
    """Return the target of a redirect.

    Args:
        work: the transaction and the actor.
        plan: the redirect.
        found: the meaning of the paths on the site.
        entries: the ids of the entries that the actor may know of.
    """
    to, address = plan.to, plan.to_address
    if is_entry_id(to):
        if to not in entries:
            raise Refused(NotFound(message=f"there is no entry {to!r}", path=("to",)))
        return _Target(entry_id=to)
    if address is None:
        return _Target(url=_url_elsewhere(to))
    if address.path == plan.address.path and address.locale in (None, plan.locale):
        raise Refused(InvalidValue(message=f"{to!r} would lead to itself", path=("to",)))
    if work.site.addresses.is_route(address.path):
        return _Target(url=encoded_path(address.path) + suffix_of(to))
    there = found.get(path_key_of(address, plan.locale))
    if there is None:
        message = f"there is no page at {address.path}; create and publish it first"
        raise Refused(InvalidValue(message=message, path=("to",)))
    if address.query or address.fragment:
        message = "a redirect to a page has no query and no fragment; remove them"
        raise Refused(InvalidValue(message=message, path=("to",)))
    return _Target(there.entry_id, there.url)


def _url_elsewhere(to: str) -> str:
    """Return the URL of a page on another site."""
    try:
        parts = urlsplit(to)
        is_url = parts.scheme in _WEB and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or "\\" in to or any(char.isspace() for char in to):
        message = (
            f"{to!r} is nothing to lead to; use the id or the address of an entry, "
            "or a URL that starts with https:// or http://"
        )
        raise Refused(InvalidValue(message=message, path=("to",)))
    return to
