"""The values of a front matter, and what the fields that take them make of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cms.content.canonical_json import Json
from cms.content.fields import (
    Boolean,
    Date,
    DateTime,
    Decimal,
    Field,
    List,
    Number,
    Object,
)
from cms.content.fields import (
    Json as JsonField,
)
from cms.errors import SiteError
from cms.importing.front_matter import FrontMatter, Plain, Written, typed

_TRUE = frozenset({"true", "yes", "on", "y"})
_FALSE = frozenset({"false", "no", "off", "n"})
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:[Tt]|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(Z|z|UTC|[+-]\d{1,2}(?::?\d{2})?)?"
)
# The first and the last year, which stand for no date.
_NO_DATE = re.compile(r"(0000|0001|9999)-")


def zone_of(name: str) -> tzinfo:
    """Return a time zone; UTC for an empty name.

    Raises:
        SiteError: if there is no such zone.
    """
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        raise SiteError(
            f"time_zone: there is no time zone {name!r}; use a name such as Europe/Paris"
        ) from None


def moment_of(text: str, zone: tzinfo) -> datetime | None:
    """Return the time of a text; without a zone, in that of the site. ``None`` if it is no time.

    A day is its midnight. The first and the last year are none, since in another zone it can be
    the year before or after, and some generators write the first one for no date.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(each or 0) for each in match.groups()[:6])
    if not MINYEAR < year < MAXYEAR:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_offset(match[7], zone))
    except ValueError:
        return None


def is_true(value: Written | None) -> bool:
    """Return whether a value is a spelling of true, with or without quotes."""
    return isinstance(value, str) and value.strip().casefold() in _TRUE


def is_false(value: Written | None) -> bool:
    """Return whether a value is a spelling of false, with or without quotes."""
    return isinstance(value, str) and value.strip().casefold() in _FALSE


def is_same_value(written: Written | None, declared: Json) -> bool:
    """Return whether a value is that of a mapping: of booleans, each spelling is the same."""
    if isinstance(declared, list):
        return any(is_same_value(written, each) for each in declared)
    if not isinstance(written, str) or isinstance(declared, Mapping):
        return False
    if isinstance(declared, bool):
        return is_true(written) if declared else is_false(written)
    return written.strip().casefold() == str(declared or "").casefold()


def field_value(field: Field | None, written: Written | None, zone: tzinfo) -> Json:
    """Return a value as a field takes it; what it cannot take stays as written.

    A text takes what the file says, letter for letter.
    """
    if written is None or (isinstance(written, Plain) and written.is_null):
        return None
    match field:
        case List():
            items = written if isinstance(written, list) else [written]
            return [field_value(field.item, each, zone) for each in items]
        case Object() if isinstance(written, dict):
            return {
                name: field_value(field.fields.get(name), each, zone)
                for name, each in written.items()
            }
        case JsonField():
            return typed(written)
        case _ if isinstance(written, str):
            return _scalar_value(field, written, zone)
        case _:
            return typed(written)


def _scalar_value(field: Field | None, written: str, zone: tzinfo) -> Json:
    match field:
        case Boolean():
            return True if is_true(written) else False if is_false(written) else str(written)
        case Decimal():
            return written.strip()
        case Number():
            value = typed(Plain(written.strip()))
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return value if is_number and ":" not in written else str(written)
        case Date():
            moment = moment_of(written, zone)
            return moment.date().isoformat() if moment is not None else str(written)
        case DateTime():
            moment = moment_of(written, zone)
            return moment.isoformat() if moment is not None else str(written)
        case _:
            return str(written)


def _offset(text: str | None, zone: tzinfo) -> tzinfo:
    if text is None:
        return zone
    if text in {"Z", "z", "UTC"}:
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:-2] or 0), int(digits[-2:])
    if len(digits) <= 2:  # noqa: PLR2004  # hours only
        hours, minutes = int(digits), 0
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


