"""The rules of Astro with content collections: https://docs.astro.build/en/guides/content-collections/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import ClassVar

from cms.importing.site.generators.base import SourcePage, absolute
from cms.importing.site.generators.rooted import RootedGenerator
from cms.importing.site.heading_ids import HEADING_IDS
from cms.importing.site.page_index import AddressReading, joined

_PAGES = "src/pages"
_STARLIGHT = '"@astrojs/starlight"'


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
        whole = absolute(path, address)
        yield AddressReading("address", whole)
        if self._has_fallbacks:
            yield from self._in_other_languages(whole, page)
        if PurePosixPath(path).suffix.lower() in self.endings:
            file = AddressReading("file", joined(page.place.path.rpartition("/")[0], path))
            yield replace(file, is_broken=True)

    def _in_other_languages(self, whole: str, page: SourcePage) -> Iterator[AddressReading]:
        """Yield an address without its language: pages are shown there without a translation."""
        root, base = self.root_of(page.place.path) or ("", "")
        for files in self.mapping.locales.values():
            folder = files.folder.strip("/").removeprefix(root).strip("/")
            prefix = f"{base}/{folder}/"
            if folder and f"{whole}/".startswith(prefix):
                yield AddressReading("address", f"{base}/{whole[len(prefix) :]}")

    @cached_property
    def _has_fallbacks(self) -> bool:
        """True for a site of Starlight, which has all pages in each language."""
        try:
            return _STARLIGHT in (self.folder / "package.json").read_text("utf-8", "replace")
        except OSError:
            return False
