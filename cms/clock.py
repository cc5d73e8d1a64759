"""The clock, the only place that reads the time."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """Return the current time in UTC, to the millisecond.

    Both databases and JavaScript's ``Date`` have this precision, so a time survives every round
    trip unchanged.
    """
    return to_milliseconds(datetime.now(UTC))  # noqa: TID251  # this is that only reader


def parse(text: object) -> datetime | None:
    """Return the time in an ISO 8601 text, in its time zone.

    ``None`` if the text is not a time, has no zone, or is outside the years of UTC, like some
    times of the first and the last day of the calendar.
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
    """Return the day in a text ``YYYY-MM-DD``, or ``None`` for any other text."""
    try:
        is_day = isinstance(text, str) and len(text) == len("YYYY-MM-DD")
        day = date.fromisoformat(text) if is_day and isinstance(text, str) else None
    except ValueError:
        return None
    return day if day is not None and day.isoformat() == text else None


def to_milliseconds(moment: datetime) -> datetime:
    """Return ``moment`` in UTC, truncated to milliseconds.

    A time without a zone is read as UTC.
    """
    in_utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return in_utc.replace(microsecond=in_utc.microsecond // 1000 * 1000)
