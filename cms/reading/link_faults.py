"""The links that can be broken, redirecting or external, as indexes find them.

Most links lead to a page without any of that. So that lists of the others take no time in a site
with a million links, each status has conditions that few links meet, with an index for each. They
are only necessary: :func:`cms.reading.link_status.status_of` has the rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    func,
    join,
    literal_column,
    or_,
    select,
    union,
)

from cms.content.addresses import OwnAddresses
from cms.content.links import Origin
from cms.reading.aliases import aliased_table, constant, word
from cms.reading.link_status import LinkStatus, is_left
from cms.reading.links import public_links, url_links
from cms.reading.view import View
from cms.reading.visibility import Relation, is_shown
from cms.tables import Address, Link, Publication

_EMPTY, _SLASH, _INLINE = word(""), word("/"), word(Origin.INLINE.value)
_ONE = literal_column("1", Integer())
_KEY = (Link.revision_id, Link.field_path, Link.ordinal)
_FOUND = frozenset({LinkStatus.BROKEN, LinkStatus.REDIRECTING, LinkStatus.EXTERNAL})


@dataclass(frozen=True)
class LinkDeclarations:
    """The declarations of a site that the status of its links depends on.

    Attributes:
        own: the addresses that belong to the site.
        pathless: the stored names of the content types whose entries have no page.
    """

    own: OwnAddresses
    pathless: Sequence[str]


def has_index(statuses: Collection[LinkStatus]) -> bool:
    """Return whether indexes find the public links with one of some statuses."""
    return bool(statuses) and _FOUND.issuperset(statuses)


def links_of_status(
    statuses: Collection[LinkStatus], view: View, declared: LinkDeclarations
) -> Relation:
    """Return links of all entries, among which are those with one of some statuses.

    Args:
        statuses: the statuses, for which there is an index; see :func:`has_index`.
        view: the view.
        declared: the declarations of the site.
    """
    if set(statuses) == {LinkStatus.EXTERNAL}:
        return url_links(view)
    public = aliased_table(Publication, "source")
    keys = union(*_keys(statuses, view, declared)).subquery("suspect")
    is_suspect = and_(*(keys.c[column.key] == column for column in _KEY))
    of_source = public.c.revision_id == keys.c.revision_id
    rows = join(join(keys, Link, is_suspect), public, of_source)
    found = public_links(view, public, rows, keys.c.revision_id)
    return found.where(is_shown(public, view))


def _keys(
    statuses: Collection[LinkStatus], view: View, declared: LinkDeclarations
) -> Iterator[Select[str, str, int]]:
    every = select(*_KEY)
    is_url = Link.target_id.is_(None)
    if LinkStatus.EXTERNAL in statuses:
        yield every.where(is_url)
    elif statuses:
        hosts = [constant(each.host) for each in declared.own.roots]
        is_own = or_(Link.host.is_(None), Link.host.in_(hosts))
        yield every.where(is_url, Link.path.is_not(None), is_own)
    if LinkStatus.BROKEN in statuses:
        yield every.where(Link.fragment != _EMPTY)
        if declared.pathless:
            yield every.where(Link.origin == _INLINE, Link.target_id.in_(_pageless(view, declared)))
    if LinkStatus.REDIRECTING in statuses:
        as_path = every.where(Link.path.is_not(None), Link.url.is_(None))
        for below in dict.fromkeys(["", *(each.path for each in declared.own.roots)]):
            yield from (as_path.where(Link.path.in_(each)) for each in _left_paths(view, below))


def _pageless(view: View, declared: LinkDeclarations) -> Select[str]:
    """Return the entries of types without pages."""
    target = aliased_table(Publication, "pageless")
    is_of_type = target.c.content_type.in_([word(each) for each in declared.pathless])
    return select(target.c.entry_id).where(is_of_type, is_shown(target, view))


def _left_paths(view: View, below: str) -> Iterator[Select[str]]:
    """Yield the paths that pages have left and those of redirects, also without a last slash.

    Args:
        view: the view.
        below: the path of the site's root, which addresses as written can have before them.
    """
    left = aliased_table(Address, "left_path")
    path: ColumnElement[str] = left.c.path
    length = func.length(path) - _ONE
    ends = func.substr(path, length + _ONE) == _SLASH
    before = constant(below) if below else None
    for each, condition in ((path, path.is_not(None)), (func.substr(path, _ONE, length), ends)):
        written = each if before is None else before + each
        yield select(written).where(condition, is_left(left, view))
