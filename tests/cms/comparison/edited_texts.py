"""Texts of alike lines, and random edits that keep track of the words of a comment."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

# A line, or a paragraph, as pieces of text; the words of a comment are one piece.
Line = tuple[str, ...]
Shape = Callable[[random.Random], list[Line]]

_CARDS = ("RTX 3060", "RTX 3090", "RTX 4070", "RTX 4090", "RX 6800", "RX 7900", "Arc A770", "L40")
_PARTS = ("memory", "bus", "power", "price", "length", "clock", "cache", "weight", "cores", "slots")
_UNITS = ("GB", "W", "mm", "MHz", "bit", "TB/s", "kg", "nm")
_THINGS = ("card", "model", "cluster", "cable", "driver", "cooler", "board", "case")
_DOES = ("needs", "has", "draws", "weighs", "costs", "brings", "leaves", "reaches")
_SENTENCE = (
    "memory bandwidth decides how fast a large model answers while the batch is small and every "
    "weight is read once for each token of the answer which is why a cache of keys and values "
    "grows with the length of the text and not with the number of its layers alone"
)
_WORDS = _SENTENCE.split()


@dataclass(frozen=True)
class Edited:
    """A text with the words of a comment in it.

    Attributes:
        shape: the kind of text.
        lines: its lines, or paragraphs.
        at: the line with the words, and the index of their piece; ``None`` if they were deleted.
    """

    shape: str
    lines: tuple[Line, ...]
    at: tuple[int, int] | None

    @property
    def gap(self) -> str:
        """What is between two lines."""
        return "\n\n" if self.shape in {"short paragraphs", "prose"} else "\n"

    @property
    def text(self) -> str:
        return self.gap.join("".join(line) for line in self.lines)

    @property
    def span(self) -> tuple[int, int]:
        """The start and end of the words."""
        assert self.at is not None
        line, piece = self.at
        above = "".join("".join(each) + self.gap for each in self.lines[:line])
        start = len(above) + sum(map(len, self.lines[line][:piece]))
        return start, start + len(self.lines[line][piece])

    @property
    def words(self) -> str:
        start, end = self.span
        return self.text[start:end]

    def count(self, words: str) -> int:
        """Return how often words are in the text, whatever white space is between them."""
        pattern = r"\s+".join(map(re.escape, words.split()))
        return len(re.findall(rf"(?<!\w)(?={pattern}(?!\w))", self.text))


def _amount(lot: random.Random) -> str:
    return f"{lot.choice((lot.randint(2, 99), lot.randint(100, 2000)))} {lot.choice(_UNITS)}"


def list_lines(lot: random.Random) -> list[Line]:
    return [
        ("- ", lot.choice(_CARDS), ": ", _amount(lot), " of ", lot.choice(_PARTS))
        for _ in range(lot.randint(3, 14))
    ]


def table(lot: random.Random) -> list[Line]:
    return [
        ("| Card | Memory | Power |",),
        ("|---|---|---|",),
        *(
            ("| ", lot.choice(_CARDS), " | ", _amount(lot), " | ", _amount(lot), " |")
            for _ in range(lot.randint(3, 14))
        ),
    ]


def spec_sheets(lot: random.Random) -> list[Line]:
    lines: list[Line] = []
    for card in lot.sample(_CARDS, lot.randint(2, 5)):
        lines.append(("## ", card))
        lines += [
            ("- **", part, "**: ", _amount(lot)) for part in lot.sample(_PARTS, lot.randint(2, 6))
        ]
    return lines


def short_paragraphs(lot: random.Random) -> list[Line]:
    return [
        (
            *("The ", lot.choice(_CARDS), " ", lot.choice(_THINGS), " ", lot.choice(_DOES), " "),
            *(_amount(lot), " of ", lot.choice(_PARTS), " and ", lot.choice(_DOES), " "),
            *(_amount(lot), "."),
        )
        for _ in range(lot.randint(3, 10))
    ]


def prose(lot: random.Random) -> list[Line]:
    def sentence() -> str:
        words = [lot.choice(_WORDS) for _ in range(lot.randint(5, 14))]
        return " ".join(words).capitalize()

    def paragraph() -> Line:
        pieces: list[str] = []
        for _ in range(lot.randint(2, 6)):
            words = sentence().split()
            first = lot.randint(0, len(words) - 3)
            last = lot.randint(first + 1, len(words) - 1)
            pieces += [
                " ".join(words[:first]) + " " * (first > 0),
                " ".join(words[first:last]),
                " " + " ".join(words[last:]) + ". ",
            ]
        return tuple(each for each in pieces if each)

    return [paragraph() for _ in range(lot.randint(2, 6))]


SHAPES: dict[str, Shape] = {
    "list": list_lines,
    "table": table,
    "spec sheets": spec_sheets,
    "short paragraphs": short_paragraphs,
    "prose": prose,
}


def commented(lot: random.Random, shape: str) -> Edited:
    """Return a random text of a shape with words that are in it once."""
    while True:
        lines = tuple(SHAPES[shape](lot))
        places = [
            (number, piece)
            for number, line in enumerate(lines)
            for piece, text in enumerate(line)
            if re.fullmatch(r"\w.*\w", text)
        ]
        lot.shuffle(places)
        for at in places:
            edited = Edited(shape, lines, at)
            if edited.count(edited.words) == 1:
                return edited


def after_edits(lot: random.Random, text: Edited, count: int) -> Edited:
    """Return a text after random edits that leave the words as they are."""
    for _ in range(count):
        text = lot.choice(EDITS)(lot, text)
    return text


def _reordered(text: Edited, order: Sequence[int]) -> Edited:
    at = (order.index(text.at[0]), text.at[1]) if text.at else None
    return replace(text, lines=tuple(text.lines[each] for each in order), at=at)


def move(lot: random.Random, text: Edited) -> Edited:
    order = list(range(len(text.lines)))
    order.insert(lot.randrange(len(order)), order.pop(lot.randrange(len(order))))
    return _reordered(text, order)


def move_words(lot: random.Random, text: Edited) -> Edited:
    order = list(range(len(text.lines)))
    if text.at is not None:
        order.remove(text.at[0])
        order.insert(lot.randint(0, len(order)), text.at[0])
    return _reordered(text, order)


def swap(lot: random.Random, text: Edited) -> Edited:
    order = list(range(len(text.lines)))
    one, other = lot.randrange(len(order)), lot.randrange(len(order))
    order[one], order[other] = order[other], order[one]
    return _reordered(text, order)


def insert(lot: random.Random, text: Edited) -> Edited:
    line = lot.choice(SHAPES[text.shape](lot))
    place = lot.randint(0, len(text.lines))
    at = (text.at[0] + (place <= text.at[0]), text.at[1]) if text.at else None
    return replace(text, lines=(*text.lines[:place], line, *text.lines[place:]), at=at)


def delete(lot: random.Random, text: Edited) -> Edited:
    place = lot.randrange(len(text.lines))
    if len(text.lines) < 2 or (text.at and place == text.at[0]):
        return text
    at = (text.at[0] - (place < text.at[0]), text.at[1]) if text.at else None
    return replace(text, lines=(*text.lines[:place], *text.lines[place + 1 :]), at=at)


def change_neighbours(lot: random.Random, text: Edited) -> Edited:
    """Change the words before or after those of the comment, in their line or the next."""
    if text.at is None:
        return text
    number, piece = text.at
    pieces = list(text.lines[number])
    for each in {piece - 1, piece + 1, piece - 2, piece + 2}:
        if 0 <= each < len(pieces) and lot.random() < 0.5:
            pieces[each] = _reworded(lot, pieces[each])
    return replace(text, lines=_with_line(text.lines, number, tuple(pieces)))


def change_numbers(lot: random.Random, text: Edited) -> Edited:
    lines = tuple(
        tuple(
            piece
            if (number, index) == text.at or lot.random() < 0.6
            else re.sub(r"\d+", lambda _: str(lot.randint(2, 2000)), piece)
            for index, piece in enumerate(line)
        )
        for number, line in enumerate(text.lines)
    )
    return replace(text, lines=lines)


EDITS = (move, move_words, swap, insert, delete, change_neighbours, change_numbers)


def delete_words(lot: random.Random, text: Edited) -> Edited:
    """Delete the words: alone, with their line, or with other words of it."""
    assert text.at is not None
    number, piece = text.at
    line = text.lines[number]
    left = lot.choice(
        (
            (),
            (*line[:piece], *line[piece + 1 :]),
            (*line[: max(0, piece - 1)], *line[piece + 1 :]),
            (*line[:piece], *line[piece + 2 :]),
        )
    )
    lines = (*text.lines[:number], *((left,) if left else ()), *text.lines[number + 1 :])
    return replace(text, lines=lines or (("",),), at=None)


def _with_line(lines: tuple[Line, ...], number: int, line: Line) -> tuple[Line, ...]:
    return (*lines[:number], line, *lines[number + 1 :])


def _reworded(lot: random.Random, text: str) -> str:
    words = re.findall(r"\w+", text)
    if not words:
        return text
    return text.replace(lot.choice(words), lot.choice(_WORDS), 1)
