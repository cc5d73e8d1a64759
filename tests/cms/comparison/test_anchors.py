"""A comment stays with the words that it is about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.comparison.anchors import Anchor, AnchoredTexts, TextRange, anchor_in, text_at
from cms.content.canonical_json import JsonObject
from cms.errors import InvalidValue, Refused
from tests.contents import content_of, contents, section

BODY = (
    "Dropout switches off units at random while a network is trained. "
    "It keeps the units from relying on each other.\n\n"
    "At test time nothing is switched off, and the weights are scaled instead. "
    "Most libraries scale them during training."
)
QUOTE = "the weights are scaled"


def anchored(content: JsonObject, quote: str, field_path: str = "fields/body") -> Anchor:
    """Return an anchor for the first place at which the words stand."""
    start = (text_at(content, field_path) or "").index(quote)
    return anchor_in(content, field_path, start, start + len(quote))


def find_anchor(content: JsonObject, anchor: Anchor) -> TextRange | None:
    return AnchoredTexts(content).find(anchor)


def followed(
    old: JsonObject, new: JsonObject, quote: str, field_path: str = "fields/body"
) -> tuple[str, str] | None:
    """Return where the words went, and what stands there now."""
    found = find_anchor(new, anchored(old, quote, field_path))
    if found is None:
        return None
    text = text_at(new, found.field_path)
    assert text is not None
    return found.field_path, text[found.start : found.end]


def after_edit(*replacements: tuple[str, str], quote: str = QUOTE) -> str | None:
    """Return what stands where the words stood, after some edits of the text."""
    edited_body = BODY
    for old, new in replacements:
        assert old in edited_body
        edited_body = edited_body.replace(old, new)
    found = followed(content_of(body=BODY), content_of(body=edited_body), quote)
    return found[1] if found is not None else None


def test_an_anchor_knows_its_words_and_those_around_it() -> None:
    anchor = anchored(content_of(body=BODY), QUOTE)
    assert anchor.quote == QUOTE
    assert BODY.startswith(anchor.before + QUOTE + anchor.after)
    assert anchor.after == " instead. Most libraries scale them during training."
    assert anchor.occurrences == 1
    assert anchored(content_of(body="x" * 999 + BODY), "Dropout").before == "x" * 200


@pytest.mark.parametrize(
    ("field_path", "start", "end", "words"),
    [
        ("fields/subtitle", 0, 1, "there is no text at 'fields/subtitle'"),
        ("fields/sections/1/body", 0, 1, "there is no text"),
        ("fields/sections/x/body", 0, 1, "there is no text"),
        ("fields/body/0", 0, 1, "there is no text"),
        ("fields", 0, 1, "there is no text"),
        ("links/0/url", 0, 1, "there is no text"),
        ("summary", 0, 1, "there is no text"),
        ("title", 0, 8, "characters 0 to 8 are outside the text at 'title', which has 7"),
        ("title", 2, 2, "are outside"),
        ("title", -1, 2, "are outside"),
    ],
)
def test_an_anchor_needs_text(field_path: str, start: int, end: int, words: str) -> None:
    content = content_of(body="[x](/x)", sections=[section("A")])
    with pytest.raises(Refused, match=words) as refusal:
        anchor_in(content, field_path, start, end)
    assert isinstance(refusal.value.errors[0], InvalidValue)


@pytest.mark.parametrize(
    ("replacements", "expected"),
    [
        ([], QUOTE),
        ([("Dropout switches", "As a rule, dropout switches")], QUOTE),
        ([("At test time", "Much later,\n\nat test time")], QUOTE),
        ([(" instead", "")], QUOTE),
        ([("off, and ", "off; "), (" instead.", " in turn.")], QUOTE),
        ([("the weights are scaled", "all the weights are scaled")], QUOTE),
        ([("weights are", "weights of the layer are")], "the weights of the layer are scaled"),
        ([("weights are scaled", "weight is scaled")], "the weight is scaled"),
        ([("the weights are scaled", "our weights are scaled")], "our weights are scaled"),
        ([("the weights are scaled", "the weights are halved")], "the weights are halved"),
        ([("and the weights are scaled instead", "and that is all")], None),
        ([(BODY, "Something else altogether.")], None),
    ],
)
def test_words_are_followed_through_edits(
    replacements: list[tuple[str, str]], expected: str | None
) -> None:
    assert after_edit(*replacements) == expected


def test_a_short_word_is_not_mistaken_for_another() -> None:
    assert after_edit(("the units from", "it from"), quote="the units") is None
    assert after_edit(("Dropout ", "So dropout "), quote="units at") == "units at"


def test_of_the_same_words_those_in_the_same_company_are_found() -> None:
    old = content_of(body="First we scale it. Then we test it. Last we scale it again.")
    new = content_of(body="Last we scale it again. Then we test it.")
    anchor = anchor_in(old, "fields/body", 44, 49)
    assert anchor.quote == "scale"
    assert find_anchor(new, anchor) == TextRange(field_path="fields/body", start=8, end=13)


def test_of_the_same_words_in_no_company_the_nearest_are_found() -> None:
    content = content_of(body="\n".join(["the same words here"] * 9))
    anchor = anchor_in(content, "fields/body", 80, 99)
    found = find_anchor(content, anchor)
    assert found == TextRange(field_path="fields/body", start=80, end=99)


def test_words_are_followed_when_their_section_moves() -> None:
    about, other = section("What it does", BODY), section("Why", "It keeps the units apart.")
    old = content_of(sections=[about, other])
    new = content_of(sections=[section("New", "Nothing to see."), other, about])
    path = "fields/sections/0/body"
    assert followed(old, new, QUOTE, path) == ("fields/sections/2/body", QUOTE)
    assert followed(old, new, "What it does", "fields/sections/0/heading") == (
        "fields/sections/2/heading",
        "What it does",
    )
    edited_body = BODY.replace("weights are scaled", "weights are all scaled")
    new = content_of(sections=[other, section("What it does", edited_body)])
    assert followed(old, new, QUOTE, path) == (
        "fields/sections/1/body",
        "the weights are all scaled",
    )


def test_words_stay_where_they_were_edited_though_another_section_has_the_old_ones() -> None:
    old = content_of(sections=[section("A", BODY), section("B", BODY)])
    edited_body = BODY.replace("weights are scaled", "weights are all scaled")
    new = content_of(sections=[section("A", edited_body), section("B", BODY)])
    assert followed(old, new, QUOTE, "fields/sections/0/body") == (
        "fields/sections/0/body",
        "the weights are all scaled",
    )


def test_words_are_found_in_another_field() -> None:
    old = content_of(body=BODY)
    assert followed(old, content_of(body="x", sections=[section("A", BODY)]), QUOTE) == (
        "fields/sections/0/body",
        QUOTE,
    )


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Drop-out", "Drop-out"),
        ("Dropouts", "Dropouts"),
        ("On Dropout today", "Dropout"),
        ("Regularisation", None),
    ],
)
def test_a_whole_title_is_followed(title: str, expected: str | None) -> None:
    new = content_of(title, body="Dropout is a word of the body too.")
    found = followed(content_of("Dropout"), new, "Dropout", "title")
    assert found == (("title", expected) if expected else None)


def test_a_section_that_is_gone_leaves_an_orphan() -> None:
    old = content_of(sections=[section("A", BODY), section("B")])
    new = content_of(sections=[section("B")])
    assert followed(old, new, QUOTE, "fields/sections/0/body") is None
    assert followed(old, new, "A", "fields/sections/0/heading") is None


@given(st.data(), contents())
def test_an_anchor_is_found_at_its_own_place(data: st.DataObject, content: JsonObject) -> None:
    values: Any = content["fields"]
    paths = [
        "title",
        "fields/body",
        *(f"fields/aliases/{n}" for n in range(len(values["aliases"]))),
    ]
    path = data.draw(st.sampled_from([path for path in paths if text_at(content, path)]))
    length = len(text_at(content, path) or "")
    start = data.draw(st.integers(0, length - 1))
    end = data.draw(st.integers(start + 1, length))
    found = find_anchor(content, anchor_in(content, path, start, end))
    assert found == TextRange(field_path=path, start=start, end=end)


@given(st.text(min_size=1), st.text(max_size=300), st.data())
def test_what_is_found_is_inside_the_text(old: str, new: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(old) - 1))
    end = data.draw(st.integers(start + 1, len(old)))
    anchor = anchor_in({"title": old}, "title", start, end)
    found = find_anchor({"title": new}, anchor)
    assert found is None or 0 <= found.start < found.end <= len(new)
