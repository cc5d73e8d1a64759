"""HTML rendering of a difference. All text of contents is escaped here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from cms.comparison.alignment import text_of
from cms.comparison.changes import LinkChange, ValueChange
from cms.comparison.word_diff import WordChange
from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import ValuePath

_ELEMENTS: Mapping[str, str] = {"ADDED": "ins", "REMOVED": "del"}


def html_of(changes: Sequence[ValueChange], links: Sequence[LinkChange]) -> str:
    """Return HTML with one section for each changed value, and one for the links."""
    sections = [
        _section(label, [_paragraph(change) for change in group])
        for label, group in groupby(changes, key=lambda change: change.label)
    ]
    if links:
        items = "".join(f"<li>{_link_change(change)}</li>" for change in links)
        sections.append(_section("Links", [f"<ul>{items}</ul>"]))
    return "\n".join(sections)


def _section(heading: str, parts: Sequence[str]) -> str:
    return f"<section><h3>{_escape_text(heading)}</h3>{''.join(parts)}</section>"


def _paragraph(change: ValueChange) -> str:
    if change.kind == "MOVED":
        old, new = _ordinal(change.old_path), _ordinal(change.path)
        return f"<p>Moved from place {old} to place {new}.</p>"
    if change.words:
        return f"<p>{''.join(map(_word, change.words))}</p>"
    return f"<p>{' '.join(_replacement(_value_text(change.old), _value_text(change.new)))}</p>"


def _word(change: WordChange) -> str:
    element = _ELEMENTS.get(change.operation)
    text = _escape_text(change.text)
    return f"<{element}>{text}</{element}>" if element else text


def _link_change(change: LinkChange) -> str:
    if change.kind == "MOVED" and change.new is not None:
        place = " to another group" if change.changed_groups else ""
        return f"Moved{place}: {_link_html(change.new)}"
    if change.kind == "RELABELLED" and change.old is not None and change.new is not None:
        label = _replacement(_wording(change.old), _wording(change.new))
        return f"{' '.join(label)} {_escape_text(_target(change.new))}"
    old = _link_html(change.old) if change.old is not None else ""
    new = _link_html(change.new) if change.new is not None else ""
    return "".join(_del_and_ins(old, new))


def _link_html(link: JsonObject) -> str:
    return " ".join(_escape_text(words) for words in (_wording(link), _target(link)) if words)


def _wording(link: JsonObject) -> str:
    note = f" [{link['note']}]" if link["note"] else ""
    return f"{link['label']}{note}".strip()


def _target(link: JsonObject) -> str:
    address = link["target"] if link["target"] is not None else link["url"]
    query = f"?{link['query']}" if link["query"] else ""
    fragment = f"#{link['fragment']}" if link["fragment"] else ""
    return f"({link['kind']}: {address}{query}{fragment})"


def _replacement(old: str, new: str) -> Iterator[str]:
    yield from _del_and_ins(_escape_text(old), _escape_text(new))


def _del_and_ins(old: str, new: str) -> Iterator[str]:
    """Yield the old and the new HTML in ``del`` and ``ins`` elements; empty ones are left out."""
    if old:
        yield f"<del>{old}</del>"
    if new:
        yield f"<ins>{new}</ins>"


def _value_text(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text_of(value)


def _ordinal(path: ValuePath | None) -> int:
    """Return the position of an item, counted from 1."""
    index = path[-1] if path else 0
    return index + 1 if isinstance(index, int) else 1


def _escape_text(text: str) -> str:
    return escape(text).replace("\n", "<br>")
