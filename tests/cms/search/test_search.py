"""What is searched of a revision, and what a search box asks for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.snapshot import Draft, clean_draft, take_snapshot
from cms.search.document import (
    EVERY_DOCUMENT,
    MOST_WORDS,
    NO_WORD,
    SearchableText,
    folded_and_word,
    searchable_text_of,
)
from cms.search.query import (
    LONGEST_QUERY,
    MOST_TERMS,
    MOST_WORDS_OF_TERM,
    SearchQuery,
    Term,
    parse_query,
)
from cms.search.ranking import FULL_RANK, PHRASE_POINTS, lookup_of
from cms.search.spelling import grams, is_suggested, typed_words
from cms.search.tokens import LONGEST_WORD, fold, pieces, words_of
from tests.searching import SEARCHES
from tests.sites import Article

# What means something to one of the databases, or to the index.
SYNTAX = {*" '\"\\:*&|!()<>^{}+-\0", NO_WORD, EVERY_DOCUMENT}


def clauses(text: str) -> list[list[str]]:
    """Return what a text asks for, each term in one string."""
    return [[shown(term) for term in clause] for clause in parse_query(text).clauses]


def shown(term: Term) -> str:
    return f"{'-' * term.is_excluded}{' '.join(term.words)}{'*' * term.is_prefix}"


def document(title: str = "T", summary: str = "", **fields: Any) -> SearchableText:
    draft, problems = clean_draft(Article, Draft(title=title, summary=summary, fields=fields))
    assert problems == []
    snapshot = take_snapshot(Article, "en", draft, {})
    return searchable_text_of(Article, snapshot.content, snapshot.rendered)


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
        ('-"b c" "d e"*', [["-b c"], ["d e*"]]),
        ('"never ends', [["never ends"]]),
        ('one"two three"four', [["one"], ["two three"], ["four"]]),
        ("“curly quotes” „unten“", [["curly quotes"], ["unten"]]),
        ("--x - y", [["-x"], ["y"]]),
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


def test_a_document_has_all_that_a_reader_reads() -> None:
    found = document(
        title="KV Cache",
        summary="Keys & values",
        body="# Top\n\nSome **bold** [words](https://example.org).",
        sections=[{"heading": "A part", "body": "of it"}],
        subtitle="Sub",
        aliases=["one", "zwei"],
        byline={"name": "Somebody", "year": 1999},
        steps=[{"title": "Do", "see": [{"href": "https://x.example", "label": "L", "note": "N"}]}],
        level="HARD",
        sources=["https://example.org/source"],
    )
    assert found.words == {
        "title": "kv cache",
        "summary": "keys values",
        "body": "top some bold words · a part · of it · sub · one · zwei · somebody · do · l · n ¶",
    }
    assert found.title_words == 2
    assert found.shown["summary"] == [["Keys", " &amp; ", "keys"], ["values", ""]]


def test_an_empty_document_is_found_by_the_word_of_all() -> None:
    empty = document(title="")
    assert empty.words == {"title": "", "summary": "", "body": EVERY_DOCUMENT}
    assert empty.title_words == 1


def test_what_is_shown_can_stand_in_html() -> None:
    (lead, *_) = document(title='<script>alert("x")</script>').shown["title"]
    assert lead == ["", "&lt;"]
    assert folded_and_word(lead) == ("", "")
    assert folded_and_word(["Wort", " ", "wort"]) == ("wort", "Wort")
    assert folded_and_word(["wort"]) == ("wort", "wort")


def test_a_document_is_no_larger_than_an_index_takes() -> None:
    long = document(body="word " * 30_000, summary="word")
    body = long.words["body"].split(" ")
    assert body.count("word") == 254  # and one in the summary
    assert body.count(NO_WORD) == MOST_WORDS["body"] - 254
    wide = document(body=" ".join(f"{number:x}" + "é" * 60 for number in range(3_000)))
    assert len(wide.words["body"].encode()) < 600_000


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


def test_words_that_are_like_each_other_have_much_in_common() -> None:
    assert grams("ab") == ["  a", " ab", "ab ", "=ab"]
    assert set(grams("cahce")) & set(grams("cache")) == {"  c", " ca", "=acceh"}
    assert not is_suggested("ab", "ab")
    assert not is_suggested("2026", "2026")
    assert not is_suggested("a" + "\u0301" * 100, "aaa")
    assert typed_words(parse_query('a -b "c d" c')) == ["a", "c", "d"]
