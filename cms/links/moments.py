"""Moments of the history of the link graph: a time, a position, or now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import BigInteger, BindParameter, literal, select

from cms.errors import InvalidValue, Refused
from cms.links.asking import GraphReading
from cms.links.loading import position_of
from cms.links.shown_periods import FOREVER, point_of
from cms.reading.positions import PositionToken, has_position
from cms.reading.view import AsOf, Past, Perspective, View
from cms.storage.dialects import Key, Moment

# Now, in positions and in times alike: what is public has no end.
_NOW = FOREVER - 1


@dataclass(frozen=True)
class HistoryMoment:
    """A moment of the history.

    Attributes:
        named: how it is named; ``None`` for now.
        at: the time or the number of the position; ``None`` for now.
    """

    named: AsOf | None = None
    at: datetime | int | None = None

    @property
    def point(self) -> int:
        """The moment as a point of a history that is named alike."""
        return _NOW if self.at is None else point_of(self.at)

    def view(self, view: View) -> View:
        """Return the view of what was public at the moment, in the locales of a view."""
        past = None
        if self.named is AsOf.TIME:
            past = Past(AsOf.TIME, literal(self.at, Moment))
        elif self.named is AsOf.POSITION:
            past = Past(AsOf.POSITION, literal(self.at, BigInteger))
        return replace(view, past=past, perspective=Perspective.PUBLISHED, preview=None)


def moment_of(view: View) -> HistoryMoment:
    """Return the moment that a view shows."""
    if view.past is None or not isinstance(view.past.at, BindParameter):
        return HistoryMoment()
    return HistoryMoment(view.past.named, view.past.at.value)


async def moment_at(
    reading: GraphReading, name: str, time: datetime | None, position: PositionToken | None
) -> HistoryMoment:
    """Return a moment, given its time or its position.

    Args:
        reading: the snapshot.
        name: the name of the argument, for errors.
        time: the time.
        position: the position.

    Raises:
        Refused: if there is not one of them, or the database does not have the position.
    """
    if (time is None) == (position is None):
        message = f"give {name} a time or a position: one of them"
        raise Refused(InvalidValue(message=message, path=(name,)))
    if position is None:
        return HistoryMoment(AsOf.TIME, time)
    token = literal(position.number, BigInteger), literal(position.nonce, Key)
    if not await reading.reading.session.scalar(select(has_position(*token))):
        message = f"this site has no position {position}"
        raise Refused(InvalidValue(message=message, path=(name, "position")))
    return HistoryMoment(AsOf.POSITION, position.number)


def axis_of(first: HistoryMoment, last: HistoryMoment) -> AsOf:
    """Return whether two moments are compared by times or by positions.

    Imports publish at times of the past, so that times and positions have other orders.

    Raises:
        Refused: if one is a time and the other a position, or the first is not before the last.
    """
    names = {each.named for each in (first, last)} - {None}
    if len(names) > 1:
        message = "from and to have to be two times, or two positions"
        raise Refused(InvalidValue(message=message, path=("to",)))
    if first.point > last.point:
        raise Refused(InvalidValue(message="from is after to", path=("from",)))
    return next(iter(names), None) or AsOf.POSITION


async def position_at(reading: GraphReading, moment: HistoryMoment) -> int:
    """Return the number of the position that a moment shows; 0 before the first one."""
    view = moment.view(reading.view)
    return await reading.reading.session.scalar(select(position_of(view))) or 0
