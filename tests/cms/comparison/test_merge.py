"""A merge keeps what both sides did, and asks where they contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.comparison.merge import Merge, merge
from cms.comparison.text_merge import merge_texts
from cms.content.canonical_json import JsonObject
from cms.content.snapshot import Draft, clean_draft, draft_of
from tests.contents import TAGS, content_of, contents, edited, section, texts, value_at
from tests.sites import Article

QUOTE = {"type": "Quote", "text": "To be or not to be", "author": None}
REMARK = {"type": "Remark", "body": "A word of warning.", "colour": None}
PARTS = ("draft", "fields", "parts")
A, B, C, NEW, OTHER = (section(name) for name in ("A", "B", "C", "New", "Other"))


def merged(base: Any, theirs: Any, yours: Any, name: str = "sections") -> tuple[Any, Merge]:
    """Merge three values of one field; return what the draft has, and the merge."""
    found = merge(
        Article, *(content_of(body="Text", **{name: value}) for value in (base, theirs, yours))
    )
    return found.draft.fields[name], found


def outcomes(found: Merge) -> list[tuple[str, str]]:
    return [(each.label, each.outcome) for each in found.fields]


def edit(of: Mapping[str, Any], body: str) -> Mapping[str, Any]:
    return {**of, "body": body}


# --- Texts ---


@pytest.mark.parametrize(
    ("theirs", "yours", "expected"),
    [
        ("a\n\nB\n\nc", "A\n\nb\n\nc", "A\n\nB\n\nc"),
        ("a\n\nb\n\nc\n\nd", "A\n\nb\n\nc", "A\n\nb\n\nc\n\nd"),
        ("b\n\nc", "a\n\nb\n\nc\n\nd", "b\n\nc\n\nd"),
        ("a\n\nnew\n\nb\n\nc", "a\n\nb\n\nC", "a\n\nnew\n\nb\n\nC"),
        ("a\n\nB\n\nc", "a\n\nB\n\nc", "a\n\nB\n\nc"),
        ("a\n\nB\n\nc", "A\n\nB\n\nc", "A\n\nB\n\nc"),
        ("a\n\nB\n\nc", "a\n\nbb\n\nc", None),
        ("a\n\nb\n\nc\n\nd", "a\n\nb\n\nc\n\ne", None),
        ("a\n\nc", "a\n\nB\n\nc", None),
    ],
)
def test_texts_are_merged_line_by_line(theirs: str, yours: str, expected: str | None) -> None:
    base = "a\n\nb\n\nc"
    assert merge_texts(base, theirs, yours) == expected
    assert merge_texts(base, yours, theirs) == expected


@given(texts, texts)
def test_a_text_that_one_side_left_alone_is_the_others(base: str, edited_text: str) -> None:
    assert merge_texts(base, base, edited_text) == edited_text
    assert merge_texts(base, edited_text, base) == edited_text
    assert merge_texts(base, edited_text, edited_text) == edited_text


@given(texts, texts, texts)
def test_texts_are_merged_alike_for_both_sides(base: str, theirs: str, yours: str) -> None:
    assert merge_texts(base, theirs, yours) == merge_texts(base, yours, theirs)


# --- Single values ---


def test_each_value_is_decided_for_itself() -> None:
    base = content_of(slug="s", body="One.\n\nTwo.", rating=1, pages=1, level="EASY")
    theirs = content_of("Theirs", slug="s", body="1.\n\nTwo.", rating=2, pages=2, level="HARD")
    yours = content_of(slug="s", summary="Yours", body="One.\n\n2.", rating=3, pages=2)
    found = merge(Article, base, theirs, yours)
    assert outcomes(found) == [
        ("Title", "THEIRS"),
        ("Summary", "YOURS"),
        ("Body", "BOTH"),
        ("Rating", "CONFLICT"),
        ("Pages", "BOTH"),
        ("Level", "CONFLICT"),
    ]
    assert (found.draft.title, found.draft.summary) == ("Theirs", "Yours")
    assert found.draft.fields["body"] == "1.\n\n2."
    assert found.draft.fields["rating"] == 3
    assert found.draft.fields["level"] is None
    assert found.has_conflicts


def test_an_object_is_merged_by_name() -> None:
    value, found = merged(
        {"name": "A", "year": 1}, {"name": "B", "year": 1}, {"name": "A", "year": 2}, "byline"
    )
    assert value == {"name": "B", "year": 2}
    assert not found.has_conflicts


def test_what_one_side_emptied_and_the_other_edited_is_asked_about() -> None:
    value, found = merged({"name": "A"}, None, {"name": "B"}, "byline")
    assert value == {"name": "B", "year": None}
    assert outcomes(found) == [("Byline", "CONFLICT")]


def test_tags_are_merged_as_a_set() -> None:
    first, second, third = TAGS
    base, theirs, yours = ((first,), (first, second), (third,))
    found = merge(Article, *(content_of(tags=tags) for tags in (base, theirs, yours)))
    assert found.draft.tags == (second, third)
    assert outcomes(found) == [("Tags", "BOTH")]


@pytest.mark.parametrize(
    ("base", "theirs", "yours", "expected"),
    [
        (["Lora"], ["LoRA"], ["Lora", "new"], ("LoRA", "new")),
        (["Lora"], ["LoRA"], ["lora"], ("LoRA",)),
        (["Lora"], ["LoRA"], [], ("LoRA",)),
        ([], ["LoRA"], ["lora"], ("LoRA",)),
    ],
)
def test_a_tag_is_merged_as_one_whatever_its_spelling(
    base: list[str], theirs: list[str], yours: list[str], expected: tuple[str, ...]
) -> None:
    contents = [content_of(tags=tuple(tags)) for tags in (base, theirs, yours)]
    assert merge(Article, *contents).draft.tags == expected
    assert merge(Article, contents[0], contents[2], contents[1]).draft.tags == expected


# --- Lists ---


def test_additions_of_both_sides_are_kept() -> None:
    value, found = merged([A, B], [A, NEW, B], [A, B, OTHER])
    assert value == [A, NEW, B, OTHER]
    assert [(each.path, each.outcome) for each in found.fields] == [
        (("fields", "sections", 1), "THEIRS"),
        (("fields", "sections", 3), "YOURS"),
    ]


def test_additions_at_one_place_come_in_the_same_order_for_both_sides() -> None:
    one, _ = merged([A], [A, NEW], [A, OTHER])
    other, _ = merged([A], [A, OTHER], [A, NEW])
    assert one == other
    assert sorted(item["heading"] for item in one) == ["A", "New", "Other"]


def test_the_same_addition_is_kept_once() -> None:
    value, found = merged([A], [A, NEW], [NEW, A], "sections")
    assert sorted(item["heading"] for item in value) == ["A", "New"]
    assert outcomes(found)[0][1] == "BOTH"


def test_two_additions_with_one_heading_are_merged() -> None:
    value, found = merged([A], [A, edit(NEW, "x")], [A, edit(NEW, "y")])
    assert value == [A, edit(NEW, "y")]
    assert ("Sections \u203a New \u203a Body", "CONFLICT") in outcomes(found)


def test_a_removal_of_what_the_other_side_left_alone_is_a_removal() -> None:
    value, found = merged([A, B, C], [A, C], [edit(A, "Edited"), B, C])
    assert value == [edit(A, "Edited"), C]
    assert [each.outcome for each in found.fields] == ["YOURS", "THEIRS"]


def test_a_removal_of_what_the_other_side_edited_is_asked_about() -> None:
    edited_b = edit(B, "All about b, edited.")
    value, found = merged([A, B], [A], [A, edited_b])
    assert value == [A, edited_b]
    assert [each.outcome for each in found.fields] == ["CONFLICT"]
    value, found = merged([A, B], [A, edited_b], [A])
    assert value == [A]
    assert [(each.theirs, each.merged, each.outcome) for each in found.fields] == [
        (edited_b, None, "CONFLICT")
    ]


def test_an_item_that_both_sides_edited_is_merged() -> None:
    base = edit(A, "One.\n\nTwo.")
    value, found = merged([base, B], [NEW, edit(base, "1.\n\nTwo."), B], [edit(base, "One.\n\n2.")])
    assert value == [NEW, edit(A, "1.\n\n2.")]
    assert not found.has_conflicts
    assert [(each.path, each.outcome) for each in found.fields] == [
        (("fields", "sections", 0), "THEIRS"),
        (("fields", "sections", 1, "body"), "BOTH"),
        (("fields", "sections", 1), "YOURS"),
    ]


def test_one_side_moves_and_the_other_edits() -> None:
    value, found = merged([A, B, C], [C, A, B], [A, edit(B, "Edited"), C])
    assert value == [C, A, edit(B, "Edited")]
    assert outcomes(found) == [("Sections \u203a B", "YOURS"), ("Sections", "THEIRS")]


def test_two_different_orders_are_asked_about() -> None:
    value, found = merged([A, B, C], [C, A, B], [B, A, C])
    assert value == [B, A, C]
    assert outcomes(found) == [("Sections", "CONFLICT")]


def test_links_are_known_by_their_address() -> None:
    value, found = merged(
        ["/a", "/b"], ["/c", "/a", "/b"], [{"href": "/a", "label": "L"}], "related"
    )
    assert [(link["href"], link["label"]) for link in value] == [("/c", ""), ("/a", "L")]
    assert not found.has_conflicts


class TestBlocks:
    """Blocks are merged as sections are, each with those of its own kind."""

    base = content_of(parts=[QUOTE, REMARK])

    def test_edits_of_two_blocks_go_together(self) -> None:
        theirs = content_of(parts=[{**QUOTE, "author": "Ada"}, REMARK])
        yours = content_of(parts=[QUOTE, {**REMARK, "colour": "#123456"}])
        found = merge(Article, self.base, theirs, yours)
        assert not found.has_conflicts
        assert value_at(found.to_json(), ("draft", "fields", "parts", 0, "author")) == "Ada"
        assert value_at(found.to_json(), ("draft", "fields", "parts", 1, "colour")) == "#123456"
        assert [each["type"] for each in value_at(found.to_json(), PARTS)] == ["Quote", "Remark"]

    def test_a_block_that_became_another_kind_is_not_merged_into(self) -> None:
        theirs = content_of(parts=[{**QUOTE, "author": "Ada"}, REMARK])
        yours = content_of(parts=[{"type": "Remark", "body": QUOTE["text"]}, REMARK])
        found = merge(Article, self.base, theirs, yours)
        assert found.has_conflicts

    def test_what_is_computed_is_nobodys_change(self) -> None:
        base = content_of(subtitle="one")
        theirs, yours = content_of(subtitle="one two"), content_of(subtitle="one two three")
        found = merge(Article, base, theirs, yours)
        assert "subtitle_words" not in {each.path[-1] for each in found.fields}


# --- Laws ---


def saved(draft: Draft) -> Draft:
    """Return a draft as it is saved, without what is computed."""
    return clean_draft(Article, draft)[0]


@given(st.data(), contents())
def test_what_only_one_side_changed_is_taken_as_it_is(
    data: st.DataObject, base: JsonObject
) -> None:
    other = data.draw(edited(base))
    for theirs, yours in ((base, other), (other, base), (other, other)):
        assert saved(merge(Article, base, theirs, yours).draft) == saved(draft_of(Article, other))
    assert merge(Article, base, base, base).fields == ()


@given(st.data(), contents())
def test_both_sides_are_proposed_the_same(data: st.DataObject, base: JsonObject) -> None:
    theirs, yours = data.draw(edited(base)), data.draw(edited(base))
    one, other = merge(Article, base, theirs, yours), merge(Article, base, yours, theirs)
    assert one.has_conflicts == other.has_conflicts
    if not one.has_conflicts:
        assert saved(one.draft) == saved(other.draft)


@given(st.data(), contents())
def test_a_proposal_can_be_saved(data: st.DataObject, base: JsonObject) -> None:
    found = merge(Article, base, data.draw(edited(base)), data.draw(edited(base)))
    _, problems = clean_draft(Article, found.draft)
    assert problems == []
    shown = found.to_json()
    assert isinstance(shown["draft"], Mapping)
    assert shown["draft"]["title"] == found.draft.title
    assert shown["hasConflicts"] is found.has_conflicts
