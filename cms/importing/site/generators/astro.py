"""The rules of Astro with content collections: https://docs.astro.build/en/guides/content-collections/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import ClassVar

from cms.importing.site.generators.base import SourcePage, absolute
from cms.importing.site.generators.rooted import RootedGenerator
from cms.importing.site.heading_ids import HEADING_IDS
from cms.importing.site.page_index import AddressReading, joined

_PAGES = "src/pages"


class Astro(RootedGenerator):
    """A site of Astro."""

    endings = (".md", ".mdx")
    index_names = frozenset({"index"})
    scripts = tuple(f"astro.config.{ending}" for ending in ("mjs", "js", "ts", "mts"))
    of_scripts: ClassVar[Mapping[str, str]] = {
        "site": "url",
        "base": "roots",
        "i18n": "locales",
        "locales": "locales",
        "redirects": "redirects",
    }

    def address_of(self, page: SourcePage) -> str:
        """Return the path of the root with the id of the entry: its ``slug``, or its file."""
        root, base = self.root_of(page.place.path) or ("", "")
        slug = page.values.text("slug") if root != _PAGES else ""
        segments = self.inside(page.place.path).split("/")
        if root != _PAGES:
            segments = [HEADING_IDS["github"].slug(each) for each in segments]
        inside = slug.strip("/") or self.without_index("/".join(segments))
        return f"{base}/" if inside == "index" else f"{base}/{inside}/"

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the address, and the file that a link means, which the site leaves as it is."""
        yield AddressReading("address", absolute(path, address))
        if PurePosixPath(path).suffix.lower() in self.endings:
            file = AddressReading("file", joined(page.place.path.rpartition("/")[0], path))
            yield replace(file, is_broken=True)
