"""The status of links, in SQL: the rule of the gate ``link_targets`` in ``cms.publishing.gates``.

Where the gate says what is wrong with a link of a page that is to be published, the status says it
of all links that a view shows. A test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    case,
    exists,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)

from cms.content.addresses import OwnAddresses, SiteRoot
from cms.content.links import Origin
from cms.reading.aliases import aliased_table, constant, word
from cms.reading.periods import is_over, stands_in
from cms.reading.rows import LinkRow
from cms.reading.view import Perspective, View
from cms.reading.visibility import is_shown, with_address
from cms.storage.dialects import HasText
from cms.tables import Address, Publication, Rendition

_EMPTY, _SLASH = word(""), word("/")
_INLINE = word(Origin.INLINE.value)


class LinkStatus(StrEnum):
    """The kind of page that a link leads to."""

    INTERNAL = "internal"  # a page, or a path that the frontend serves
    EXTERNAL = "external"  # an address elsewhere
    REDIRECTING = "redirecting"  # the address as written is one that redirects
    BROKEN = "broken"  # nothing is there, or the page lacks the anchor or an address
    WAITING = "waiting"  # an entry that is not public


def status_of(link: LinkRow, view: View, own: OwnAddresses) -> ColumnElement[str]:
    """Return the :class:`LinkStatus` of a link, as it is stored.

    Args:
        link: the link, which the view shows.
        view: the view.
        own: the addresses that belong to the site.
    """
    at = _site_path(link, own)
    of_address = case(
        (at.is_(None), _word(LinkStatus.EXTERNAL)),
        (_is_route(at, own), _word(LinkStatus.INTERNAL)),
        (_leads_elsewhere(link, at, view, own), _word(LinkStatus.REDIRECTING)),
        else_=_word(LinkStatus.BROKEN),
    )
    public = replace(view, perspective=Perspective.PUBLISHED, preview=None)
    fragment = link.fragment
    has_no_path = and_(link.origin == _INLINE, _path(link, view, public).is_(None))
    lacks_anchor = and_(fragment != _EMPTY, ~_has_anchor(link, public))
    return case(
        (link.target_id.is_(None), of_address),
        *_waiting(link, view, public),
        (or_(has_no_path, lacks_anchor), _word(LinkStatus.BROKEN)),
        (_is_redirected(link, at, view, own), _word(LinkStatus.REDIRECTING)),
        else_=_word(LinkStatus.INTERNAL),
    )


def external_host(link: LinkRow, own: OwnAddresses) -> ColumnElement[Any]:
    """Return the host that a link leads to on another site; null for any other link."""
    return case((_is_elsewhere(link, own), link.host))


def external_or_none(link: LinkRow, own: OwnAddresses) -> ColumnElement[Any]:
    """Return the status of a link to another site, from its own row alone; null for any other."""
    return case((_is_elsewhere(link, own), _word(LinkStatus.EXTERNAL)))


def _is_elsewhere(link: LinkRow, own: OwnAddresses) -> ColumnElement[bool]:
    return and_(link.target_id.is_(None), _site_path(link, own).is_(None))


def _waiting(
    link: LinkRow, view: View, public: View
) -> Iterable[tuple[ColumnElement[bool], ColumnElement[str]]]:
    """Return the branch of links to what is not public, which readers do not get at all."""
    if view == public:
        return ()
    target = aliased_table(Publication, "public_target")
    is_public = exists().where(target.c.entry_id == link.target_id, is_shown(target, public))
    return [(and_(~_is_own(link), ~is_public), _word(LinkStatus.WAITING))]


def _path(link: LinkRow, view: View, public: View) -> ColumnElement[Any]:
    """Return a value that is null if the target of a link has no address for readers."""
    if view == public:
        return link.url
    target, stands = (
        aliased_table(Publication, "path_target"),
        aliased_table(Address, "path_stands"),
    )
    public_path = (
        select(stands.c.path)
        .select_from(with_address(target, target.c.edition_id, stands, public))
        .where(target.c.entry_id == link.target_id, is_shown(target, public))
        .scalar_subquery()
    )
    return case((_is_own(link), link.url), else_=public_path)


def _has_anchor(link: LinkRow, public: View) -> ColumnElement[bool]:
    target = aliased_table(Publication, "anchor_target")
    rendition, own = (
        aliased_table(Rendition, "anchor_there"),
        aliased_table(Rendition, "anchor_here"),
    )
    is_there = exists().where(
        target.c.entry_id == link.target_id,
        is_shown(target, public),
        rendition.c.revision_id == target.c.revision_id,
        HasText(rendition.c.anchors, link.fragment),
    )
    is_here = exists().where(
        own.c.revision_id == link.revision_id, HasText(own.c.anchors, link.fragment)
    )
    return case((_is_own(link), is_here), else_=is_there)


def _is_own(link: LinkRow) -> ColumnElement[bool]:
    """Return whether a link leads to its own entry, whose draft is taken for public."""
    return link.target_id == link.source_id


def _site_path(link: LinkRow, own: OwnAddresses) -> ColumnElement[Any]:
    """Return the path on the site in the address of a link as written; null if it is elsewhere."""
    path = link.written_path
    branches: list[tuple[ColumnElement[bool], ColumnElement[Any]]] = [(link.host.is_(None), path)]
    for root in own.roots:
        if not root.path:
            branches.append((link.host == constant(root.host), path))
            continue
        start = constant(f"{root.path}/")
        begin: ColumnElement[int] = literal_column(str(len(root.path) + 1))
        is_below = func.substr(path + _SLASH, literal_column("1"), func.length(start)) == start
        below = func.coalesce(func.nullif(func.substr(path, begin), _EMPTY), _SLASH)
        branches.append((and_(link.host == constant(root.host), is_below), below))
    return case(*branches, else_=null())


def _is_route(path: ColumnElement[Any], own: OwnAddresses) -> ColumnElement[bool]:
    """Return whether the frontend serves a path; see :meth:`.OwnAddresses.is_route`."""
    exact = [constant(each) for each in own.routes if not each.endswith("/*")]
    starts = [constant(each.removesuffix("*")) for each in own.routes if each.endswith("/*")]
    below = (
        func.substr(path, literal_column("1"), func.length(start)) == start for start in starts
    )
    return or_(
        false(),
        path.in_(exact) if exact else false(),
        and_(path != _SLASH, or_(false(), *below)),
    )


def _leads_elsewhere(
    link: LinkRow, path: ColumnElement[Any], view: View, own: OwnAddresses
) -> ColumnElement[bool]:
    """Return whether a path is redirected to another site, or to a path of the frontend."""
    redirect = aliased_table(Address, "redirect")
    is_redirect = exists().where(
        _is_at(link, path, redirect, own), redirect.c.url.is_not(None), stands_in(redirect, view)
    )
    return and_(is_redirect, ~_has_page(link, path, view, own))


def _is_redirected(
    link: LinkRow, path: ColumnElement[Any], view: View, own: OwnAddresses
) -> ColumnElement[bool]:
    """Return whether a page has left the path, or it redirects to one, and no page is there."""
    left = aliased_table(Address, "left")
    return and_(
        path.is_not(None),
        exists().where(_is_at(link, path, left, own), is_left(left, view)),
        ~_has_page(link, path, view, own),
    )


def is_left(address: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether a page has left an address, or it is a redirect."""
    return or_(
        and_(address.c.edition_id.is_not(None), is_over(address, view)),
        and_(address.c.edition_id.is_(None), stands_in(address, view)),
    )


