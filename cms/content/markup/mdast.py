"""Syntax trees of Markdown, for frontends that render Markdown themselves.

The nodes are those of mdast, https://github.com/syntax-tree/mdast, and of its extensions for
definition lists (``defList``, ``defListTerm``, ``defListDescription``) and directives
(``containerDirective``, ``leafDirective``, ``textDirective``). Links by reference are ``link``, and
a callout is a ``blockquote`` with ``data.alert``. The anchors of headings and footnotes are in
``data.hProperties.id``. HTML blocks are sanitised, with the ids that they have in
the HTML; HTML within text is left out, and the words in it stay, unless they are a script or a
style. An id in it is an ``html`` node with an empty element, so that links can lead there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from cms.content.markup.allowed_html import (
    MARK,
    RAW_ANCHOR,
    RawAnchors,
    is_harmless,
    sanitise_marked,
    without_marks,
)
from cms.content.markup.directive_values import Call, DirectiveValues
from cms.content.markup.fences import FenceInfo, read_info
from cms.content.markup.footnotes import Footnote, compared_label
from cms.content.markup.html_reader import HtmlReader

Node: TypeAlias = dict[str, Any]

# Types of nodes that have children and no other properties.
_PLAIN = {
    "paragraph_open": "paragraph",
    "blockquote_open": "blockquote",
    "tr_open": "tableRow",
    "th_open": "tableCell",
    "td_open": "tableCell",
    "em_open": "emphasis",
    "strong_open": "strong",
    "s_open": "delete",
    "dl_open": "defList",
    "dt_open": "defListTerm",
}
_DIRECTIVES = {
    "container_directive_open": "containerDirective",
    "leaf_directive_open": "leafDirective",
    "text_directive_open": "textDirective",
}
_BREAKS = frozenset({"softbreak", "hardbreak"})
# Elements whose text is not part of the page.
_WITHOUT_WORDS = re.compile(r"<(script|style)\b", re.IGNORECASE)


def tree_of(tokens: Sequence[Token], raw_anchors: RawAnchors) -> Node:
    """Return the tree of a parsed text.

    Args:
        tokens: the text, whose headings and footnotes have their anchors.
        raw_anchors: the ids that elements in HTML get.
    """
    builder = _Builder(raw_anchors)
    builder.add_all(tokens)
    return builder.root


@dataclass
class _Open:
    """A node whose children are not complete yet.

    Attributes:
        node: the node.
        dropped: element whose text is being dropped; empty if none is.
    """

    node: Node
    dropped: str = field(default="")


class _Builder:
    """A builder of a tree from a sequence of tokens, without recursion per level."""

    def __init__(self, raw_anchors: RawAnchors) -> None:
        self._raw_anchors = raw_anchors
        self.root: Node = {"type": "root", "children": []}
        self._open = [_Open(self.root)]
        self._makers: Mapping[str, Callable[[Token], Node | None]] = {
            **dict.fromkeys(_PLAIN, _plain),
            "heading_open": _heading,
            **dict.fromkeys(_DIRECTIVES, _directive),
            "alert_open": _alert,
            "alert_title_open": _alert_title,
            "directive_label_open": _directive_label,
            "footnote_open": _footnote,
            "footnote_ref": _footnote_reference,
            "dd_open": lambda _: {"type": "defListDescription", "spread": False, "children": []},
            "bullet_list_open": lambda _: {"type": "list", "ordered": False, "children": []},
            "ordered_list_open": _ordered_list,
            "list_item_open": _list_item,
            "fence": _code,
            "code_block": _code,
            "hr": lambda _: {"type": "thematicBreak"},
            "table_open": lambda _: {"type": "table", "align": [], "children": []},
            "html_block": self._html,
            "html_inline": self._html_anchor,
            "text": lambda token: {"type": "text", "value": token.content},
            "softbreak": lambda _: {"type": "text", "value": "\n"},
            "hardbreak": lambda _: {"type": "break"},
            "code_inline": lambda token: {"type": "inlineCode", "value": token.content},
            "link_open": _link,
            "image": _image,
        }

    def add_all(self, tokens: Sequence[Token]) -> None:
        """Add tokens and their children, in order."""
        for token in tokens:
            if token.type == "inline":
                self.add_all(token.children or ())
                self._open[-1].dropped = ""
            else:
                self._add(token)

    def _add(self, token: Token) -> None:
        place = self._open[-1]
        if token.type == "html_inline":
            place.dropped = _dropped_element(token.content, place.dropped)
        if token.nesting < 0:
            self._open.pop()
        elif token.nesting > 0:
            self._open.append(self._open_node(token, place))
        elif not place.dropped and (node := self._node(token)) is not None:
            _append(place.node, node)

    def _open_node(self, token: Token, place: _Open) -> _Open:
        """Add the node of an opening token, and return the node that its children belong to."""
        node = self._node(token)
        if node is None:  # mdast has no nodes for parts of a table, and for a list of footnotes
            return _Open(place.node)
        if not place.dropped:
            _append(place.node, node)
        self._update_outer(token)
        return _Open(node)

    def _update_outer(self, token: Token) -> None:
        """Update the enclosing item or table with properties of an inner token."""
        outer = self._open[-1].node
        if token.type == "paragraph_open" and "spread" in outer and not token.hidden:
            # In a tight list, the tokens of paragraphs exist but are hidden.
            outer["spread"] = True
        if token.type == "th_open":
            table = next(each.node for each in reversed(self._open) if "align" in each.node)
            table["align"].append(str(token.attrs.get("align") or "") or None)

    def _html(self, token: Token) -> Node | None:
        marked = sanitise_marked(token.content, raw_anchors=self._raw_anchors)
        html = without_marks(marked)
        return {"type": "html", "value": html} if html else None

    def _html_anchor(self, token: Token) -> Node | None:
        """Return an empty element with the id of a tag within text; ``None`` if it has none."""
        if not RAW_ANCHOR.search(token.content):
            return None
        marked = sanitise_marked(token.content, raw_anchors=self._raw_anchors)
        anchor = next(iter(HtmlReader(marked, ()).anchors), "")
        return {"type": "html", "value": f'<a id="{escapeHtml(anchor)}"></a>'} if anchor else None

    def _node(self, token: Token) -> Node | None:
        make = self._makers.get(token.type)
        return make(token) if make is not None else None


def _link(token: Token) -> Node:
    address = _address(token.attrs.get("href"))
    return {"type": "link", "url": address, **_title(token), "children": []}


def _image(token: Token) -> Node:
    address = _address(token.attrs.get("src"))
    alt = _plain_text(token.children or ())
    return {"type": "image", "url": address, **_title(token), "alt": alt}


def _address(address: object) -> str:
    text = str(address or "")
    return text if is_harmless(text) else ""


def _append(parent: Node, node: Node) -> None:
    """Add a node to the children of another; adjacent texts are joined."""
    children = parent["children"]
    if children and node["type"] == children[-1]["type"] == "text":
        children[-1]["value"] += node["value"]
    else:
        children.append(node)


def _plain(token: Token) -> Node:
    return {"type": _PLAIN[token.type], "children": []}


def _heading(token: Token) -> Node:
    properties: Node = {"id": str(token.attrs[f"{MARK}id"])}
    if classes := token.attrs.get(f"{MARK}class"):
        properties["className"] = str(classes).split()
    return {
        "type": "heading",
        "depth": int(token.tag[1:]),
        "data": {"hProperties": properties},
        "children": [],
    }


def _ordered_list(token: Token) -> Node:
    start = int(token.attrs.get("start", 1))
    return {"type": "list", "ordered": True, "start": start, "children": []}


def _list_item(token: Token) -> Node:
    checked = token.meta.get("checked")
    task: Node = {} if checked is None else {"checked": checked}
    return {"type": "listItem", "spread": False, **task, "children": []}


def _code(token: Token) -> Node:
    info = read_info(token.info) if token.type == "fence" else FenceInfo()
    value = token.content.removesuffix("\n")
    data: Node = {
        "title": info.title,
        "highlightedLines": info.highlighted(value.count("\n") + 1),
        "start": int(info.start) if info.start else None,
        "attributes": info.attributes,
    }
    data = {name: each for name, each in data.items() if each}
    named: Node = {"lang": info.language, "meta": info.meta, "data": data}
    given = {name: each for name, each in named.items() if each}
    return {"type": "code", **given, "value": value}


def _alert(token: Token) -> Node:
    alert: Node = {"kind": token.meta["kind"]}
    if fold := token.meta["fold"]:
        alert["folded"] = fold == "-"
    classes = ["markdown-alert", f"markdown-alert-{alert['kind']}"]
    shown = {"hName": token.tag, "hProperties": {"className": classes}}
    return {"type": "blockquote", "data": {"alert": alert, **shown}, "children": []}


def _alert_title(token: Token) -> Node:
    shown = {"hName": token.tag, "hProperties": {"className": ["markdown-alert-title"]}}
    return {"type": "paragraph", "data": {"alertTitle": True, **shown}, "children": []}


def _directive(token: Token) -> Node:
    call: Call = token.meta["call"]
    values: DirectiveValues = token.meta["values"]
    return {
        "type": _DIRECTIVES[token.type],
        "name": call.name,
        "attributes": {each.name: each.value or "" for each in call.attributes},
        "data": {"block": values.block, "fields": values.fields},
        "children": [],
    }


def _directive_label(_: Token) -> Node:
    return {"type": "paragraph", "data": {"directiveLabel": True}, "children": []}


def _footnote(token: Token) -> Node:
    note: Footnote = token.meta["note"]
    return {
        "type": "footnoteDefinition",
        **_association(note.label),
        "data": {"number": note.number, "hProperties": {"id": note.anchor}},
        "children": [],
    }


def _footnote_reference(token: Token) -> Node:
    return {
        "type": "footnoteReference",
        **_association(token.meta["label"]),
        "data": {"number": token.meta["number"], "hProperties": {"id": token.meta["anchor"]}},
    }


def _association(label: str) -> Node:
    return {"identifier": compared_label(label), "label": label}


def _plain_text(tokens: Sequence[Token]) -> str:
    """Return the words of tokens, without markup."""
    return "".join(
        "\n" if token.type in _BREAKS else _plain_text(token.children or ()) or token.content
        for token in tokens
        if token.type != "html_inline"
    )


def _dropped_element(tag: str, dropped: str) -> str:
    """Return the name of the element whose text is dropped after a tag; empty if none is.

    Args:
        tag: the tag.
        dropped: the element whose text was dropped before the tag; empty if none was.
    """
    if dropped:
        return "" if tag.lower().startswith(f"</{dropped}") else dropped
    opening = _WITHOUT_WORDS.match(tag)
    return opening[1].lower() if opening else ""


def _title(token: Token) -> Node:
    title = token.attrs.get("title")
    return {"title": str(title)} if title else {}
