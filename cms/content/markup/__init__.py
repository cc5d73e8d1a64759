"""Markdown, its syntax tree, and the sanitizing of HTML.

What a field needs of them is named here, and imported when a text is first read: a server that
answers readers starts without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cms.content.markup.html_segments import segments_of as segments_of
    from cms.content.markup.markdown import faults_in as faults_in
    from cms.content.markup.markdown import has_content as has_content
    from cms.content.markup.markdown import hrefs_of as hrefs_of
    from cms.content.markup.markdown import links_in as links_in
    from cms.content.markup.markdown import nesting_fault as nesting_fault
    from cms.content.markup.markdown import render_markdown as render_markdown
    from cms.content.markup.markdown import sanitising_losses as sanitising_losses

_NAMES = {
    "html_segments": ("segments_of",),
    "markdown": (
        *("faults_in", "has_content", "hrefs_of", "links_in", "nesting_fault"),
        *("render_markdown", "sanitising_losses"),
    ),
}
_MODULES = {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for."""
    from importlib import import_module  # noqa: PLC0415  # not part of what is named here

    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(_MODULES[name]), name)
    return found