def _has_page(
    link: LinkRow, path: ColumnElement[Any], view: View, own: OwnAddresses
) -> ColumnElement[bool]:
    page = aliased_table(Address, "page_there")
    return exists().where(
        _is_at(link, path, page, own), page.c.edition_id.is_not(None), stands_in(page, view)
    )


def _is_at(
    link: LinkRow, path: ColumnElement[Any], address: FromClause, own: OwnAddresses
) -> ColumnElement[bool]:
    """Return whether an address is the one that a path means on the host of a link."""
    slash = case((path == _SLASH, path), else_=path + _SLASH)
    return and_(address.c.path.in_([path, slash]), _is_on_host(link, address, own))


def _is_on_host(link: LinkRow, address: FromClause, own: OwnAddresses) -> ColumnElement[bool]:
    """Return whether the locale of an address is on the host of a link, by its locales."""
    beside: defaultdict[str, list[str]] = defaultdict(list)
    for each, url in own.urls.items():
        beside[url].append(each)
    if len(beside) < 2:  # noqa: PLR2004  # the site has one host
        return true()
    locale = _locale_of(link, own.roots)
    return or_(
        *(
            and_(locale.in_(names), address.c.locale.in_(names))
            for group in beside.values()
            for names in [[constant(each) for each in group]]
        )
    )


def _locale_of(link: LinkRow, roots: Iterable[SiteRoot]) -> ColumnElement[str]:
    """Return the locale of the host in the address of a link; that of its page without one."""
    named = [
        (link.host == constant(each.host), constant(each.locale))
        for each in roots
        if each.locale is not None
    ]
    return case(*named, else_=link.source_locale) if named else link.source_locale


def _word(status: LinkStatus) -> ColumnElement[str]:
    return word(status.value)
