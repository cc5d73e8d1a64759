"""What a search box asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.search.document import (
    EVERY_DOCUMENT,
    NO_WORD,
)
from cms.search.query import (
    LONGEST_QUERY,
    MOST_TERMS,
    MOST_WORDS_OF_TERM,
    Term,
    parse_query,
)
from cms.search.tokens import LONGEST_WORD
from tests.searching import SEARCHES

# What means something to one of the databases, or to the index.
SYNTAX = {*" '\"\\:*&|!()<>^{}+-\0", NO_WORD, EVERY_DOCUMENT}


def clauses(text: str) -> list[list[str]]:
    """Return what a text asks for, each term in one string."""
    return [[shown(term) for term in clause] for clause in parse_query(text).clauses]


def shown(term: Term) -> str:
    return f"{'-' * term.is_excluded}{' '.join(term.words)}{'*' * term.is_prefix}"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (
            'kv cache -gpu "exact phrase" quant*',
            [["kv"], ["cache"], ["-gpu"], ["exact phrase"], ["quant*"]],
        ),
        ("gpu OR tpu memory", [["gpu", "tpu"], ["memory"]]),
        ("a OR b OR -c", [["a", "b", "-c"]]),
        ("this or that", [["this"], ["or"], ["that"]]),
        ("OR a OR", [["a"]]),
        ("kv-cache foo-ba*", [["kv cache"], ["foo ba*"]]),
        ('-"b c" "d ef"*', [["-b c"], ["d ef*"]]),
        ('"never ends', [["never ends"]]),
        ('one"two three"four', [["one"], ["two three"], ["four"]]),
        ("“curly quotes” „unten“", [["curly quotes"], ["unten"]]),
        ("--x - y", [["x"], ["y"]]),
        ("run --no-cache -cache ---x", [["run"], ["no cache"], ["-cache"], ["x"]]),
        ('--"no cache" «en coulisses»', [["no cache"], ["en coulisses"]]),
        ("v1.2.3-beta 1.2* 1.23*", [["v 1 2 3 beta"], ["1 2"], ["1 23*"]]),
        ("a* kv-c* 学* 1* -b* ab*", [["kv"], ["学"], ["ab*"]]),
        ("V10* x-v1* -v1*", [["v 10*", "v10*"], ["x v 1", "x v1*"], ["-v 1"], ["-v1*"]]),
        ('"a v12"* av1* v100* v1', [["a v 12*", "a v12*"], ["av1*"], ["v100*"], ["v 1"]]),
        ("C++ -C# .NET node.js", [["cplusplus"], ["-csharp"], ["net"], ["node js"]]),
        (
            "jane@example.com /usr/local key:value",
            [["jane example com"], ["usr local"], ["key value"]],
        ),
        ("so\u00adft\u200b ❤\ufe0f don’t l'œuvre", [["soft"], ["don t"], ["l oeuvre"]]),
        ("Übergrößen ÀÉ ﬁn", [["ubergrossen"], ["ae"], ["fin"]]),
        ("机器学习", [["机 器 学 习"]]),
        ("NEAR(a b)", [["near a"], ["b"]]),
        ("-gpu", [["-gpu"]]),
        ("a\0b", [["a b"]]),
        ('* \\ : "" -* 🦊 ¶ ·', []),
        ("", []),
    ],
)
def test_a_search_box_takes_what_people_type(text: str, asked: list[list[str]]) -> None:
    assert clauses(text) == asked


def test_what_goes_past_the_limits_is_not_looked_at() -> None:
    many = parse_query(" ".join(f"w{number}" for number in range(MOST_TERMS + 5)))
    assert len(many.clauses) == MOST_TERMS
    ((long,),) = parse_query(f'"{"w " * (MOST_WORDS_OF_TERM + 5)}"').clauses
    assert len(long.words) == MOST_WORDS_OF_TERM
    ((word,),) = parse_query("x" * 10_000).clauses
    assert len(word.words[0]) == LONGEST_WORD
    assert clauses(" " * LONGEST_QUERY + "late") == []


@given(st.text() | st.sampled_from(SEARCHES))
def test_nothing_that_is_typed_is_wrong_or_becomes_syntax(text: str) -> None:
    query = parse_query(text)
    assert len([term for clause in query.clauses for term in clause]) <= MOST_TERMS
    for clause in query.clauses:
        assert clause
        for term in clause:
            assert all(term.words)
            assert not set("".join(term.words)) & SYNTAX
