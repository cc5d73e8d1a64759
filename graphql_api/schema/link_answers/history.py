"""The history of the graph: differences, moves, series and periods."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cms.content.canonical_json import Json, JsonObject
from cms.errors import InvalidValue, Refused
from cms.links.asking import GraphReading
from cms.links.changes import LinkCause
from cms.links.comparing import ChangedLink, ChangedPage, PageThen, link_graph_diff
from cms.links.graph import Layer
from cms.links.metric_moves import link_metric_moves as metric_moves
from cms.links.moments import HistoryMoment, moment_at, moment_of
from cms.links.page_values import PageMetric
from cms.links.periods import LinkEnds, LinkPeriod, LinkPeriods
from cms.links.periods import link_blame as blame
from cms.links.periods import link_periods as periods
from cms.links.series import SeriesMetric, SeriesQuestion, Step
from cms.links.series import link_series as series
from cms.storage.dialects import as_text
from graphql_api.schema.declaring.places import size_of
from graphql_api.schema.link_answers.inputs import choice_of

_DIRECTIONS = {True: "ADDED", False: "REMOVED"}
# No list is as long.
_MOST_SKIPPED = 10_000_000


async def link_diff(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the difference between two moments."""
    found = await link_graph_diff(
        reading,
        await _moments(reading, inputs),
        *_choice(inputs),
        first=size_of(inputs),
        skip=_skip(inputs),
    )
    return {
        "position": found.position,
        "addedPages": found.pages_added,
        "removedPages": found.pages_removed,
        "addedLinks": found.links_added,
        "removedLinks": found.links_removed,
        "pages": [_page_change(each) for each in found.pages],
        "links": [_link_change(each) for each in found.links],
    }


async def link_metric_moves(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the pages whose metric moved most."""
    found = await metric_moves(
        reading,
        PageMetric[inputs["metric"]],
        await _moments(reading, inputs),
        *choice_of(inputs),
        size_of(inputs),
    )
    return {
        "position": found.position,
        "moves": [
            {"entry": each.entry_id, "before": each.before, "after": each.after}
            for each in found.moves
        ],
    }


async def link_series(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return a metric over time."""
    layers, kinds = _choice(inputs)
    found = await series(
        reading,
        SeriesQuestion(
            of=inputs.get("of"),
            metric=SeriesMetric[inputs["metric"]],
            first=inputs["from"],
            last=inputs.get("to") or reading.reading.now,
            step=Step[inputs["by"]],
            layers=layers,
            kinds=kinds,
        ),
    )
    return {
        "position": found.position,
        "points": [
            _without_nulls({"begins": as_text(each.begins), "metric": each.value})
            for each in found.points
        ],
    }


async def link_periods(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return when links were there."""
    found = await periods(reading, _ends(inputs), first=size_of(inputs), skip=_skip(inputs))
    return _periods(found)


async def link_blame(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return when links were there, with the revisions that brought and took them."""
    found = await blame(reading, _ends(inputs), first=size_of(inputs), skip=_skip(inputs))
    return _periods(found)


async def _moments(
    reading: GraphReading, inputs: Mapping[str, Any]
) -> tuple[HistoryMoment, HistoryMoment]:
    first = await _moment(reading, "from", inputs["from"])
    given = inputs.get("to")
    last = moment_of(reading.view) if given is None else await _moment(reading, "to", given)
    return first, last


async def _moment(reading: GraphReading, name: str, given: Mapping[str, Any]) -> HistoryMoment:
    return await moment_at(reading, name, given.get("asOf"), given.get("position"))


def _choice(inputs: Mapping[str, Any]) -> tuple[Collection[Layer], Collection[str] | None]:
    """Return the layers and kinds that a client asks for, without the taxonomy."""
    layers, kinds = choice_of(inputs)
    if Layer.TAXONOMY in layers:
        message = "the history of links is that of the content and the navigation"
        raise Refused(InvalidValue(message=message, path=("layers",)))
    return layers, kinds


def _skip(inputs: Mapping[str, Any]) -> int:
    skip = inputs.get("skip") or 0
    if not 0 <= skip <= _MOST_SKIPPED:
        message = f"skip is {skip}; it can be from 0 to {_MOST_SKIPPED}"
        raise Refused(InvalidValue(message=message, path=("skip",)))
    return int(skip)


def _ends(inputs: Mapping[str, Any]) -> LinkEnds:
    to = inputs["to"]
    return LinkEnds(inputs["source"], to.get("entry"), to.get("url"), inputs.get("kinds"))


def _page_change(change: ChangedPage) -> Json:
    return {
        "change": _DIRECTIONS[change.is_added],
        "page": _page(change.page),
        "cause": _cause(change.cause),
    }


def _link_change(change: ChangedLink) -> Json:
    return _without_nulls(
        {
            "change": _DIRECTIONS[change.is_added],
            "source": _page(change.source),
            "target": None if change.target is None else _page(change.target),
            "url": change.url,
            "kind": change.kind,
            "layer": change.layer.name.lower(),
            "count": change.count,
            "cause": _cause(change.cause),
        }
    )


def _page(page: PageThen) -> Json:
    return _without_nulls({"id": page.id, "title": page.title, "path": page.path})


def _cause(cause: LinkCause) -> Json:
    return {
        "kind": cause.kind.name,
        "at": as_text(cause.at),
        "position": cause.position,
        "publication": cause.publication_id,
    }


def _periods(found: LinkPeriods) -> Json:
    return {
        "position": found.position,
        "totalCount": found.total,
        "periods": [_period(each) for each in found.periods],
    }


def _period(period: LinkPeriod) -> Json:
    return _without_nulls(
        {
            "begun": _cause(period.begun),
            "ended": None if period.ended is None else _cause(period.ended),
            "broughtBy": period.brought_by,
            "takenBy": period.taken_by,
        }
    )


def _without_nulls(values: Mapping[str, Any]) -> JsonObject:
    return {key: value for key, value in values.items() if value is not None}
