"""The rules of VitePress: https://vitepress.dev/guide/routing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from cms.importing.site.generators.base import SourcePage, absolute
from cms.importing.site.generators.rooted import RootedGenerator
from cms.importing.site.page_index import AddressReading, joined

_PARAMETER = re.compile(r":(\w+)(\*?)")


class VitePress(RootedGenerator):
    """A site of VitePress."""

    endings = (".md",)
    index_names = frozenset({"index"})
    scripts = tuple(
        f"{folder}.vitepress/config.{ending}"
        for folder in ("", "docs/")
        for ending in ("js", "ts", "mjs", "mts")
    )
    of_scripts: ClassVar[Mapping[str, str]] = {
        "base": "roots",
        "srcDir": "roots",
        "hostname": "url",
        "locales": "locales",
        "rewrites": "rewrites",
        "srcExclude": "skip",
    }

    def reason_against(self, path: str) -> str:
        """Return that a file is in no root, or that a script gives its pages."""
        root = self.root_of(path)
        if root is None:
            return "is not in a folder of pages of the old site"
        if "[" in path:
            return "its pages are made by a script; import what the script reads"
        return ""

    def address_of(self, page: SourcePage) -> str:
        """Return the path of the file after the rewrites, with its ending ``.html``."""
        _, base = self.root_of(page.place.path) or ("", "")
        inside = self._rewritten(f"{self.inside(page.place.path)}.md").removesuffix(".md")
        if inside == "index":
            return f"{base}/"
        name = self.without_index(inside)
        return f"{base}/{name}/" if name != inside else f"{base}/{inside}.html"

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the address with the ending of pages, and the file that a link means."""
        whole = absolute(path, address)
        stem, dot, ending = whole.rpartition(".")
        if dot and ending.lower() == "md":
            yield AddressReading("address", f"{stem}.html")
            root, _ = self.root_of(page.place.path) or ("", "")
            folder = root if path.startswith("/") else page.place.path.rpartition("/")[0]
            file = AddressReading("file", joined(folder, path.lstrip("/")))
            yield replace(file, is_broken=True)
        elif whole.endswith("/") or dot:
            yield AddressReading("address", whole)
        else:
            yield AddressReading("address", f"{whole}.html")

    def _rewritten(self, path: str) -> str:
        for pattern, target in self.mapping.rewrites.items():
            regex = _PARAMETER.sub(
                lambda match: f"(?P<{match[1]}>{'.*' if match[2] else '[^/]+'})",
                re.escape(pattern).replace(r"\*", "*").replace(r"\:", ":"),
            )
            match = re.fullmatch(regex, path)
            if match is not None:
                groups = match.groupdict()
                return _PARAMETER.sub(lambda each: groups.get(each[1], each[0]), target)  # noqa: B023
        return path
