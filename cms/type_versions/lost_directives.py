"""Directives in texts whose classes a field no longer declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cms.content.canonical_json import Json
from cms.content.fields.directives import directive_name
from cms.content.markup.markdown import names_of_directives
from cms.type_versions.declaration import DeclaredField, DeclaredSite, former_names


def lost_directives(
    site: DeclaredSite, before: DeclaredField, after: DeclaredField, value: Json
) -> Iterable[str]:
    """Return the names of directives in a text that would become plain text.

    Args:
        site: the site as it was declared.
        before: the field as it was declared.
        after: the field as it becomes.
        value: the text, or the section with it.
    """
    gone = {*before.blocks} - {*after.blocks}
    names = {
        directive_name(each)
        for name, block in site.blocks.items()
        if block.stored in gone
        for each in (name, *former_names(site, "blocks", block.stored))
    }
    text = value.get("body") if isinstance(value, Mapping) else value
    return sorted(names_of_directives(text, frozenset(names))) if isinstance(text, str) else ()
