"""Markdown is kept whole as deep as a person nests it, and refused beyond that."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.fields import Markdown
from cms.content.fields.base import Problems
from cms.content.markup.markdown import RenderedMarkdown, nesting_fault, render_markdown
from cms.content.markup.parser import DEEPEST, parser_of
from cms.content.nesting import first_deep_line, is_flat
from cms.content.slug import Anchors

# What stands before the first line of a container, and before the others.
MARKS = {"quote": ("> ", "> "), "bullet": ("- ", "  "), "number": ("1. ", "   ")}
AROUND = ("*", "**", "~~", "_")
# Pieces of which blocks and marks are made.
PIECES = (
    *("- ", "* ", "1. ", "> ", ">", "> [!NOTE]\n", ": ", "[^a]: ", "    ", "\t", "  ", "\r", "\n"),
    *("[^a[b]: ", "[^a\t]: "),
    *("\n\n", "\n \n", "a", "*", "**", "_", "~~", "[", "](/b)", "<https://a.b>", "www.a.bc", "<b>"),
)


def within(kinds: Sequence[str], innermost: str = "innermost") -> str:
    """Return a text in containers within each other, with a word in each of them."""
    lines = [innermost]
    for level, kind in reversed(list(enumerate(kinds))):
        first, other = MARKS[kind]
        head, *rest = [f"word{level}", "", *lines]
        lines = [first + head, *(other + line for line in rest)]
    return "\n".join(lines)


def rendered(text: str) -> RenderedMarkdown:
    return render_markdown(text, Anchors())


def refusals(text: str) -> list[str]:
    problems: Problems = []
    Markdown().clean(text, ("body",), problems)
    return [each.message for each in problems]


@given(st.lists(st.sampled_from(list(MARKS)), max_size=DEEPEST))
def test_every_word_of_what_is_nested_reaches_the_reader(kinds: list[str]) -> None:
    text = within(kinds)
    words = [*(f"word{level}" for level in range(len(kinds))), "innermost"]
    assert refusals(text) == []
    page = rendered(text)
    assert page.plain_text.split() == words
    tree = json.dumps(page.tree)
    assert all(f'"{word}"' in tree and f">{word}<" in page.html.replace("\n", "") for word in words)


@given(st.lists(st.sampled_from(AROUND), min_size=1, max_size=DEEPEST))
def test_every_word_within_marks_reaches_the_reader(marks: list[str]) -> None:
    opening = "".join(f"{mark}a{level} " for level, mark in enumerate(marks))
    closing = "".join(f" b{level}{mark}" for level, mark in reversed(list(enumerate(marks))))
    text = f"{opening}word{closing}"
    assert refusals(text) == []
    assert {"word", *(f"a{level}" for level in range(len(marks)))} <= set(
        rendered(text).plain_text.replace("*", " ").replace("_", " ").replace("~", " ").split()
    )


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.integers(1, 6))
def test_a_text_that_is_called_flat_is_not_too_deep(pieces: list[str], deepest: int) -> None:
    text = "".join(pieces)
    if is_flat(text, deepest):
        assert first_deep_line(parser_of().parse(text).tokens, deepest) is None


@pytest.mark.parametrize("label", ["a", "a[b", "[", "a\tb", "\u00a0", "a^b"])
def test_depth_in_a_footnote_is_seen_whatever_its_label_is(label: str) -> None:
    text = f"Word[^{label}].\n\n[^{label}]: " + "> " * (DEEPEST + 1) + "[w](/a)"
    assert nesting_fault(text) is not None


def test_labels_of_footnotes_that_do_not_end_take_linear_time() -> None:
    assert not is_flat("[^" * 100_000, DEEPEST)
    assert is_flat("[^a " * 90 + "\n\n" + "a" * 200_000, DEEPEST)


@pytest.mark.parametrize("kind", MARKS)
@pytest.mark.parametrize("more", [1, 5, 150])
def test_what_is_deeper_is_refused_with_its_line(kind: str, more: int) -> None:
    (message,) = refusals(within([kind] * (DEEPEST + more)))
    assert message.startswith(f"line {2 * DEEPEST + 1} is more than 100 levels deep")


def test_marks_that_are_deeper_are_refused_with_their_line() -> None:
    deep = "*a " * (DEEPEST + 1) + "word" + " b*" * (DEEPEST + 1)
    (message,) = refusals(f"A text.\n\nAnd\n{deep}")
    assert message.startswith("line 4 is more than 100 levels deep")


@pytest.mark.parametrize(
    "text",
    [
        ">" * 10_000 + " word",
        "> " * 10_000 + "word",
        "- " * 10_000 + "word",
        "1. " * 10_000 + "word",
        "> - " * 10_000 + "word",
        "*" * 20_000 + "word" + "*" * 20_000,
        "_a " * 10_000 + "word" + " b_" * 10_000,
        "~~a " * 10_000 + "word" + " b~~" * 10_000,
    ],
    ids=lambda text: text[:4],
)
def test_no_depth_is_too_much_to_be_refused(text: str) -> None:
    (message,) = refusals(text)
    assert message.startswith("line 1 ")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000 + "word" + "]" * 10_000,
        "[" * 50 + "word" + "]" * 50 + "(/u)",
        "[a" * 5_000 + " word " + "](u)" * 5_000,
        "![" * 5_000 + " word " + "](u)" * 5_000,
        "<div>" * 1_000 + " word",
        "<ul><li>" * 1_000 + "word",
        "a " + "<b>" * 5_000 + "word",
        "(" * 10_000 + "word" + ")" * 10_000,
    ],
    ids=lambda text: text[:4],
)
def test_what_is_no_level_is_kept_however_much_it_is(text: str) -> None:
    assert refusals(text) == []
    assert "word" in rendered(text).plain_text


def test_reading_takes_little_of_the_stack() -> None:
    deepest = sys.getrecursionlimit()
    sys.setrecursionlimit(_frames() + 700)
    try:
        assert nesting_fault("> " * DEEPEST + "w") is None
        assert nesting_fault("- " * 2 * DEEPEST + "another w") == (
            f"line 1 is more than {DEEPEST} levels deep; nest lists and quotes less"
        )
        rendered("> " * DEEPEST + "*a " * DEEPEST + "w" + " b*" * DEEPEST)
    finally:
        sys.setrecursionlimit(deepest)


def _frames() -> int:
    frame, count = sys._getframe(), 0
    while frame.f_back is not None:
        frame, count = frame.f_back, count + 1
    return count
