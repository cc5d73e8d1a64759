"""The words of a text."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cms.search.tokens import fold, pieces, words_of


@given(st.text())
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    split = list(pieces(text))
    assert "".join(word + gap for _, word, gap in split) == text
    assert [folded for folded, _, _ in split if folded] == words_of(text)


@given(st.text())
def test_a_word_is_found_by_what_it_is_written_like(text: str) -> None:
    for folded, word, _ in pieces(text):
        assert words_of(word) == ([folded] if folded else [])
        assert folded == fold(word)


@given(st.text(st.characters() | st.sampled_from("aB1 -_é\u0301汉字かな½"), max_size=80))
def test_a_word_has_all_letters_numbers_and_marks_beside_it(text: str) -> None:
    split = list(pieces(text))
    for _, word, gap in split:
        assert all(unicodedata.category(char)[0] in "LNM" for char in word)
        assert all(unicodedata.category(char)[0] not in "LNM" for char in gap)
    for (_, word, gap), (_, following, _) in pairwise(split):
        assert gap or len(word) == 1 or len(following) == 1 or not word
