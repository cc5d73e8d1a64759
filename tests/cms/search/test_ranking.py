"""How much what is found is worth."""

from __future__ import annotations

from cms.search.query import (
    SearchQuery,
    Term,
    parse_query,
)
from cms.search.ranking import FULL_RANK, PHRASE_POINTS, lookup_of


def test_what_has_everything_everywhere_has_full_rank() -> None:
    for text in ("one", "one two", '"one two three" four'):
        lookup = lookup_of(parse_query(text))
        words = len(text.replace('"', "").split())
        title = sum(each.title_points for each in lookup.boosts) // words
        total = lookup.points + sum(each.points for each in lookup.boosts) + title
        # One term alone makes no phrase of several.
        most = FULL_RANK if text != "one" else FULL_RANK - PHRASE_POINTS
        assert most - 10 <= total <= most


def test_what_is_excluded_is_worth_nothing() -> None:
    assert lookup_of(parse_query("-one")).boosts == ()
    assert lookup_of(SearchQuery()).points == 0
    (part, *_) = lookup_of(parse_query("one -two")).boosts
    assert part.term == Term(("one",))
