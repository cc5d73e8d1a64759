"""Differences between two graphs are those of their pages, one by one."""

from __future__ import annotations

from hypothesis import given

from cms.links.graph import LinkGraph
from cms.links.graph_changes import PageState, changes_between
from cms.links.summary import measure
from tests.link_graphs import link_graphs


@given(link_graphs(), link_graphs())
def test_the_differences_of_two_graphs_are_those_of_their_pages(
    before: LinkGraph, after: LinkGraph
) -> None:
    old, new = states(before), states(after)
    found = changes_between(measure(before), measure(after))
    assert {each.entry_id: (each.before, each.after) for each in found.pages} == {
        each: (old.get(each), new.get(each))
        for each in old.keys() | new.keys()
        if old.get(each) != new.get(each)
    }
    moves = [abs(degree(each.after) - degree(each.before)) for each in found.pages]
    assert moves == sorted(moves, reverse=True)
    orphans, were = ({each for each in of if of[each].is_orphan} for of in (new, old))
    assert set(found.orphans_made) == orphans - were
    assert set(found.orphans_cured) == (were - orphans) & new.keys()
    reached, was = ({each for each in of if of[each].click_depth is not None} for of in (new, old))
    assert set(found.cut_off) == (was - reached) & new.keys()


def degree(state: PageState | None) -> int:
    return 0 if state is None else state.in_degree


def states(graph: LinkGraph) -> dict[str, PageState]:
    """Return the state of each page by its id, from what all metrics say."""
    measured = measure(graph)
    metrics = measured.metrics
    columns = (metrics.in_degree, metrics.click_depth, metrics.is_orphan)
    rows = zip(measured.pages.ids, *(each.tolist() for each in columns), strict=True)
    return {
        page: PageState(in_degree, None if depth < 0 else depth, is_orphan)
        for page, in_degree, depth, is_orphan in rows
    }
