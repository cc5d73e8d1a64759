"""What is searched of a revision."""

from __future__ import annotations

from typing import Any

from cms.content.snapshot import Draft, clean_draft, take_snapshot
from cms.search.document import (
    EVERY_DOCUMENT,
    MOST_WORDS,
    NO_WORD,
    SearchableText,
    folded_and_word,
    searchable_text_of,
)
from tests.sites import Article


def document(title: str = "T", summary: str = "", **fields: Any) -> SearchableText:
    draft, problems = clean_draft(Article, Draft(title=title, summary=summary, fields=fields))
    assert problems == []
    snapshot = take_snapshot(Article, "en", draft, {})
    return searchable_text_of(Article, snapshot.content, snapshot.derived.rendered)


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
