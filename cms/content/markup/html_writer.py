"""The HTML of tokens, before it is sanitised.

Attributes that authors cannot write have a mark; see :mod:`cms.content.markup.allowed_html`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from cms.content.markup.allowed_html import INDEX, MARK
from cms.content.markup.directive_values import DirectiveValues
from cms.content.markup.fences import read_info


class HtmlWriter(RendererHTML):
    """A writer of HTML; the name of each method is the type of the tokens that it writes."""

    def list_item_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Return the beginning of an item, with the box of a task."""
        item = self.renderToken(tokens, index, options, env)
        checked = tokens[index].meta.get("checked")
        if checked is None:
            return item
        state = ' checked=""' if checked else ""
        return f'{item}<input type="checkbox" disabled=""{state}> '

    def fence(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Return code with the attributes that highlighters read, on its ``pre``."""
        token = tokens[index]
        info = read_info(token.info)
        attributes = {
            "data-title": info.title,
            "data-line": info.lines,
            "data-start": info.start,
            "data-meta": info.meta,
        }
        language = f' class="language-{escapeHtml(info.language)}"' if info.language else ""
        code = escapeHtml(token.content)
        return f"<pre{_marked(attributes)}><code{language}>{code}</code></pre>\n"

    def container_directive_open(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Return the beginning of the neutral element that holds a block directive."""
        return f"<div{_directive(tokens[index])}>\n"

    leaf_directive_open = container_directive_open

    def text_directive_open(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Return the beginning of the neutral element that holds a directive within words."""
        return f"<span{_directive(tokens[index])}>"

    def footnote_ref(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Return the number of a footnote, which leads to it."""
        meta = tokens[index].meta
        attributes = {"id": meta["anchor"], "data-footnote-ref": None}
        link = f'<a href="#{escapeHtml(meta["target"])}"{_marked(attributes)}>{meta["number"]}</a>'
        return f"<sup>{link}</sup>"

    def footnote_open(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Return the beginning of a footnote."""
        return f"<li{_marked({'id': tokens[index].meta['note'].anchor})}>"

    def footnote_back(
        self, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Return the link from a footnote back to one of its references."""
        anchor = escapeHtml(tokens[index].meta["reference"].meta["anchor"])
        attributes = {"data-footnote-backref": None}
        return f' <a href="#{anchor}"{_marked(attributes)}>\u21a9\ufe0e</a>'


def _directive(token: Token) -> str:
    values: DirectiveValues = token.meta["values"]
    attributes: dict[str, str | None] = {"data-directive": token.meta["call"].name}
    for name, text in values.attributes.items():
        attributes[f"data-{name}"] = text or None
    attributes[INDEX] = str(token.meta["index"])
    return _marked(attributes)


def _marked(attributes: Mapping[str, str | None]) -> str:
    """Return attributes that only the writer makes, without those that have an empty text."""
    return "".join(
        f' {MARK}{name}="{escapeHtml(value or "")}"'
        for name, value in attributes.items()
        if value != ""
    )
