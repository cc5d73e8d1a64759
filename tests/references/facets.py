"""Facets, histograms and sums of what a connection holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import rfc8785
from graphql import GraphQLError

from graphql_api.planner.arguments import ANSWER_ONLY
from tests.references.thing import Thing, Zoned


def fields(things: Sequence[Thing]) -> dict[str, Any]:
    """Return the fields of a connection that sum up all that it holds."""
    return {
        "facets": lambda **args: _facets(things, **args),
        "histogram": lambda **args: _histogram(things, **args),
        "aggregate": lambda: _aggregate(things),
    }


def _facets(
    things: Sequence[Thing], fields: Sequence[Any], first: int | None = None
) -> list[Thing]:
    size = 20 if first is None else first
    if not 0 <= size <= 100:
        raise GraphQLError("out of range")
    found = []
    for field in {each.name: each for each in fields}.values():
        counts = Counter(value for each in things for value in set(_values(each, field.name)))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        found += [
            Thing("FacetCount", {"field": field.name, "value": value, "count": count})
            for value, count in ranked[:size]
        ]
    return found


def _values(thing: Thing, name: str) -> Iterable[str]:
    match name:
        case "category":
            category = _seen(thing, name)
            return [category.values["treePath"]] if category is not None else []
        case "tags":
            return [tag.values["slug"] for tag in _seen(thing, name)]
        case "author":
            author = _seen(thing, "@author")
            return [author.values["slug"]] if author is not None else []
        case "reviewers":
            return [person.values["slug"] for person in _seen(thing, "@reviewers")]
        case "parent":
            parent = _seen(thing, name)
            return [parent.values["treePath"]] if parent is not None else []
        case "sourceType" | "targetType":
            entry = _seen(thing, name.removesuffix("Type"))
            return [entry.typename] if entry is not None else []
    value = _seen(thing, name)
    if name in {"kind", "locale", "origin", "status"}:
        return ["UNKNOWN" if value is ANSWER_ONLY else value.upper().replace("-", "_")]
    values = value if isinstance(value, list) else [value]
    return [_text(each) for each in values if each is not None]


def _text(value: Any) -> str:
    if isinstance(value, Thing):
        return str(value.values["id"])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return rfc8785.dumps(float(value)).decode()
    return value if isinstance(value, str) else json.dumps(value)


def _histogram(things: Sequence[Thing], field: Any, by: Any) -> list[Thing]:
    length = by.value if hasattr(by, "value") else by
    moments = (_seen(each, field.name) for each in things)
    counts = Counter(_day(moment)[:length] for moment in moments if moment is not None)
    return [
        Thing("HistogramBucket", {"start": start, "count": count})
        for start, count in sorted(counts.items())
    ]


def _day(moment: Any) -> str:
    if isinstance(moment, Zoned):
        return datetime.fromisoformat(moment).astimezone(UTC).isoformat()
    return moment if isinstance(moment, str) else str(moment.isoformat())


def _aggregate(things: Sequence[Thing]) -> Thing:
    functions: dict[str, Callable[[list[float]], float]] = {
        "min": min,
        "max": max,
        "sum": sum,
        "avg": lambda values: sum(values) / len(values),
    }
    return Thing("", {name: Thing("", _Numbers(things, of)) for name, of in functions.items()})


class _Numbers(dict[str, Any]):
    """The values of whichever field is asked for."""

    def __init__(self, things: Sequence[Thing], of: Callable[[list[float]], float]) -> None:
        super().__init__()
        self._things, self._of = things, of

    def get(self, name: str, default: Any = None) -> Any:
        found = (_seen(each, name) for each in self._things)
        values = [each for each in found if each is not None]
        return self._of(values) if values else default


def _seen(thing: Thing, name: str) -> Any:
    value = thing.values[name]
    return value() if callable(value) else value
