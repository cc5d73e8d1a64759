"""Pages of lists that Python answers: their arguments, and the cursors of their items."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from cms import clock
from cms.errors import InvalidValue, Refused
from cms.storage.dialects import as_text
from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.declaring.fields import Argument
from graphql_api.schema.declaring.json_parts import part

_Read: TypeAlias = Callable[[Any], Any]

CURSOR = part("str", "cursor", "Cursor of the item, for the argument `after`.")


def page_arguments(items: str) -> tuple[Argument, ...]:
    """Return the arguments of a list that is read page by page."""
    return (
        Argument(
            "first",
            "int | None",
            f"Number of {items} to return: at most {LARGEST_SIZE}, which is the default.",
        ),
        Argument(
            "after", "str | None", f"Cursor of one of the {items}, after which the page begins."
        ),
    )


def size_of(inputs: Mapping[str, Any]) -> int:
    """Return the size of the page that a client asks for.

    Raises:
        Refused: if a page cannot have it.
    """
    first = inputs.get("first")
    if first is None:
        return LARGEST_SIZE
    if not 0 <= first <= LARGEST_SIZE:
        message = f"first is {first}; a page has at most {LARGEST_SIZE} items"
        raise Refused(InvalidValue(message=message, path=("first",)))
    return int(first)


def cursor_at(place: Sequence[object]) -> str:
    """Return the cursor of an item."""
    plain = [as_text(each) if isinstance(each, datetime) else each for each in place]
    return json.dumps(plain, separators=(",", ":")).encode().hex()


def place_after(inputs: Mapping[str, Any], *forms: Sequence[_Read]) -> Any:
    """Return the place after which the page of a client begins; ``None`` for the beginning.

    Args:
        inputs: the arguments of the client.
        forms: the functions that read the values of a place; of several, the first that can.

    Raises:
        Refused: if the cursor is not one of the list.
    """
    cursor = inputs.get("after")
    if cursor is None:
        return None
    for form in forms:
        try:
            values = json.loads(bytes.fromhex(cursor))
            return tuple(read(value) for read, value in zip(form, values, strict=True))
        except (ValueError, TypeError, RecursionError):
            continue
    message = "this is not a cursor of the list; use one of its items"
    raise Refused(InvalidValue(message=message, path=("after",)))


def moment(value: Any) -> datetime:
    """Return a moment in a cursor.

    Raises:
        ValueError: if it is none.
    """
    found = clock.parse(key(value))
    if found is None:
        raise ValueError(value)
    return found


def maybe_moment(value: Any) -> datetime | None:
    """Return a moment or null in a cursor.

    Raises:
        ValueError: if it is neither.
    """
    return None if value is None else moment(value)


def key(value: Any) -> str:
    """Return an id in a cursor.

    Raises:
        TypeError: if it is none.
    """
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def number(value: Any) -> int:
    """Return a number in a cursor.

    Raises:
        ValueError: if it is none that a database can hold.
    """
    if type(value) is not int or abs(value) >= 2**63:
        raise ValueError(value)
    return value
