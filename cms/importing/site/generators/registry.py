"""The generators by the names that a mapping can have."""

from __future__ import annotations

from collections.abc import Mapping

from cms.importing.site.generators.astro import Astro
from cms.importing.site.generators.base import Generator
from cms.importing.site.generators.docusaurus import Docusaurus
from cms.importing.site.generators.eleventy import Eleventy
from cms.importing.site.generators.hugo import Hugo
from cms.importing.site.generators.jekyll import Jekyll
from cms.importing.site.generators.obsidian import Obsidian
from cms.importing.site.generators.vitepress import VitePress

GENERATORS: Mapping[str, type[Generator]] = {
    "": Generator,
    "astro": Astro,
    "docusaurus": Docusaurus,
    "eleventy": Eleventy,
    "hugo": Hugo,
    "jekyll": Jekyll,
    "obsidian": Obsidian,
    "vitepress": VitePress,
}
