"""Footnotes: which are referred to, in which order, and where readers find them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from cms.content.markup.allowed_html import MARK


@dataclass
class Footnote:
    """A footnote.

    Attributes:
        label: its label, as written.
        line: the line of its definition, from 0.
        tokens: the tokens of its text.
        references: the tokens that refer to it, in order.
        anchor: its anchor on the page, once it has one.
        number: its number, from 1; 0 if nothing refers to it.
    """

    label: str
    line: int
    tokens: list[Token] = field(default_factory=list)
    references: list[Token] = field(default_factory=list)
    anchor: str = ""
    number: int = 0


@dataclass(frozen=True)
class TextWithNotes:
    """The tokens of a text and its footnotes.

    Attributes:
        body: the tokens without the definitions of footnotes.
        notes: the footnotes that readers get, in the order of the first references to them.
        unused: the footnotes that nothing refers to, and those whose label is defined before.
    """

    body: Sequence[Token]
    notes: Sequence[Footnote]
    unused: Sequence[Footnote]

    def tokens(self) -> Sequence[Token]:
        """Return all tokens that readers get, with the footnotes at the end."""
        return [*self.body, *_section(self.notes)] if self.notes else self.body


def compared_label(label: str) -> str:
    """Return the label of a footnote as it is compared: without regard to case."""
    return label.casefold()


def read_footnotes(tokens: Sequence[Token]) -> TextWithNotes:
    """Return the tokens and the footnotes of a parsed text."""
    if not any(token.type == "footnote_reference_open" for token in tokens):
        return TextWithNotes(tokens, (), ())
    body: list[Token] = []
    defined: list[Footnote] = []
    open_lists = [body]
    for token in tokens:
        if token.type == "footnote_reference_open":
            defined.append(Footnote(token.meta["label"], (token.map or [0])[0]))
            open_lists.append(defined[-1].tokens)
        elif token.type == "footnote_reference_close":
            open_lists.pop()
        else:
            open_lists[-1].append(token)
    by_label: dict[str, Footnote] = {}
    for note in defined:
        by_label.setdefault(compared_label(note.label), note)
    notes = _in_order(body, by_label)
    used = {id(note) for note in notes}
    return TextWithNotes(body, notes, [note for note in defined if id(note) not in used])


def _in_order(body: Sequence[Token], by_label: dict[str, Footnote]) -> Sequence[Footnote]:
    """Return the footnotes that the text, or a footnote before, refers to, with their numbers."""
    notes: list[Footnote] = []
    waiting = [body]
    for tokens in waiting:  # which grows
        for reference in _references_in(tokens):
            note = by_label[compared_label(reference.meta["label"])]
            if not note.references:
                notes.append(note)
                note.number = len(notes)
                waiting.append(note.tokens)
            note.references.append(reference)
            reference.meta["number"] = note.number
    return notes


def _references_in(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        for inner in token.children or ():
            if inner.type == "footnote_ref":
                yield inner


def name_footnotes(notes: Sequence[Footnote], names: Iterator[str]) -> None:
    """Give footnotes and the references to them their anchors, in the order of the notes."""
    for note in notes:
        note.anchor = next(names)
        for reference in note.references:
            reference.meta |= {"target": note.anchor, "anchor": next(names)}


def _section(notes: Sequence[Footnote]) -> Iterator[Token]:
    """Yield the tokens of a list of footnotes, in each of which the last paragraph leads back."""
    attributes = {f"{MARK}class": "footnotes", f"{MARK}data-footnotes": ""}
    yield Token("footnotes_open", "section", 1, attrs=dict(attributes), block=True)
    yield Token("footnotes_list_open", "ol", 1, block=True)
    for note in notes:
        opening = Token("footnote_open", "li", 1, block=True)
        opening.meta = {"note": note}
        ends_with_words = bool(note.tokens) and note.tokens[-1].type == "paragraph_close"
        end = len(note.tokens) - ends_with_words
        yield opening
        yield from note.tokens[:end]
        yield from map(_back, note.references)
        yield from note.tokens[end:]
        yield Token("footnote_close", "li", -1, block=True)
    yield Token("footnotes_list_close", "ol", -1, block=True)
    yield Token("footnotes_close", "section", -1, block=True)


def _back(reference: Token) -> Token:
    token = Token("footnote_back", "", 0)
    token.meta = {"reference": reference}
    return token
