"""The part of the link graph that an export has: views, layers, kinds and metrics."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from sqlalchemy import BigInteger, literal, select

from cms import clock
from cms.errors import InvalidExport
from cms.links.asking import GraphReading
from cms.links.exporting.exporting import OneView, Rows, TwoMoments
from cms.links.exporting.rows import NodeColumn, ViewRows, columns_of
from cms.links.exporting.table import Period
from cms.links.graph import Indexes, Layer
from cms.links.loading import position_of
from cms.links.metrics import PageGraph, metrics_of
from cms.reading.positions import has_position, newest_position, parse_position
from cms.reading.view import AsOf, Past, Perspective, View
from cms.storage.dialects import Key, Moment, as_text

_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_DATE, _INTEGER = "date", "integer"


@dataclass(frozen=True)
class PastMoment:
    """A moment in the past: a time, or a position.

    Attributes:
        at: the time, or the number of the position.
        nonce: the nonce of the position; empty if it was not given.
    """

    at: datetime | int
    nonce: str = ""

    def past(self) -> Past:
        """Return the moment as views have it."""
        if isinstance(self.at, int):
            return Past(AsOf.POSITION, literal(self.at, BigInteger()))
        return Past(AsOf.TIME, literal(self.at, Moment()))


def read_moment(text: str) -> PastMoment:
    """Return the moment that a text names.

    Args:
        text: a time with its zone, a day (its start in UTC), the number of a position, or a
            position as the API writes it.

    Raises:
        InvalidExport: if it is none of these.
    """
    if _NUMBER.fullmatch(text):
        return PastMoment(int(text))
    token = parse_position(text)
    if token is not None:
        return PastMoment(token.number, token.nonce)
    day = clock.parse_day(text)
    moment = clock.parse(text) if day is None else datetime.combine(day, time(), UTC)
    if moment is None:
        raise InvalidExport(
            f"{text[:40]!r} is no moment; write a time such as 2026-03-01T12:00:00Z, a day such as "
            "2026-03-01, or a position such as 22"
        )
    return PastMoment(clock.to_milliseconds(moment))


# Computes further columns of the nodes; the second argument is called after each of them.
MoreColumns = Callable[[PageGraph], Sequence[NodeColumn]]


@dataclass(frozen=True)
class Selection:
    """The part of the graph that is exported.

    Attributes:
        layers: the layers.
        kinds: the kinds of links, as they are stored; ``None`` for all.
        compared_to: the earlier moment, to export the changes from it to the view; ``None`` to
            export the view alone.
        more: computes metrics beside those that the API has.
    """

    layers: Collection[Layer] = (Layer.CONTENT,)
    kinds: Collection[str] | None = None
    compared_to: PastMoment | None = None
    more: MoreColumns | None = None


async def rows_of(asking: GraphReading, selection: Selection) -> Rows:
    """Return the rows of an export, which are read from the same snapshot.

    Args:
        asking: the snapshot and the view.
        selection: the part of the graph.

    Raises:
        InvalidExport: if changes of drafts are asked for.
    """
    after, position = await _view_rows(asking, selection)
    facts: dict[str, str | int] = {
        "site": asking.reading.site.name,
        "locale": asking.view.locales[0],
        "perspective": asking.view.perspective.value,
        "position": position,
    }
    if selection.compared_to is None:
        return OneView(after, facts)
    if asking.view.perspective is Perspective.DRAFT or asking.view.preview is not None:
        raise InvalidExport("drafts have no past; compare two moments of what was public")
    earlier = replace(asking, view=replace(asking.view, past=selection.compared_to.past()))
    before, begun = await _view_rows(earlier, selection)
    period = _period(selection.compared_to, asking.view.past, begun, position)
    return TwoMoments(before, after, period, {**facts, "compared_to_position": begun})


async def check_moment(asking: GraphReading, moment: PastMoment) -> None:
    """Check that the site has had a position.

    Raises:
        InvalidExport: if it has not.
    """
    if not isinstance(moment.at, int):
        return
    number, nonce = literal(moment.at, BigInteger()), literal(moment.nonce, Key)
    known = has_position(number, nonce) if moment.nonce else number <= newest_position()
    if not await asking.reading.session.scalar(select(known)):
        raise InvalidExport(f"the site has no position {moment.at}; use one that it has had")


async def check_order(asking: GraphReading, begun: PastMoment, ended: PastMoment | None) -> None:
    """Check that the earlier one of two moments is not after the later one; ``None`` for now.

    Raises:
        InvalidExport: if it is.
    """
    before, after = (position_of(view_at(asking.view, each)) for each in (begun, ended))
    later = clock.now() if ended is None else ended.at
    match begun.at, later:
        case datetime() as earlier_time, datetime() as later_time:
            is_after = earlier_time > later_time
        case _:
            is_after = bool(await asking.reading.session.scalar(select(before > after)))
    if is_after:
        raise InvalidExport("the earlier moment is after the later one; exchange the two")


async def _view_rows(asking: GraphReading, selection: Selection) -> tuple[ViewRows, int]:
    graph, pages, community = await asking.communities(selection.layers, selection.kinds)
    columns = await asking.graphs.run(_columns, pages, community, selection.more)
    reading = asking.reading
    # Those that there are, since what is asked for can be any text.
    kinds = None if selection.kinds is None else {*selection.kinds} & {*graph.kind_names}
    rows = ViewRows(reading.session, reading.site, asking.view, graph, pages, columns, kinds)
    return rows, graph.position


def _columns(pages: PageGraph, community: Indexes, more: MoreColumns | None) -> list[NodeColumn]:
    own = columns_of(pages, metrics_of(pages, community))
    return [*own, *more(pages)] if more is not None else own


def _period(begun: PastMoment, ended: Past | None, first: int, last: int) -> Period:
    """Return the two moments: as times if both are, else as positions."""
    later = getattr(ended.at, "value", None) if ended is not None else clock.now()
    if isinstance(begun.at, datetime) and isinstance(later, datetime):
        return Period(as_text(begun.at), as_text(later), _DATE)
    return Period(str(first), str(last), _INTEGER)


def view_at(view: View, moment: PastMoment | None) -> View:
    """Return a view as of a moment in the past; ``None`` for now."""
    return view if moment is None else replace(view, past=moment.past())
