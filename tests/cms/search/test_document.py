"""What is searched of a revision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.content.snapshot import Draft, clean_draft, take_snapshot
from cms.search.document import (
    EVERY_DOCUMENT,
    LIMITS,
    NO_WORD,
    SearchableText,
    folded_and_word,
    searchable_body,
    searchable_summary,
    searchable_title,
)
from tests.sites import Article


def document(title: str = "T", summary: str = "", **fields: Any) -> Mapping[str, SearchableText]:
    draft, problems = clean_draft(Article, Draft(title=title, summary=summary, fields=fields))
    assert problems == []
    snapshot = take_snapshot(Article, "en", draft, {})
    return {
        "title": searchable_title(snapshot.content),
        "summary": searchable_summary(snapshot.content),
        "body": searchable_body(Article, snapshot.derived.rendered),
    }


def words(found: Mapping[str, SearchableText]) -> Mapping[str, str]:
    return {name: each.words for name, each in found.items()}


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
    assert words(found) == {
        "title": "kv cache",
        "summary": "keys values",
        "body": "top some bold words · a part · of it · sub · one · zwei · somebody · do · l · n ¶",
    }
    assert found["title"].word_count == 2
    assert found["summary"].shown == [["Keys", " &amp; ", "keys"], ["values", ""]]


def test_an_empty_document_is_found_by_the_word_of_all() -> None:
    empty = document(title="")
    assert words(empty) == {"title": "", "summary": "", "body": EVERY_DOCUMENT}
    assert empty["title"].word_count == 1


def test_what_is_shown_can_stand_in_html() -> None:
    (lead, *_) = document(title='<script>alert("x")</script>')["title"].shown
    assert lead == ["", "&lt;"]
    assert folded_and_word(lead) == ("", "")
    assert folded_and_word(["Wort", " ", "wort"]) == ("wort", "Wort")
    assert folded_and_word(["wort"]) == ("wort", "wort")


def test_a_document_is_no_larger_than_an_index_takes() -> None:
    most = LIMITS["body"]
    long = document(body="word " * 30_000, summary="word")["body"].words.split(" ")
    assert long.count("word") == most.places
    assert long.count(NO_WORD) == most.words - most.places
    texts = [" ".join(f"{part}{number:x}" + "ж" * 60 for number in range(3_000)) for part in "xy"]
    wide = document(body=texts[0], sections=[{"heading": "Part", "body": texts[1]}])["body"]
    assert most.size - 200 < len(wide.words.replace(" ", "").encode()) < most.size + 10


def test_the_limits_of_a_document_are_those_of_an_index() -> None:
    assert sum(each.places for each in LIMITS.values()) <= 255  # PostgreSQL's
    assert sum(each.size for each in LIMITS.values()) <= 500_000  # half of its
