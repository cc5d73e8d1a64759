"""Syntax trees of Markdown, for frontends that render Markdown themselves.

The nodes are those of mdast, https://github.com/syntax-tree/mdast: ``root``, ``paragraph``,
``heading`` (its anchor in ``data.hProperties.id``), ``blockquote``, ``list``, ``listItem``,
``code``, ``thematicBreak``, ``table``, ``tableRow``, ``tableCell``, ``html``, and within text
``text``, ``emphasis``, ``strong``, ``delete``, ``inlineCode``, ``break``, ``link``, ``image``.
HTML blocks are sanitised; HTML within text is left out, and the words in it stay, unless they are
a script or a style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from markdown_it.token import Token

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
}
# Elements whose text is not part of the page.
_WITHOUT_WORDS = re.compile(r"<(script|style)\b", re.IGNORECASE)


def tree_of(
    tokens: Sequence[Token], sanitise: Callable[[str], str], is_harmless: Callable[[str], bool]
) -> Node:
    """Return the tree of a parsed text.

    Args:
        tokens: tokens of the parser, with an ``id`` on every heading.
        sanitise: returns sanitised HTML.
        is_harmless: returns whether an address is allowed.
    """
    builder = _Builder(sanitise, is_harmless)
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

    def __init__(self, sanitise: Callable[[str], str], is_harmless: Callable[[str], bool]) -> None:
        self.root: Node = {"type": "root", "children": []}
        self._open = [_Open(self.root)]
        self._sanitise = sanitise
        self._is_harmless = is_harmless
        self._makers: Mapping[str, Callable[[Token], Node | None]] = {
            **dict.fromkeys(_PLAIN, _plain),
            "heading_open": _heading,
            "bullet_list_open": lambda _: {"type": "list", "ordered": False, "children": []},
            "ordered_list_open": _ordered_list,
            "list_item_open": lambda _: {"type": "listItem", "spread": False, "children": []},
            "fence": _code,
            "code_block": _code,
            "hr": lambda _: {"type": "thematicBreak"},
            "table_open": lambda _: {"type": "table", "align": [], "children": []},
            "html_block": self._html,
            "text": lambda token: {"type": "text", "value": token.content},
            "softbreak": lambda _: {"type": "text", "value": "\n"},
            "hardbreak": lambda _: {"type": "break"},
            "code_inline": lambda token: {"type": "inlineCode", "value": token.content},
            "link_open": self._link,
            "image": self._image,
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
        if node is None:  # mdast has no nodes for the head and body of a table
            return _Open(place.node)
        if not place.dropped:
            _append(place.node, node)
        self._update_outer(token)
        return _Open(node)

    def _update_outer(self, token: Token) -> None:
        """Update the enclosing list item or table with properties of an inner token."""
        outer = self._open[-1].node
        if token.type == "paragraph_open" and outer["type"] == "listItem" and not token.hidden:
            # In a tight list, the tokens of paragraphs exist but are hidden.
            outer["spread"] = True
        if token.type == "th_open":
            table = next(each.node for each in reversed(self._open) if "align" in each.node)
            table["align"].append(str(token.attrs.get("align") or "") or None)

    def _node(self, token: Token) -> Node | None:
        make = self._makers.get(token.type)
        return make(token) if make is not None else None

    def _html(self, token: Token) -> Node | None:
        html = self._sanitise(token.content)
        return {"type": "html", "value": html} if html else None

    def _link(self, token: Token) -> Node:
        return {
            "type": "link",
            "url": self._address(token.attrs.get("href")),
            **_title(token),
            "children": [],
        }

    def _image(self, token: Token) -> Node:
        return {
            "type": "image",
            "url": self._address(token.attrs.get("src")),
            **_title(token),
            "alt": token.content,
        }

    def _address(self, address: object) -> str:
        text = str(address or "")
        return text if self._is_harmless(text) else ""


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
    return {
        "type": "heading",
        "depth": int(token.tag[1:]),
        "data": {"hProperties": {"id": str(token.attrs["id"])}},
        "children": [],
    }


def _ordered_list(token: Token) -> Node:
    start = int(token.attrs.get("start", 1))
    return {"type": "list", "ordered": True, "start": start, "children": []}


def _code(token: Token) -> Node:
    language = token.info.split(maxsplit=1)[:1]
    named: Node = {"lang": language[0]} if language else {}
    return {"type": "code", **named, "value": token.content.removesuffix("\n")}


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
