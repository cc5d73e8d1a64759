"""Redirects that publishers create, from paths where no page stands."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select

from cms.authorization.actions import Action, Subject
from cms.content.addresses import SiteAddress, path_key, read_address
from cms.content.links import suffix_of
from cms.drafts.addresses import addresses_at, spellings_of
from cms.drafts.subjects import visible_types
from cms.errors import InvalidValue, NotFound, PathInUse, Refused, WouldBreakLinks
from cms.events import RedirectCreated, RedirectRemoved
from cms.identifiers import is_entry_id, new_id
from cms.publishing.addresses import close_address, holders_of
from cms.reading.periods import is_in_force, is_public_now, stands_now
from cms.storage.dialects import encoded_path
from cms.tables import Address, Link, Publication
from cms.work.work import Work, command

_WEB = frozenset({"http", "https"})


@dataclass(frozen=True)
class _Target:
    """The target of a redirect: an entry, or a URL."""

    entry_id: str | None = None
    url: str | None = None


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
    work = await work.in_turn()
    address, place = _read_path(work, path, locale)
    work.authorise(Action.REDIRECT_CREATE, Subject(locale=place))
    holder = (await holders_of(work, [address.path], place)).get(address.path)
    if holder is not None:
        message = f"{address.path} is the path of {holder}; choose another path"
        raise Refused(PathInUse(message=message, path=("path",)))
    target = await _read_target(work, to, address, place)
    left = (await addresses_at(work, [address.path], place)).get(address.path)
    redirect = Address(
        id=new_id("address"),
        position=await work.take_position(),
        # Where locales share a host, the last page at the path tells its locale.
        locale=left.locale if left is not None else place,
        path=address.path,
        entry_id=target.entry_id,
        url=target.url,
        began_at=work.now,
    )
    await work.insert(redirect)
    work.emit(RedirectCreated(subject=redirect.id, position=redirect.position))
    return redirect


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
    if address.locale not in (None, locale) and locale is not None:
        message = f"{path!r} is on the host of the locale {address.locale!r}, not of {locale!r}"
        raise Refused(InvalidValue(message=message, path=("locale",)))
    return address, locale or address.locale or work.site.default_locale


async def _read_target(work: Work, to: str, source: SiteAddress, locale: str) -> _Target:
    if is_entry_id(to):
        if to not in await visible_types(work, [to], to):
            raise Refused(NotFound(message=f"there is no entry {to!r}", path=("to",)))
        return _Target(entry_id=to)
    address = read_address(to, work.site.addresses)
    if address is None:
        return _Target(url=_url_elsewhere(to))
    if address.path == source.path and address.locale in (None, locale):
        raise Refused(InvalidValue(message=f"{to!r} would lead to itself", path=("to",)))
    if work.site.addresses.is_route(address.path):
        return _Target(url=encoded_path(address.path) + suffix_of(to))
    found = (await addresses_at(work, [address.path], address.locale or locale)).get(address.path)
    if found is None:
        message = f"there is no page at {address.path}; create and publish it first"
        raise Refused(InvalidValue(message=message, path=("to",)))
    if address.query or address.fragment:
        message = "a redirect to a page has no query and no fragment; remove them"
        raise Refused(InvalidValue(message=message, path=("to",)))
    return _Target(found.entry_id, found.url)


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