class PageValues:
    """The front matter of a file, by keys without regard to case; ``a.b`` is a key within ``a``.

    Args:
        source: the file.
        replacements: for some keys, the replacements of some values.
        defaults: values of keys that the file does not have.

    Attributes:
        source: the file.
        written: its values, with the defaults, by their keys as they are written.
    """

    def __init__(
        self,
        source: FrontMatter,
        replacements: Mapping[str, Mapping[str, str]],
        defaults: Mapping[str, Written] | None = None,
    ) -> None:
        self.source = source
        self.written = {**(defaults or {}), **source.written}
        self._spellings = {key.casefold(): key for key in reversed(list(self.written))}
        self._instead = {
            key.casefold(): {old.strip().casefold(): new for old, new in words.items()}
            for key, words in replacements.items()
        }

    def spelling(self, key: str) -> str:
        """Return a key as it is written in the file."""
        return self._spellings.get(key.casefold(), key)

    def has(self, key: str) -> bool:
        """Return whether the file has a key, even without a value."""
        return key.casefold() in self._spellings

    def value(self, key: str) -> Written | None:
        """Return the value of a key, or its replacement in the mapping; ``None`` for null."""
        value = self._value_at(key) if key else None
        if isinstance(value, list):
            return [self._replacement(key, each) for each in value]
        if value is None or (isinstance(value, Plain) and value.is_null):
            return None
        return self._replacement(key, value)

    def text(self, key: str) -> str:
        """Return the text of a key; empty if there is none.

        Raises:
            ContentFileError: if it is not a text.
        """
        value = self.value(key)
        if isinstance(value, dict | list):
            reason = f"{self.spelling(key)} must be text, not {typed(value)!r}"
            raise self.source.fault(self.spelling(key), reason)
        return (value or "").strip()

    def day(self, key: str) -> date | None:
        """Return the day of a key, in a date or a time.

        Raises:
            ContentFileError: if it is neither.
        """
        text = self.text(key)
        moment = moment_of(text, UTC)
        if text and moment is None:
            reason = f"{self.spelling(key)}: {text!r} is not a date such as 2026-01-31"
            raise self.source.fault(self.spelling(key), reason)
        return moment.date() if moment is not None else None

    def moment(self, keys: Iterable[str], zone: tzinfo) -> datetime | None:
        """Return the first time under some keys; ``None`` if there is none."""
        values = (self.value(key) for key in keys)
        moments = (moment_of(each, zone) for each in values if isinstance(each, str))
        return next((each for each in moments if each is not None), None)

    def unread_moments(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield those of some keys whose values are no times, with these values."""
        for key in keys:
            value = self.value(key)
            text = value if isinstance(value, str) else str(typed(value) if value else "")
            if text.strip() and moment_of(text, UTC) is None and not _NO_DATE.match(text.strip()):
                yield key, text

    def texts(self, key: str) -> Sequence[str]:
        """Return the texts of a key, one or a list, without empty ones.

        Raises:
            ContentFileError: if one is not a text.
        """
        return list(self._texts(key, self._items(key)))

    def names(self, key: str) -> Sequence[str]:
        """Return the names of a key: texts, or the ``name`` of mappings as in ``{name: Ada}``.

        Raises:
            ContentFileError: if one is neither.
        """
        items = self._items(key)
        named = [each.get("name", each) if isinstance(each, dict) else each for each in items]
        return list(self._texts(key, named))

    def _value_at(self, key: str) -> Written | None:
        whole = self.written.get(self.spelling(key))
        if whole is not None or "." not in key:
            return whole
        first, _, rest = key.partition(".")
        inner = self._value_at(first)
        for name in rest.split("."):
            inner = inner.get(name) if isinstance(inner, dict) else None
        return inner

    def _items(self, key: str) -> Sequence[Written | None]:
        value = self.value(key)
        return value if isinstance(value, list) else [value]

    def _texts(self, key: str, values: Sequence[Written | None]) -> Iterator[str]:
        for each in values:
            if isinstance(each, dict | list):
                reason = f"{self.spelling(key)} must contain only texts, not {typed(each)!r}"
                raise self.source.fault(self.spelling(key), reason)
            if each is not None and each.strip() and not (isinstance(each, Plain) and each.is_null):
                yield str(each).strip()

    def _replacement(self, key: str, value: Written) -> Written:
        instead = self._instead.get(key.casefold(), {})
        return instead.get(value.strip().casefold(), value) if isinstance(value, str) else value
