"""All words of a text reach readers, however the constructs of the dialect are nested."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from cms.content.fields import Block, Markdown, Text
from cms.content.fields.base import Problems
from cms.content.markup.markdown import render_markdown, sanitising_losses
from cms.content.slug import Anchors
from cms.content.words import words_in
from tests.depth import EXAMPLES

Lines: TypeAlias = list[str]


class Box(Block):
    """A box."""

    title = Text()


FIELD = Markdown("Body", directives=(Box,))
# Where a word is in a text, until each gets one of its own.
WORD = "\0"
SPANS = (
    WORD,
    f"*{WORD}*",
    f"**{WORD} *{WORD}***",
    f"~~{WORD}~~",
    f"`{WORD}`",
    f"[{WORD}](/a)",
    f"[{WORD} ![{WORD}](/b.png)](/a 'c')",
    f"[{WORD}][ref]",
    f"<b>{WORD}</b>",
    f'<a id="d"></a>{WORD}',
    f":box[{WORD}]{{title={WORD}}}",
    f"{WORD}\\\n{WORD}",
    f"{WORD} [not a link] {WORD}",
    f"{WORD} &amp; {WORD}",
)
spans = st.lists(st.sampled_from(SPANS), min_size=1, max_size=3).map(" ".join)
single = spans.filter(lambda text: "\n" not in text)
cells = single.filter(lambda text: "|" not in text)


def indented(lines: Lines, first: str, other: str) -> Lines:
    return [
        f"{first if not index else other if line else ''}{line}".rstrip(" ")
        for index, line in enumerate(lines)
    ]


def prefixed(*opening: str) -> Callable[[Lines], Lines]:
    return lambda lines: [f"> {line}".rstrip() for line in (*opening, *lines)]


def fenced(lines: Lines) -> Lines:
    longest = max((len(each) for each in re.findall(r":{3,}", "\n".join(lines))), default=2)
    colons = ":" * (longest + 1)
    return [f'{colons}box {{title="{WORD}"}}', *lines, colons]


def table(rows: Sequence[tuple[str, str]]) -> Lines:
    return [f"| {WORD} | {WORD} |", "|---|:-:|", *(f"| {one} | {other} |" for one, other in rows)]


blocks = st.one_of(
    spans.map(lambda text: text.split("\n")),
    single.map(lambda text: [f"## {text}"]),
    single.map(lambda text: [f"### {text} {{#own .wide}}"]),
    st.just(["```py {1} title=a", WORD, "", f"    {WORD}", "```"]),
    st.just(["<div>", "", f"<p>{WORD}</p>", "", "</div>"]),
    st.just(["<details><summary>", WORD, "</summary>", WORD, "</details>"]),
    st.lists(st.tuples(cells, cells), min_size=1, max_size=3).map(table),
    st.just(["---"]),
)


def nested(inner: st.SearchStrategy[Lines]) -> st.SearchStrategy[Lines]:
    """Return blocks within another, separated by blank lines."""
    many = st.lists(inner, min_size=1, max_size=3).map(
        lambda found: [line for each in found for line in (*each, "")][:-1]
    )
    begun = many.map(lambda lines: [WORD, "", *lines])
    return st.one_of(
        many.map(prefixed()),
        many.map(prefixed(f"[!NOTE] {WORD}")),
        many.map(prefixed(f"[!TIP]- {WORD}")),
        begun.map(lambda lines: indented(lines, "- ", "  ")),
        begun.map(lambda lines: indented(lines, "- [x] ", "  ")),
        begun.map(lambda lines: indented(lines, "7. ", "   ")),
        begun.map(lambda lines: [WORD, *indented(lines, ": ", "  ")]),
        many.map(fenced),
    )


texts = st.lists(st.recursive(blocks, nested, max_leaves=6), min_size=1, max_size=4)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw a text in which each word is another one, also in footnotes and in a definition."""
    parts = draw(texts)
    notes = draw(st.lists(st.recursive(blocks, nested, max_leaves=3), max_size=2))
    lines = [line for each in parts for line in (*each, "", "<!-- -->", "")]
    for number, note in enumerate(notes):
        body = indented([WORD, "", *note], f"[^N{number}]: ", "    ")
        lines += [f"{WORD}[^n{number}]", "", *body, ""]
    lines += [f"[{WORD}][ref]", "", "[ref]: /r"]
    first, *pieces = "\n".join(lines).split(WORD)
    return first + "".join(f"w{number}x{piece}" for number, piece in enumerate(pieces))


@given(documents())
def test_each_word_reaches_readers(text: str) -> None:
    page = render_markdown(text, Anchors(), FIELD.reader)
    written = set(re.findall(r"w\d+x", text))
    assert written <= set(words_in(page.plain_text))
    assert not [each for each in sanitising_losses(text, FIELD.reader) if "WORDS" in each.code]
    assert written <= set(re.findall(r"w\d+x", str(page.tree)))


@settings(max_examples=EXAMPLES // 2)
@given(documents())
def test_a_saved_text_stays_as_it_is(text: str) -> None:
    problems: Problems = []
    saved = FIELD.clean(text, ("body",), problems)
    assert problems == []
    assert FIELD.clean(saved, ("body",), problems) == saved
    once, again = (render_markdown(each, Anchors(), FIELD.reader) for each in (text, str(saved)))
    assert (once.html, once.tree) == (again.html, again.tree)
