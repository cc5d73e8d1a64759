"""Exports as they are asked for at the shell and in URLs: texts, which are checked here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from cms.errors import InvalidExport
from cms.links.asking import GraphReading
from cms.links.exporting.exporting import Rows, export
from cms.links.exporting.formats import FORMATS, Format
from cms.links.exporting.selection import (
    MoreColumns,
    PastMoment,
    Selection,
    check_moment,
    check_order,
    read_moment,
    rows_of,
    view_at,
)
from cms.links.exporting.table import Part
from cms.links.graph import Layer
from cms.reading.view import Perspective
from cms.site import Site

T = TypeVar("T")

_PARTS = {each.value: each for each in Part}
_LAYERS = {each.name.lower(): each for each in Layer}


@dataclass(frozen=True, kw_only=True)
class AskedExport:
    """An export as it is asked for.

    Attributes:
        form: the name of the format.
        part: the only table, of formats that have tables.
        locale: the locale; by default the first one of the site.
        as_of: a time in the past.
        position: a position in the past.
        begun: the earlier one of two moments.
        ended: the later one; by default now.
        layers: names of layers; by default that of the content.
        kinds: kinds of links, as they are stored; none for all.
    """

    form: str
    part: str | None = None
    locale: str | None = None
    as_of: str | None = None
    position: str | None = None
    begun: str | None = None
    ended: str | None = None
    layers: Sequence[str] = ()
    kinds: Sequence[str] = ()


@dataclass(frozen=True)
class ReadyExport:
    """An export whose options have been checked.

    Attributes:
        form: the format.
        part: the only table; ``None`` for the whole graph.
        locale: the locale.
        moment: the moment in the past; ``None`` for now.
        selection: the part of the graph.
    """

    form: Format
    part: Part | None
    locale: str
    moment: PastMoment | None
    selection: Selection

    async def rows(self, asking: GraphReading, more: MoreColumns | None = None) -> Rows:
        """Return the rows of the export.

        Args:
            asking: the snapshot, with the view of now.
            more: computes further metrics.

        Raises:
            InvalidExport: if the site has not had a position, drafts are to have a past, or the
                earlier one of two moments is after the later one.
        """
        await self.check(asking)
        asking = replace(asking, view=view_at(asking.view, self.moment))
        return await rows_of(asking, replace(self.selection, more=more))

    async def check(self, asking: GraphReading) -> None:
        """Check the moments.

        Args:
            asking: the snapshot, with the view of now.

        Raises:
            InvalidExport: if the site has not had a position, drafts are to have a past, or the
                earlier one of two moments is after the later one.
        """
        view = asking.view
        is_draft = view.perspective is Perspective.DRAFT or view.preview is not None
        for each in (self.moment, self.selection.compared_to):
            if each is not None and is_draft:
                raise InvalidExport("drafts have no past; leave out the times and positions")
            if each is not None:
                await check_moment(asking, each)
        if self.selection.compared_to is not None:
            await check_order(asking, self.selection.compared_to, self.moment)

    def write(self, rows: Rows) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of the export, given its rows."""
        return export(rows, self.form, self.part)


def ready_export(site: Site, asked: AskedExport) -> ReadyExport:
    """Return an export with its options checked.

    Raises:
        InvalidExport: if one is not valid, or two contradict each other.
        ExtraMissing: if the format needs a library that is not installed.
    """
    form = _named("format", asked.form, FORMATS)
    form.require()
    part = None if asked.part is None else _named("part", asked.part, _PARTS)
    if part is not None and not form.has_parts:
        raise InvalidExport(f"{form.name} has no parts; only csv and parquet have")
    locales = {each: each for each in site.locales}
    return ReadyExport(
        form=form,
        part=part,
        locale=_named("locale", asked.locale or site.default_locale, locales),
        moment=_moment(asked),
        selection=Selection(
            layers=[_named("layer", each, _LAYERS) for each in asked.layers] or [Layer.CONTENT],
            # Not checked: those of the past may not be declared any more.
            kinds=asked.kinds or None,
            compared_to=None if asked.begun is None else read_moment(asked.begun),
        ),
    )


def _moment(asked: AskedExport) -> PastMoment | None:
    given = [each for each in (asked.as_of, asked.position, asked.ended) if each is not None]
    if len(given) > 1:
        raise InvalidExport("give one moment only: a time, a position, or the end of two moments")
    if asked.ended is not None and asked.begun is None:
        raise InvalidExport("give the earlier moment too, or a time or position alone")
    moment = read_moment(given[0]) if given else None
    if moment is not None and asked.as_of is not None and isinstance(moment.at, int):
        raise InvalidExport(f"{asked.as_of} is a position and no time")
    if moment is not None and asked.position is not None and not isinstance(moment.at, int):
        raise InvalidExport(f"{asked.position} is a time and no position")
    return moment


def _named(what: str, name: str, known: Mapping[str, T]) -> T:
    if name not in known:
        raise InvalidExport(f"there is no {what} {name[:40]!r}; use one of {', '.join(known)}")
    return known[name]
