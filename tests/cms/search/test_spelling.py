"""Words that are like what was typed."""

from __future__ import annotations

from cms.search.query import (
    parse_query,
)
from cms.search.spelling import grams, is_suggested, typed_words


def test_words_that_are_like_each_other_have_much_in_common() -> None:
    assert grams("ab") == ["  a", " ab", "ab ", "=ab"]
    assert set(grams("cahce")) & set(grams("cache")) == {"  c", " ca", "=acceh"}
    assert not is_suggested("a", "a")
    assert is_suggested("go", "go")
    assert is_suggested("c#", "csharp")
    assert not is_suggested("42", "42")
    assert not is_suggested("2026", "2026")
    assert not is_suggested("a" + "\u0301" * 100, "aaa")
    assert typed_words(parse_query('a -b "c d" c')) == ["a", "c", "d"]
