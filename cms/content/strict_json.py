"""Strict parsing of JSON, for signed data.

A text that two parsers could read differently is refused: one with duplicate keys, or with numbers
out of the range of doubles.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NoReturn

from cms.content.canonical_json import Json, JsonObject

_LARGEST_INTEGER = 2**53 - 1


def read_json(text: str | bytes) -> Json:
    """Return the value of a JSON text.

    Raises:
        ValueError: if it is not JSON, has a key twice in one object, or is nested too deeply.
    """
    try:
        value: Json = json.loads(
            text, object_pairs_hook=_unique, parse_int=_number, parse_constant=_refuse
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def check_unique_keys(text: bytes, value: Json) -> None:
    """Check that no object in a JSON text has a duplicate key.

    Args:
        text: the text.
        value: what a parser made of it that keeps one of several equal keys.

    Raises:
        ValueError: if one has, or the text is nested too deeply.
    """
    # Parsing it again takes longer than answering a short request.
    if b"\\\\" not in text and _count_strings(text) == _count_kept_strings(value):
        return
    try:
        _UNIQUE_KEYS.decode(text.decode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _count_strings(text: bytes) -> float:
    """Return the number of strings in a JSON text without escaped backslashes."""
    return (text.count(b'"') - text.count(b'\\"')) / 2


def _count_kept_strings(value: Json) -> int:
    """Return the number of strings in a value, the keys of objects included."""
    count, values = 0, [value]
    for each in values:  # it grows
        match each:
            case str():
                count += 1
            case dict():
                count += len(each)
                values += each.values()
            case list():
                values += each
    return count


def in_doubles(value: Json) -> Json:
    """Return a value with each integer beyond 2**53 replaced by the nearest double.

    A database returns a large float as an integer, which is the same number in JSON.

    Raises:
        ValueError: if an integer is out of the range of doubles.
    """
    match value:
        case bool() | str() | float() | None:
            return value
        case int():
            return _number(value)
        case Mapping():
            return {key: in_doubles(each) for key, each in value.items()}
        case Sequence():
            return [in_doubles(each) for each in value]


def _unique(pairs: Sequence[tuple[str, Json]]) -> JsonObject:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("it has an object with a repeated key")
    return read


# Made once, since that takes as long as a short text.
_UNIQUE_KEYS = json.JSONDecoder(object_pairs_hook=_unique, parse_int=str, parse_float=str)


def _number(number: str | int) -> int | float:
    value = int(number)
    if abs(value) <= _LARGEST_INTEGER:
        return value
    try:
        return float(value)
    except OverflowError:
        raise ValueError("it has a number that is too large") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"it has {name}, which is not JSON")
