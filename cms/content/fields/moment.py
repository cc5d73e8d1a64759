"""Points in time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cms import clock
from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, expected_instead
from cms.errors import InvalidValue

# How far from UTC PostgreSQL knows zones; none on earth ever was.
_FARTHEST = dt.timedelta(hours=16)


@dataclass(eq=False, kw_only=True)
class DateTime(Scalar):
    """A point in time, with the zone in which it was written: ``2026-11-24T18:00:00.000+01:00``.

    It is stored to the millisecond. Two that tell the same moment in different zones are equal
    when they are compared, and each is shown as it was written.
    """

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check that it is a time with a zone."""
        if value is None:
            return None
        moment = _moment(value)
        if moment is None:
            message = expected_instead(
                "a time with a zone, such as 2026-11-24T18:00:00+01:00", value
            )
            problems.append(InvalidValue(message=message, path=path))
            return None
        text = moment.isoformat(timespec="milliseconds")
        return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _moment(value: Json) -> dt.datetime | None:
    """Return the time that a text tells, or ``None``; also where no zone is so far from UTC."""
    moment = clock.parse(value)
    offset = moment.utcoffset() if moment is not None else None
    if offset is None or offset % dt.timedelta(minutes=1) or abs(offset) >= _FARTHEST:
        return None
    return moment
