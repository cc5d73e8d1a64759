"""Groups of pages by a label, and the key terms of their titles."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cms.links.clusters import clusters
from cms.links.key_terms import key_terms

PAGES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=20)


@given(PAGES)
def test_each_page_is_in_the_group_of_its_label(pages: list[tuple[int, int]]) -> None:
    labels, linked = (np.array([each[at] for each in pages], dtype=np.int32) for at in (0, 1))
    found = clusters(labels, linked)
    assert sorted(node for group in found for node in group.tolist()) == list(range(len(pages)))
    assert len(found) == len({label for label, _ in pages})
    assert [len(group) for group in found] == sorted(map(len, found), reverse=True)
    for group in found:
        assert len({int(labels[node]) for node in group}) == 1
        assert [int(linked[node]) for node in group] == sorted(
            (int(linked[node]) for node in group), reverse=True
        )


def test_key_terms_are_words_that_other_groups_lack() -> None:
    found = key_terms(
        [
            ["Washer drain pump", "Washer drain hose", "How to clean a Washer"],
            ["Fridge does not cool", "How to clean a fridge", "Fridge seal"],
            ["How to clean an oven", "Oven door"],
        ],
        2,
    )
    assert found == [["Washer", "drain"], ["Fridge", "cool"], ["Oven", "door"]]


def test_a_word_counts_once_in_a_title_and_is_written_as_most_titles_have_it() -> None:
    found = key_terms([["pump pump pump", "Valve", "Valve", "valve"], ["other"]], 2)
    assert found == [["Valve", "pump"], ["other"]]


def test_titles_without_words_have_no_key_terms() -> None:
    assert key_terms([[], ["a", "of"], ["!"]], 3) == [[], [], []]
    assert key_terms([], 3) == []
