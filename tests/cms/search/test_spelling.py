"""Words that are like what was typed."""

from __future__ import annotations

from cms.search.query import (
    parse_query,
)
from cms.search.spelling import grams, grams_to_find, is_counted, typed_words


def test_words_that_are_like_each_other_have_much_in_common() -> None:
    assert grams("ab") == ["  a", " ab", "ab ", "=ab"]
    assert set(grams("cahce")) & set(grams("cache")) == {"  c", " ca", "=acceh"}
    assert not is_counted("a", "a")
    assert is_counted("go", "go")
    assert is_counted("c#", "csharp")
    assert is_counted("2026", "2026")
    assert not is_counted("a" + "\u0301" * 100, "aaa")
    assert grams_to_find("go") == grams("go")
    assert grams_to_find("2026") == []
    assert typed_words(parse_query('a -b "c d" c')) == ["a", "c", "d"]
