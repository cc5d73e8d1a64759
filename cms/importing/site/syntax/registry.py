"""The converters of texts by the names that a mapping can have."""

from __future__ import annotations

from collections.abc import Mapping

from cms.importing.site.syntax.comments import without_comments
from cms.importing.site.syntax.containers import without_containers
from cms.importing.site.syntax.conversion import Converter
from cms.importing.site.syntax.hugo import without_shortcodes
from cms.importing.site.syntax.kramdown import without_attributes
from cms.importing.site.syntax.liquid import without_liquid
from cms.importing.site.syntax.mdx import without_mdx
from cms.importing.site.syntax.obsidian import without_obsidian
from cms.importing.site.syntax.vue import with_includes, without_vue

CONVERTERS: Mapping[str, Converter] = {
    "comments": without_comments,
    "containers": without_containers,
    "hugo": without_shortcodes,
    "includes": with_includes,
    "kramdown": without_attributes,
    "liquid": without_liquid,
    "mdx": without_mdx,
    "obsidian": without_obsidian,
    "vue": without_vue,
}

# Those that convert the text of pages in HTML, too.
IN_HTML = frozenset({"comments", "liquid"})
