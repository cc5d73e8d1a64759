"""HTML of a difference, with all content escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from cms.comparison.alignment import text_of
from cms.comparison.changes import Change, LinkChange
from cms.comparison.word_diff import WordChange
from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import ValuePath

_ELEMENTS: Mapping[str, str] = {"ADDED": "ins", "REMOVED": "del"}


def html_of(changes: Sequence[Change], links: Sequence[LinkChange]) -> str:
    """Return one section for each changed value, and one for the links."""
    sections = [
        _section(label, [_paragraph(change) for change in group])
        for label, group in groupby(changes, key=lambda change: change.label)
    ]
    if links:
        items = "".join(f"<li>{_link(change)}</li>" for change in links)
        sections.append(_section("Links", [f"<ul>{items}</ul>"]))
    return "\n".join(sections)


def _section(heading: str, parts: Sequence[str]) -> str:
    return f"<section><h3>{_escaped(heading)}</h3>{''.join(parts)}</section>"


def _paragraph(change: Change) -> str:
    if change.kind == "MOVED":
        old, new = _ordinal(change.old_path), _ordinal(change.path)
        return f"<p>Moved from place {old} to place {new}.</p>"
    if change.words:
        return f"<p>{''.join(map(_word, change.words))}</p>"
    return f"<p>{' '.join(_replaced(_shown(change.old), _shown(change.new)))}</p>"


def _word(change: WordChange) -> str:
    element = _ELEMENTS.get(change.operation)
    text = _escaped(change.text)
    return f"<{element}>{text}</{element}>" if element else text


def _link(change: LinkChange) -> str:
    if change.kind == "MOVED" and change.new is not None:
        place = " to another group" if change.changed_groups else ""
        return f"Moved{place}: {_described(change.new)}"
    if change.kind == "RELABELLED" and change.old is not None and change.new is not None:
        label = _replaced(_wording(change.old), _wording(change.new))
        return f"{' '.join(label)} {_escaped(_target(change.new))}"
    old = _described(change.old) if change.old is not None else ""
    new = _described(change.new) if change.new is not None else ""
    return "".join(_marked(old, new))


def _described(link: JsonObject) -> str:
    return " ".join(_escaped(words) for words in (_wording(link), _target(link)) if words)


def _wording(link: JsonObject) -> str:
    note = f" [{link['note']}]" if link["note"] else ""
    return f"{link['label']}{note}".strip()


def _target(link: JsonObject) -> str:
    address = link["target"] if link["target"] is not None else link["url"]
    fragment = f"#{link['fragment']}" if link["fragment"] else ""
    return f"({link['kind']}: {address}{fragment})"


def _replaced(old: str, new: str) -> Iterator[str]:
    yield from _marked(_escaped(old), _escaped(new))


def _marked(old: str, new: str) -> Iterator[str]:
    """Yield the old and the new value, both as HTML."""
    if old:
        yield f"<del>{old}</del>"
    if new:
        yield f"<ins>{new}</ins>"


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text_of(value)


def _ordinal(path: ValuePath | None) -> int:
    """Return the position of an item, from 1."""
    index = path[-1] if path else 0
    return index + 1 if isinstance(index, int) else 1


def _escaped(text: str) -> str:
    return escape(text).replace("\n", "<br>")
