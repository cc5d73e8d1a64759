"""The only reader of time."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """Return the present moment in UTC, to the millisecond.

    Milliseconds are what both databases store and what JavaScript's ``Date`` keeps, so a
    time survives every round trip unchanged.
    """
    return to_milliseconds(datetime.now(UTC))  # noqa: TID251  # this is that only reader


def parse(text: object) -> datetime | None:
    """Return the time that a text in ISO 8601 tells, in the zone that it names.

    ``None`` if it tells none, names no zone, or is of a year that UTC does not have, as some of
    the first and the last day of the calendar is.
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
    """Return the day that ``YYYY-MM-DD`` names, or ``None`` for anything else."""
    try:
        is_day = isinstance(text, str) and len(text) == len("YYYY-MM-DD")
        day = date.fromisoformat(text) if is_day and isinstance(text, str) else None
    except ValueError:
        return None
    return day if day is not None and day.isoformat() == text else None


def to_milliseconds(moment: datetime) -> datetime:
    """Return ``moment`` in UTC with everything below a millisecond cut off.

    A time without a zone is taken to be in UTC.
    """
    in_utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return in_utc.replace(microsecond=in_utc.microsecond // 1000 * 1000)
