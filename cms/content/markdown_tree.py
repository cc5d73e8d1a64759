"""Markdown as a tree, for frontends that render it themselves.

The nodes are those of mdast, https://github.com/syntax-tree/mdast: ``root``, ``paragraph``,
``heading`` (its anchor in ``data.hProperties.id``), ``blockquote``, ``list``, ``listItem``,
``code``, ``thematicBreak``, ``table``, ``tableRow``, ``tableCell``, ``html``, and within text
``text``, ``emphasis``, ``strong``, ``delete``, ``inlineCode``, ``break``, ``link``, ``image``.
HTML blocks are sanitised; HTML within text is left out, and the words in it stay, unless they are
a script or a style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from cms.content.canonical_json import Json

Node: TypeAlias = dict[str, Json]

# Nodes that have nothing but what stands in them.
_PLAIN = {
    "paragraph": "paragraph",
    "blockquote": "blockquote",
    "tr": "tableRow",
    "th": "tableCell",
    "td": "tableCell",
    "em": "emphasis",
    "strong": "strong",
    "s": "delete",
}
# Elements in which nothing is words: what stands in them is no part of the page.
_WITHOUT_WORDS = re.compile(r"<(script|style)\b", re.IGNORECASE)
# Nodes that are not there in mdast, only what stands in them.
_TRANSPARENT = frozenset({"inline", "thead", "tbody"})


def tree_of(
    tokens: Sequence[Token], sanitise: Callable[[str], str], is_harmless: Callable[[str], bool]
) -> Node:
    """Return the tree of a parsed text.

    Args:
        tokens: as the parser returned them, with an ``id`` on every heading.
        sanitise: makes HTML harmless.
        is_harmless: says whether an address may be shown.
    """
    builder = _Builder(sanitise, is_harmless)
    return {"type": "root", "children": builder.children(SyntaxTreeNode(tokens))}


class _Builder:
    def __init__(self, sanitise: Callable[[str], str], is_harmless: Callable[[str], bool]) -> None:
        self._sanitise = sanitise
        self._is_harmless = is_harmless
        self._makers: Mapping[str, Callable[[SyntaxTreeNode], Node | None]] = {
            "heading": self._heading,
            "bullet_list": self._list,
            "ordered_list": self._list,
            "list_item": self._item,
            "fence": self._code,
            "code_block": self._code,
            "hr": lambda _: {"type": "thematicBreak"},
            "table": self._table,
            "html_block": self._html,
            "text": lambda node: {"type": "text", "value": node.content},
            "softbreak": lambda _: {"type": "text", "value": "\n"},
            "hardbreak": lambda _: {"type": "break"},
            "code_inline": lambda node: {"type": "inlineCode", "value": node.content},
            "link": self._link,
            "image": self._image,
        }

    def children(self, parent: SyntaxTreeNode) -> list[Json]:
        """Return the nodes in a node; texts that touch are one."""
        nodes: list[Json] = []
        previous: Node = {}
        for node in self._nodes(parent):
            if node["type"] == previous.get("type") == "text":
                previous["value"] = f"{previous['value']}{node['value']}"
                continue
            nodes.append(node)
            previous = node
        return nodes

    def _nodes(self, parent: SyntaxTreeNode) -> Iterator[Node]:
        dropped = ""
        for child in parent.children:
            if child.type == "html_inline":
                dropped = _dropped_after(child.content, dropped)
            if dropped:
                continue
            if child.type in _TRANSPARENT:
                yield from self._nodes(child)
            elif (node := self._node(child)) is not None:
                yield node

    def _node(self, node: SyntaxTreeNode) -> Node | None:
        if node.type in _PLAIN:
            return {"type": _PLAIN[node.type], "children": self.children(node)}
        make = self._makers.get(node.type)
        return make(node) if make is not None else None

    def _heading(self, node: SyntaxTreeNode) -> Node:
        return {
            "type": "heading",
            "depth": int(node.tag[1:]),
            "data": {"hProperties": {"id": str(node.attrs["id"])}},
            "children": self.children(node),
        }

    def _list(self, node: SyntaxTreeNode) -> Node:
        ordered = node.type == "ordered_list"
        start: Node = {"start": int(node.attrs.get("start", 1))} if ordered else {}
        return {"type": "list", "ordered": ordered, **start, "children": self.children(node)}

    def _item(self, node: SyntaxTreeNode) -> Node:
        # In a tight list the paragraphs are there and not shown.
        spread = any(child.type == "paragraph" and not child.hidden for child in node.children)
        return {"type": "listItem", "spread": spread, "children": self.children(node)}

    def _code(self, node: SyntaxTreeNode) -> Node:
        language = node.info.split(maxsplit=1)[:1]
        named: Node = {"lang": language[0]} if language else {}
        return {"type": "code", **named, "value": node.content.removesuffix("\n")}

    def _table(self, node: SyntaxTreeNode) -> Node:
        heads = node.children[0].children[0].children
        align: list[Json] = [_alignment(head) for head in heads]
        return {"type": "table", "align": align, "children": self.children(node)}

    def _html(self, node: SyntaxTreeNode) -> Node | None:
        html = self._sanitise(node.content)
        return {"type": "html", "value": html} if html else None

    def _link(self, node: SyntaxTreeNode) -> Node:
        return {
            "type": "link",
            "url": self._address(node.attrs.get("href")),
            **_title(node),
            "children": self.children(node),
        }

    def _image(self, node: SyntaxTreeNode) -> Node:
        return {
            "type": "image",
            "url": self._address(node.attrs.get("src")),
            **_title(node),
            "alt": node.content,
        }

    def _address(self, address: object) -> str:
        text = str(address or "")
        return text if self._is_harmless(text) else ""


def _dropped_after(tag: str, dropped: str) -> str:
    """Return the name of the element whose words are dropped after a tag; empty if none are.

    Args:
        tag: the tag.
        dropped: the same, before it.
    """
    if dropped:
        return "" if tag.lower().startswith(f"</{dropped}") else dropped
    opening = _WITHOUT_WORDS.match(tag)
    return opening[1].lower() if opening else ""


def _alignment(cell: SyntaxTreeNode) -> str | None:
    align = cell.attrs.get("align")
    return str(align) if align else None


def _title(node: SyntaxTreeNode) -> Node:
    title = node.attrs.get("title")
    return {"title": str(title)} if title else {}
