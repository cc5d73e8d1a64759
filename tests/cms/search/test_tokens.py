"""The words of a text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cms.search.tokens import fold, pieces, words_of


@given(st.text())
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    split = list(pieces(text))
    assert "".join(piece.word + piece.gap for piece in split) == text
    assert [piece.folded for piece in split if piece.folded] == words_of(text)


@given(st.text())
def test_a_word_is_found_by_what_it_is_written_like(text: str) -> None:
    for piece in pieces(text):
        assert words_of(piece.word) == ([piece.folded] if piece.folded else [])
        assert piece.folded == fold(piece.word)
