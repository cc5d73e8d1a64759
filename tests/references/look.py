"""Which publications are seen, by time or position and by language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from graphql import GraphQLError

from cms.clock import to_milliseconds
from cms.content.builtin import BUILT_IN_NAMES
from cms.reading.view import Perspective
from cms.site import ALL_LINKS, Site
from tests.references.thing import Args, Row


@dataclass(frozen=True)
class Look:
    """What a view is, in plain Python.

    Attributes:
        locales: the languages, the best first.
        built_in: the languages in which readers of the first one are shown categories and people,
            beside those; the best first.
        time: when readers are to have seen it.
        position: the same, in the order of publications.
        link_set: the set of links whose metrics pages have.
    """

    locales: tuple[str, ...]
    built_in: tuple[str, ...]
    time: datetime | None = None
    position: int | None = None
    link_set: str = ALL_LINKS

    @classmethod
    def of(cls, site: Site) -> Look:
        """Return the look of a reader who asks for nothing in particular."""
        locale = site.default_locale
        return cls(site.locales_for(locale), site.locales_for_built_in(locale))

    @property
    def is_of_past(self) -> bool:
        """Whether it is at a time or a position in the past."""
        return self.time is not None or self.position is not None

    def is_open(self, row: Row) -> bool:
        """Say whether a publication, an address or a place is, or was, what readers see."""
        if self.time is not None:
            begun = row.began_at if hasattr(row, "began_at") else row.published_at
            return bool(begun <= self.time) and not self.is_over(row)
        if self.position is not None:
            return bool(row.position <= self.position) and not self.is_over(row)
        return row.ended_position is None

    def is_over(self, row: Row) -> bool:
        """Say whether a publication, an address or a place has ended by then."""
        if row.ended_position is None:
            return False
        if self.time is not None:
            return bool(row.ended_at <= self.time)
        return self.position is None or bool(row.ended_position <= self.position)

    def counts(self, row: Row) -> bool:
        """Say whether a sign-off counts, or counted, for the publication that it is of."""
        return self.has_counted(row) and not self.is_over(row)

    def has_counted(self, row: Row) -> bool:
        """Say whether a sign-off has ever counted for its publication by then."""
        if self.time is not None:
            return bool(row.counted_at <= self.time)
        return self.position is None or bool(row.position <= self.position)

    def ended_at(self, row: Row) -> datetime | None:
        """Return when a sign-off was taken off its publication, if it was by then."""
        return row.ended_at if self.is_over(row) else None

    def best(self, rows: Sequence[Row]) -> list[Row]:
        """Return of each entry the publication in the best language, in the order of the rows."""
        found: dict[str, Row] = {}
        own = [(locale, rows) for locale in self.locales]
        built_in = [row for row in rows if row.content_type in BUILT_IN_NAMES]
        for locale, chosen in [*own, *((each, built_in) for each in self.built_in)]:
            for row in chosen:
                if row.locale == locale:
                    found.setdefault(row.entry_id, row)
        return [row for row in rows if found.get(row.entry_id) is row]

    def narrowed(self, site: Site, args: Args) -> Look:
        """Return what ``view`` with these arguments looks at."""
        if _plain(args.get("perspective")) is Perspective.DRAFT:
            raise GraphQLError("nobody here may read drafts")
        time, position = args.get("asOf"), args.get("position")
        if time is not None and position is not None:
            raise GraphQLError("a contradiction")
        locales = self._wanted(site, args)
        built_in = site.locales_for_built_in(locales[0])
        links = _plain(args.get("linkSet")) or self.link_set
        look = replace(self, locales=locales, built_in=built_in, link_set=links)
        if time is not None:
            return replace(look, time=to_milliseconds(time), position=None)
        if position is not None:
            return replace(look, position=position.number, time=None)
        if args.get("perspective") is not None:
            return replace(look, position=None, time=None)
        return look

    def _wanted(self, site: Site, args: Args) -> tuple[str, ...]:
        first = _plain(args.get("locale"))
        own = site.locales_for(first) if first is not None else self.locales
        others: Iterable[Any] | None = args.get("fallbackLocales")
        if others is None:
            return own
        return tuple(dict.fromkeys([own[0], *map(_plain, others)]))


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) and not isinstance(value, Perspective) else value
