"""The orders of entries."""

from __future__ import annotations

from typing import Any

from tests.references.thing import Thing


class Descending:
    """A value that sorts the other way round."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: Descending) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and other.value == self.value

    __hash__ = None  # type: ignore[assignment]  # only compared


def newest_first(entry: Thing) -> tuple[Any, ...]:
    """Return what puts entries in their own order."""
    return (Descending(entry.values["publishedAt"]), Descending(entry.values["id"]))


def by_title(entry: Thing) -> tuple[Any, ...]:
    """Return what puts people in their own order."""
    return (entry.values["title_key"], entry.values["id"])


def by_place(category: Thing) -> tuple[Any, ...]:
    """Return what puts categories in their own order."""
    return tuple(category.values[name] for name in ("ordinal", "treePath", "id"))
