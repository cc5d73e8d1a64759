"""Commands on many entries: one transaction, and an outcome for each entry.

A command on one entry is the same command with a single item. It loads what it decides on for all
items at once, decides for each in Python, and writes with one statement a table.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

from cms.errors import InvalidValue, Refused, UserError
from cms.work.arguments import check_texts

# Whether entries are all refused when one is, or each by itself.
Mode: TypeAlias = Literal["all", "each"]

# The most entries of one command.
MOST_ENTRIES = 1_000


class Addressed(Protocol):
    """An item of a command: what to do with one edition.

    Attributes:
        entry_id: the entry.
        locale: the edition; ``None`` for the site's default locale.
    """

    @property
    def entry_id(self) -> str:
        """The entry."""

    @property
    def locale(self) -> str | None:
        """The edition; ``None`` for the site's default locale."""


class Noted(Protocol):
    """An item of a command with a note of its own.

    Attributes:
        note: the note.
    """

    @property
    def note(self) -> str:
        """The note."""


T = TypeVar("T")
Remark = TypeVar("Remark", bound=Noted)
Item = TypeVar("Item", bound=Addressed)
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """The answer to one item of a command.

    Attributes:
        entry_id: the entry; ``None`` for one that was not created.
        locale: the locale of the edition.
        result: what was done; ``None`` if it was refused.
        errors: all reasons why it was refused; their paths begin in the item.
    """

    entry_id: str | None
    locale: str
    result: R | None = None
    errors: Sequence[UserError] = ()


class NoneDone(Refused):
    """A command on many entries was refused as a whole, because some of them were.

    The paths of its errors begin with ``entries`` and the index of the item.

    Attributes:
        outcomes: the answers to the items, in their order.
    """

    def __init__(self, outcomes: Sequence[Outcome[object]]) -> None:
        super().__init__(
            *(
                replace(error, path=("entries", index, *error.path))
                for index, outcome in enumerate(outcomes)
                for error in outcome.errors
            )
        )
        self.outcomes = outcomes


class Decisions(Generic[T]):
    """The items of a command, each open until it is refused.

    Args:
        items: the items.
        mode: whether all are refused when one is.
        places: the entry and locale of each item; no entry if it is to be created.

    Attributes:
        items: the items.
        mode: whether all are refused when one is.
    """

    def __init__(
        self, items: Sequence[T], mode: Mode, places: Sequence[tuple[str | None, str]]
    ) -> None:
        self.items = items
        self.mode = mode
        self._places = places
        self._errors: dict[int, list[UserError]] = {}

    def open(self) -> dict[int, T]:
        """Return the items that are not refused, by index."""
        return {index: item for index, item in enumerate(self.items) if index not in self._errors}

    def refuse(self, index: int, *errors: UserError) -> None:
        """Refuse an item, if there are errors."""
        if errors:
            self._errors.setdefault(index, []).extend(errors)

    def decide(self, values: Mapping[int, A], function: Callable[[int, A], B]) -> dict[int, B]:
        """Return what a function returns for the value of each item that is open.

        The items for which it raises :class:`~cms.errors.Refused` are refused.
        """
        decided: dict[int, B] = {}
        for index, value in values.items():
            if index in self._errors:
                continue
            try:
                decided[index] = function(index, value)
            except Refused as refused:
                self.refuse(index, *refused.errors)
        return decided

    def still(self, values: Mapping[int, A]) -> dict[int, A]:
        """Return the values of the items that are still open."""
        return {index: each for index, each in values.items() if index not in self._errors}

    def errors(self) -> Sequence[UserError]:
        """Return why items are refused; the paths begin with ``entries`` and the index."""
        return NoneDone(self.outcomes({})).errors

    def settle(self) -> None:
        """End the decisions: nothing is refused from here on.

        Raises:
            NoneDone: if an item is refused, and all are to be refused then.
        """
        if self._errors and self.mode == "all":
            raise NoneDone(self.outcomes({}))

    def outcomes(self, results: Mapping[int, R]) -> list[Outcome[R]]:
        """Return the answers to all items, in their order.

        Args:
            results: what was done, by the index of the item.
        """
        return [
            Outcome(*place, results.get(index), tuple(self._errors.get(index, ())))
            for index, place in enumerate(self._places)
        ]


class Batch(Decisions[Item]):
    """The items of a command on editions that there are, each open until it is refused.

    Args:
        items: the items.
        mode: whether all are refused when one is.
        default_locale: the locale of items without one.

    Attributes:
        keys: the entry and locale of each item.
    """

    def __init__(self, items: Sequence[Item], mode: Mode, default_locale: str) -> None:
        self.keys = [(each.entry_id, each.locale or default_locale) for each in items]
        super().__init__(items, mode, self.keys)


def refused_in(result: object) -> list[Outcome[Any]]:
    """Return the outcomes of items that were refused, if the result of a command has outcomes."""
    outcomes = result if isinstance(result, list) else []
    return [each for each in outcomes if isinstance(each, Outcome) and each.errors]


async def alone(done: Awaitable[Sequence[Outcome[R]]]) -> R:
    """Return the result of a command with a single item.

    Raises:
        Refused: with the errors of the item.
    """
    try:
        (outcome,) = await done
    except NoneDone as refused:
        raise Refused(*refused.outcomes[0].errors) from None
    if outcome.result is None:
        raise Refused(*outcome.errors)
    return outcome.result


def check_number(items: Sequence[object]) -> None:
    """Check that a command has not too many items.

    Raises:
        Refused: with the limit.
    """
    if len(items) > MOST_ENTRIES:
        message = (
            f"there are {len(items):,} entries, and {MOST_ENTRIES:,} is the limit; "
            "divide them into several requests"
        )
        raise Refused(InvalidValue(message=message, path=("entries",)))


def check_items(items: Sequence[Addressed], default_locale: str) -> None:
    """Check that a command has not too many items, and no edition twice.

    Raises:
        Refused: with all reasons.
    """
    check_number(items)
    check_once(items, default_locale)


def check_once(items: Sequence[Addressed], default_locale: str) -> None:
    """Check that a command has no edition twice.

    Raises:
        Refused: with all reasons.
    """
    keys = [(each.entry_id, each.locale or default_locale) for each in items]
    errors = [
        InvalidValue(
            message=f"{keys[index][0]} is there twice in {keys[index][1]!r}; name it once",
            path=("entries", index),
        )
        for index in _repeated(keys)
    ]
    if errors:
        raise Refused(*errors)


def check_notes(batch: Decisions[Remark]) -> None:
    """Refuse items with a note that cannot be stored, or is too long."""
    batch.decide(batch.open(), lambda _, item: check_texts({"note": item.note}))


def _repeated(keys: Iterable[tuple[str, str]]) -> list[int]:
    """Return the indexes of the keys that came before."""
    seen: set[tuple[str, str]] = set()
    repeated: list[int] = []
    for index, key in enumerate(keys):
        if key in seen:
            repeated.append(index)
        seen.add(key)
    return repeated


async def in_turn(values: Iterable[A], function: Callable[[A], B]) -> list[B]:
    """Return what a slow function returns for each value; other requests run in between."""
    found: list[B] = []
    for value in values:
        if found:
            await asyncio.sleep(0)
        found.append(function(value))
    return found


def grouped(pairs: Iterable[Any]) -> Mapping[Any, list[Any]]:
    """Return the second values of pairs by the first ones; none for any other."""
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for key, each in pairs:
        found[key].append(each)
    return found
