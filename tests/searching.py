"""Search a second time: plain Python over the words of each document, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from cms.search.query import SearchQuery, Term
from cms.search.spelling import grams, typed_words

Row = SimpleNamespace

PARTS = ("title", "summary", "body")

# What people, and those who mean harm, type into search boxes.
SEARCHES = (
    "alpha",
    "beta OR gamma",
    "first 'quoted' one",
    "text -some",
    '"some text"',
    '"text some"',
    "numb*",
    "ünïcödé",
    "UNICODE",
    "two OR -one",
    "-beta",
    "one two -outside",
    '"first part" one*',
    "do-more",
    "",
    " ",
    "*",
    '"',
    '""',
    "\\",
    ":",
    "\0",
    "a\0b",
    '" OR NEAR(',
    "NEAR(one two, 5)",
    "title : alpha",
    "{title} : alpha",
    "alpha AND NOT beta",
    "OR",
    "OR alpha OR",
    "^alpha",
    "'a':* & !b | c <-> d",
    "a'b''c",
    "(((",
    "--alpha",
    "--no-cache -cache",
    "b* -g* beta-g* 学* 1.2* 1*",
    "a*",
    "v1.2.3-beta 1.2* -1.2.4",
    "v1* -v10* v9*",
    "C++ c# .NET",
    "so\u00adft\u200b łódź",
    "«smorrebrod» ❤\ufe0f",
    "jane.doe@example.com /usr/local/bin key:value",
    "- alpha",
    "alpha*beta",
    "🦊",
    "¶",
    "·",
    "%_%",
    "alpha alpha alpha",
    " ".join(f"word{number}" for number in range(40)),
    f'"{" ".join(["text"] * 40)}"',
    "x" * 1_000,
)


def fits(query: SearchQuery, document: Row) -> bool:
    """Say whether a document has what is looked for."""
    return all(
        any(_is_in_any(term, document) is not term.is_excluded for term in clause)
        for clause in query.clauses
    )


def points(query: SearchQuery, document: Row) -> int:
    """Return what a document that fits is worth."""
    wanted = query.included_terms
    total, of_title = 0, 0
    for term in wanted:
        if occurs(term, document.title):
            total += 450_000 // len(wanted)
            of_title += 200_000 * len(term.words)
        total += 150_000 // len(wanted) if occurs(term, document.summary) else 0
        total += 100_000 // len(wanted) if _is_in_any(term, document) else 0
    if len(wanted) > 1:
        words = tuple(word for term in wanted for word in term.words)
        phrase = Term(words, is_prefix=wanted[-1].is_prefix)
        total += 100_000 if _is_in_any(phrase, document) else 0
    title_words: int = document.title_words
    return total + of_title // title_words


def highlight(query: SearchQuery, shown: Sequence[Sequence[str]], size: int) -> str:
    """Return some words of a text with what was looked for marked."""
    pieces = [(each[0], each[1] if len(each) > 1 else " ") for each in shown]
    folded = [each[2] if len(each) > 2 else each[0] for each in shown]
    hits = {
        start: max(len(t.words) for t in query.included_terms if _starts(t, folded, start))
        for start in range(len(folded))
        if any(_starts(term, folded, start) for term in query.included_terms)
    }
    marked = {place for start, length in hits.items() for place in range(start, start + length)}
    places = range(len(folded))
    every = [
        start for term in query.included_terms for start in places if _starts(term, folded, start)
    ]
    near = {start: sum(start <= each <= start + size - 5 for each in every) for start in hits}
    best = min(near, key=lambda start: (-near[start], start), default=0)
    first = max(best - 4, 0)
    words = "".join(
        (f"<mark>{word}</mark>" if place in marked else word) + gap
        for place, (word, gap) in list(enumerate(pieces))[first : first + size]
    )
    before, after = "…" if first else "", "…" if len(shown) > first + size else ""
    return f"{before}{words.rstrip(' ')}{after}"


def suggestions(query: SearchQuery, words: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the words that may be meant, the most likely first."""
    known = list(words)
    found = []
    for place, typed in enumerate(typed_words(query)):
        for word in sorted({row.word for row in known}):
            rows = [row for row in known if row.word == word]
            own, other = set(grams(typed)), set(grams(rows[0].folded))
            score = 1000 * len(own & other) // len(own | other)
            is_beginning = rows[0].folded.startswith(typed)
            if own & other and (is_beginning or score >= 250):
                editions = sum(row.editions for row in rows)
                order = (not is_beginning, -score, -editions, word, place)
                found.append((order, typed, word, score, editions))
    return [
        {"typed": typed, "word": word, "score": score / 1000, "editionCount": editions}
        for _, typed, word, score, editions in sorted(found)
    ]


def occurs(term: Term, words: str) -> bool:
    """Say whether a term is in a text, given its folded words."""
    split = words.split(" ")
    return any(_starts(term, split, start) for start in range(len(split)))


def _is_in_any(term: Term, document: Row) -> bool:
    return any(occurs(term, getattr(document, part)) for part in PARTS)


def _starts(term: Term, words: Sequence[str], start: int) -> bool:
    found = words[start : start + len(term.words)]
    if len(found) < len(term.words):
        return False
    *inner, last = term.words
    ends = found[-1].startswith(last) if term.is_prefix else found[-1] == last
    return list(found[:-1]) == inner and ends
