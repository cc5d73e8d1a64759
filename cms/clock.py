"""The clock: the current time, and parsing of times. No other module reads the time."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """Return the current time in UTC, to the millisecond.

    Both databases and JavaScript's ``Date`` store milliseconds, so a time survives every round
    trip unchanged.
    """
    return to_milliseconds(datetime.now(UTC))  # noqa: TID251  # the only place that reads the time


def parse(text: object) -> datetime | None:
    """Return the time of a text in ISO 8601, in its own time zone.

    Returns:
        ``None`` if the text is not a time, has no time zone, or is out of the range of years 1 to
        9999 when converted to UTC.
    """
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is None or moment.tzinfo is None:
            return None
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def parse_day(text: object) -> date | None:
    """Return the date of a text of the form ``YYYY-MM-DD``, or ``None`` for anything else."""
    try:
        is_day = isinstance(text, str) and len(text) == len("YYYY-MM-DD")
        day = date.fromisoformat(text) if is_day and isinstance(text, str) else None
    except ValueError:
        return None
    return day if day is not None and day.isoformat() == text else None


def to_milliseconds(moment: datetime) -> datetime:
    """Return ``moment`` in UTC, truncated to the millisecond.

    A time without a time zone is taken as UTC.
    """
    in_utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return in_utc.replace(microsecond=in_utc.microsecond // 1000 * 1000)
