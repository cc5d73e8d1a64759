"""The link graph as it would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cms.content.canonical_json import Json
from cms.errors import InvalidValue, Refused
from cms.links.as_if import NamedLink
from cms.links.asking import GraphReading
from cms.links.graph import LinkGraph
from cms.links.graph_changes import GraphChanges, PageChange, PageState, changes_between
from cms.links.summary import MeasuredGraph, measure, measure_pages
from cms.links.what_if import WhatIf, assume
from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.link_answers.graph import summary_json
from graphql_api.schema.link_answers.inputs import choice_of, number_of
from graphql_api.schema.management.link_what_if import MOST_ASSUMED


async def link_what_if(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the link graph as it is, and as it would be."""
    first, choice = number_of(inputs, "first", LARGEST_SIZE), choice_of(inputs)
    assumed = await assume(reading, _what_if(inputs))
    _, pages, community = await reading.graphs.communities(assumed.before, *choice)

    def compare() -> tuple[MeasuredGraph, MeasuredGraph, GraphChanges]:
        before = measure_pages(pages, community)
        after = measure(assumed.after.only(*choice))
        return before, after, changes_between(before, after)

    before, after, changes = await reading.graphs.run(compare)
    return {
        "position": assumed.before.position,
        "before": _figures(assumed.before, before),
        "after": _figures(assumed.before, after),
        "changeCount": len(changes.pages),
        "changes": [_change(each) for each in changes.pages[:first]],
        "brokenCount": len(assumed.broken),
        "broken": [asdict(each) for each in assumed.broken[:first]],
        "orphansMade": _pages(changes.orphans_made, first),
        "orphansCured": _pages(changes.orphans_cured, first),
        "cutOff": _pages(changes.cut_off, first),
    }


def _what_if(inputs: Mapping[str, Any]) -> WhatIf:
    """Return what a client assumes."""
    given: dict[str, Sequence[Any]] = {
        name: inputs.get(name) or () for name in ("publish", "unpublish", "addLinks")
    }
    for name, items in given.items():
        if len(items) > MOST_ASSUMED:
            message = f"{name} has {len(items)} items; it can have at most {MOST_ASSUMED}"
            raise Refused(InvalidValue(message=message, path=(name,)))
    links = [NamedLink(**each) for each in given["addLinks"]]
    return WhatIf(given["publish"], given["unpublish"], links)


def _figures(graph: LinkGraph, measured: MeasuredGraph) -> Json:
    return summary_json(graph.position, asdict(measured.summary))


def _change(change: PageChange) -> Json:
    states = {"before": change.before, "after": change.after}
    return {
        "entry": change.entry_id,
        **{name: _state(state) for name, state in states.items() if state is not None},
    }


def _state(state: PageState) -> Json:
    depth = state.click_depth
    return {
        "inDegree": state.in_degree,
        **({"clickDepth": depth} if depth is not None else {}),
        "isOrphan": state.is_orphan,
    }


def _pages(entry_ids: Sequence[str], first: int) -> Json:
    return {"totalCount": len(entry_ids), "entries": list(entry_ids[:first])}
