"""A comment stays on its words through any edits, and is an orphan when they are deleted."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cms.comparison.anchors import AnchoredTexts, TextRange, anchor_in
from cms.content.canonical_json import JsonObject
from tests.cms.comparison.edited_texts import (
    SHAPES,
    Edited,
    after_edits,
    commented,
    delete_words,
)
from tests.contents import content_of, section
from tests.depth import IS_DEEP

_EXAMPLES = 2_000 if IS_DEEP else 40
# A number from which the edits are drawn by lot; a smaller one is not a simpler example.
_LOTS = st.integers(0, 2**40).map(random.Random)


def found(old: JsonObject, new: JsonObject, text: Edited) -> TextRange | None:
    """Return where the words of a comment are found."""
    return AnchoredTexts(new).find(anchor_in(old, "fields/body", *text.span))


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=_EXAMPLES)
@given(lot=_LOTS)
def test_a_comment_is_found_where_its_words_are(shape: str, lot: random.Random) -> None:
    old = commented(lot, shape)
    new = after_edits(lot, old, lot.randint(1, 4))
    if new.count(old.words) > 1:  # an edit has written the same words elsewhere
        return
    start, end = new.span
    expected = TextRange(field_path="fields/body", start=start, end=end)
    assert found(content_of(body=old.text), content_of(body=new.text), old) == expected


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=_EXAMPLES)
@given(lot=_LOTS)
def test_a_comment_on_deleted_words_is_an_orphan(shape: str, lot: random.Random) -> None:
    old = commented(lot, shape)
    new = after_edits(lot, delete_words(lot, old), lot.randint(0, 3))
    if new.count(old.words):  # an edit has written the same words again
        return
    assert found(content_of(body=old.text), content_of(body=new.text), old) is None


def located(old: str, new: str, quote: str, line: str) -> str | None:
    """Return the line in which a quote of a line is found, with the quote in brackets."""
    start = old.index(line) + line.index(quote)
    content = content_of(body=old, sections=[section("A", "Nothing alike.")])
    anchor = anchor_in(content, "fields/body", start, start + len(quote))
    place = AnchoredTexts(content_of(body=new)).find(anchor)
    if place is None:
        return None
    marked = f"{new[: place.start]}[{new[place.start : place.end]}]{new[place.end :]}"
    return next(each for each in marked.splitlines() if "[" in each)


_TABLE = """| Card | Memory |
|---|---|
| RTX 3090 | 24 GB |
| RTX 4070 | 12 GB |
| RTX 4090 | 24 GB |
| RTX 4080 | 16 GB |"""


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        # Swapped with the row below, which has "2 GB" inside "12 GB".
        (
            {"3090 | 24": "own", "4070 | 12": "3090 | 24", "own": "4070 | 12"},
            "| RTX 3090 | [24 GB] |",
        ),
        ({"| RTX 3090 | 24 GB |\n": ""}, None),
        ({"| RTX 4090 | 24 GB |\n": ""}, "| RTX 3090 | [24 GB] |"),
        ({"RTX 3090": "Titan"}, "| Titan | [24 GB] |"),
        ({"RTX 3090": "RTX 4095"}, "| RTX 4095 | [24 GB] |"),
        ({"3090 | 24": "3090 | 32"}, "| RTX 3090 | [32 GB] |"),
        ({"3090 | 24 GB": "3090 | unknown"}, None),
    ],
)
def test_of_two_rows_with_the_same_words_the_own_one_is_found(
    edits: dict[str, str], expected: str | None
) -> None:
    new = _TABLE
    for before, after in edits.items():
        new = new.replace(before, after)
    assert located(_TABLE, new, "24 GB", "| RTX 3090 | 24 GB |") == expected


_SHEETS = "\n".join(
    f"## {card}\n- Memory: 24 GB\n- Power: {power} W\n"
    for card, power in (("RTX 3090", 350), ("RTX 4090", 450), ("A5000", 230))
)


@pytest.mark.parametrize("card", ["RTX 3090", "RTX 4090", "A5000"])
def test_of_the_same_lines_that_under_the_same_heading_is_found(card: str) -> None:
    sheets = _SHEETS.split("\n\n")
    own = next(each for each in sheets if card in each)
    others = [each for each in sheets if each != own]
    start = _SHEETS.index("24 GB", _SHEETS.index(card))
    anchor = anchor_in(content_of(body=_SHEETS), "fields/body", start, start + 5)
    for order in ([own, *others], [*others, own], [others[1], own]):
        new = "\n\n".join(order)
        place = AnchoredTexts(content_of(body=new)).find(anchor)
        assert place is not None
        assert place.start == new.index("24 GB", new.index(card))
    new = "\n\n".join(others)
    assert AnchoredTexts(content_of(body=new)).find(anchor) is None


@pytest.mark.parametrize(
    ("old", "new", "quote", "expected"),
    [
        ("3.5 or 5", "about 5 or 3.5", "5", 6),
        ("3.5 of it", "it is 13.5", "3.5", None),
        ("1,024 and 24", "24 less 1,024", "24", 0),
        ("the cat sat", "concatenate", "cat", None),
        ("concatenate", "a concatenate", "cat", 5),
        ("机器学习", "新的机器学习", "学习", 4),
        ("two words\nare wrapped", "are two\n   words", "two words", 4),
        ("x_y and y", "y and x_y", "y", 0),
    ],
)
def test_words_are_whole_words(old: str, new: str, quote: str, expected: int | None) -> None:
    start = old.rindex(quote)
    anchor = anchor_in(content_of(body=old), "fields/body", start, start + len(quote))
    place = AnchoredTexts(content_of(body=new)).find(anchor)
    assert (place.start if place else None) == expected


def test_the_next_item_of_a_list_is_not_the_deleted_one() -> None:
    old, new = (content_of(aliases=each) for each in (["24 GB", "12 GB"], ["12 GB"]))
    anchor = anchor_in(old, "fields/aliases/0", 0, 5)
    assert AnchoredTexts(new).find(anchor) is None
    moved = content_of(aliases=["12 GB", "24 GB"])
    expected = TextRange(field_path="fields/aliases/1", start=0, end=5)
    assert AnchoredTexts(moved).find(anchor) == expected


def test_a_purged_comment_is_found_nowhere() -> None:
    anchor = anchor_in(content_of("Dropout"), "title", 0, 7)
    purged = type(anchor)(**{**vars(anchor), "quote": "", "before": "", "after": ""})
    assert AnchoredTexts(content_of("Dropout")).find(purged) is None


@pytest.mark.parametrize("repeated", ["a", "a ", "| a | b |\n", "word, "])
def test_a_quote_with_very_many_places_is_found_in_its_own(repeated: str) -> None:
    body = repeated * 4_000
    start = 4_000 * len(repeated) // 2
    anchor = anchor_in(content_of(body=body), "fields/body", start, start + 1)
    same = AnchoredTexts(content_of(body=body)).find(anchor)
    assert same == TextRange(field_path="fields/body", start=start, end=start + 1)
    AnchoredTexts(content_of(body=f"x {body}")).find(anchor)
