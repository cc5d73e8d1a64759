"""Paths in arguments: any spelling of an address on the site.

The types of the parameters read the addresses when the statement runs, so it is the same for all
spellings. The path of a page can end with a slash, as its content type declares, so each address
stands for two paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Dialect, and_, false, not_, or_
from sqlalchemy.sql.functions import coalesce
from sqlalchemy.types import TypeDecorator

from cms.content.addresses import OwnAddresses, SiteAddress, read_address
from cms.reading.rows import EntryRow
from cms.storage.dialects import Folded, FoldedItems, Key
from graphql_api.planner.filters import Bind, Compare, Operator
from graphql_api.planner.json_sql import IsOneOf, TypedList
from graphql_api.planner.source import Columns, Sql
from graphql_api.schema.declaring.fields import FEW, THIS_TYPE, Declared, of_row

_FILTER = (
    f"URL path of the `{THIS_TYPE}`; `eq`, `ne`, `in` and `notIn` take any spelling, or an "
    "absolute URL on the site."
)
# The ends of the two paths that an address stands for.
_ENDS = ("", "/")
# The number of addresses that are kept with what they mean, and the length of the longest.
_KEPT, _LONGEST_KEPT = 1_000, 500


class SitePath(TypeDecorator[str]):
    """The type of a parameter that is an address on the site, read as a path with this end.

    An address elsewhere is null.
    """

    impl = Key
    cache_ok = True

    def __init__(self, own: OwnAddresses, end: str) -> None:
        super().__init__()
        self.own = own
        self.end = end

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the path that the address means."""
        del dialect  # the same for both databases
        address = _read(value, self.own)
        return None if address is None else address.path + self.end


class SiteLocale(TypeDecorator[str]):
    """The type of a parameter that is an address on the site, read as the locale that it names.

    An address that names none is null.
    """

    impl = Key
    cache_ok = True

    def __init__(self, own: OwnAddresses) -> None:
        super().__init__()
        self.own = own

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the locale of the host in the address."""
        del dialect  # the same for both databases
        address = _read(value, self.own)
        return None if address is None else address.locale


class SitePaths(TypedList):
    """The type of a parameter that is a list of addresses, read as paths."""

    def __init__(self, own: OwnAddresses) -> None:
        super().__init__(Key)
        self.own = own

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        """Return the paths that the addresses mean."""
        addresses = (_read(each, self.own) for each in value or ())
        paths = [self.text_of(each) + end for each in addresses if each for end in _ENDS]
        return super().process_bind_param(paths, dialect)

    def text_of(self, address: SiteAddress) -> str:
        """Return the text for an address in the list."""
        return address.path


class SitePlaces(SitePaths):
    """As :class:`SitePaths`; before each path is the locale that the address names."""

    def text_of(self, address: SiteAddress) -> str:
        """Return the text for an address in the list."""
        return f"{address.locale or ''}{address.path}"


def path_filter(own: OwnAddresses) -> Declared:
    """Declare the filter on the path of an entry.

    Args:
        own: the addresses that belong to the site.
    """
    compare = Compare(
        of_row(EntryRow.path), narrows=FEW, operators=of_row(partial(_operators, own))
    )
    return Declared("StringFilter | None", compare, _FILTER)


def is_at(own: OwnAddresses, row: Columns, bind: Bind) -> ColumnElement[bool]:
    """Return whether the path of a row is the one that an address means.

    Args:
        own: the addresses that belong to the site.
        row: a row with a path and a locale.
        bind: makes a parameter of a type from the address.
    """
    return _is_at(own, row, row.path, bind)


def paths_of(own: OwnAddresses, bind: Bind) -> list[Sql]:
    """Return the paths that an address stands for, as parameters.

    Args:
        own: the addresses that belong to the site.
        bind: makes a parameter of a type from the address.
    """
    return [bind(SitePath(own, end)) for end in _ENDS]


def _operators(own: OwnAddresses, row: Columns) -> Mapping[str, Operator]:
    """Return the operators that compare a path with addresses rather than with texts."""
    equal, among = partial(_is_at, own, row), partial(_is_at_one_of, own, row)
    return {
        "eq": equal,
        "ne": lambda path, bind: _is_not(equal(path, bind)),
        "in": among,
        "notIn": lambda path, bind: _is_not(among(path, bind)),
    }


def _is_at(own: OwnAddresses, row: Columns, path: Sql, bind: Bind) -> ColumnElement[bool]:
    paths = paths_of(own, bind)
    at = path.in_([Folded(each) for each in paths] if isinstance(path, Folded) else paths)
    if not _has_host_per_locale(own):
        return at
    return and_(at, row.locale == coalesce(bind(SiteLocale(own)), row.locale))


def _is_at_one_of(own: OwnAddresses, row: Columns, path: Sql, bind: Bind) -> ColumnElement[bool]:
    def is_in(value: Sql, items: Sql) -> ColumnElement[bool]:
        if isinstance(path, Folded):
            return IsOneOf(Folded(value), FoldedItems(items))
        return IsOneOf(value, items)

    # Only this condition can use an index.
    at = is_in(row.path, bind(SitePaths(own)))
    if not _has_host_per_locale(own):
        return at
    places = bind(SitePlaces(own))
    return and_(at, or_(is_in(row.path, places), is_in(row.locale + row.path, places)))


def _is_not(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the complement of a condition; true of null."""
    return not_(coalesce(condition, false()))


def _has_host_per_locale(own: OwnAddresses) -> bool:
    """Return whether the locale of a page follows from the host in its URL."""
    return len(own.urls) > 1 and not own.has_shared_host


def _read(href: str | None, own: OwnAddresses) -> SiteAddress | None:
    if href is None:
        return None
    # Each address is read for several parameters.
    return _read_again(href, own) if len(href) <= _LONGEST_KEPT else read_address(href, own)


_read_again = lru_cache(_KEPT)(read_address)
