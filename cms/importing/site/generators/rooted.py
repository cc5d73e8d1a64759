"""Rules of generators whose pages are in several folders, each with an address of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from cms.importing.site.generators.base import Generator, SourcePage
from cms.importing.site.mapping import LocaleFiles, MarkdownMapping


class RootedGenerator(Generator):
    """A generator with folders of pages, which are the roots of the mapping."""

    @classmethod
    def configured(
        cls, mapping: MarkdownMapping, settings: Mapping[str, Any], locales: Sequence[str]
    ) -> MarkdownMapping:
        """Take the first locale for all files, if the mapping has none."""
        del settings
        return mapping if mapping.locales else replace(mapping, locales={locales[0]: LocaleFiles()})

    def root_of(self, path: str) -> tuple[str, str] | None:
        """Return the root of a file and the path of its pages; ``None`` if it is in no root."""
        roots = sorted(self.mapping.roots.items(), key=lambda each: -len(each[0]))
        for folder, address in roots:
            if not folder.strip("/") or path.startswith(f"{folder.strip('/')}/"):
                return folder.strip("/"), address.rstrip("/")
        return None

    def reason_against(self, path: str) -> str:
        """Return that a file is in no root, or that its name or a folder begins with ``_``."""
        root = self.root_of(path)
        if root is None:
            return "is not in a folder of pages of the old site"
        inside = path.removeprefix(root[0]).lstrip("/")
        hidden = any(each.startswith("_") for each in inside.split("/"))
        return "its name or folder begins with _, as those of parts do" if hidden else ""

    def inside(self, path: str) -> str:
        """Return the path of a file in its root, without its ending."""
        root = self.root_of(path)
        inner = path.removeprefix(root[0] if root is not None else "").lstrip("/")
        return str(PurePosixPath(inner).with_suffix(""))

    def language_folder(self, page: SourcePage) -> str:
        """Return the folder of the page's language, as it is in its addresses; empty if none."""
        folder = self.mapping.locales[page.place.locale].folder.strip("/")
        root = self.root_of(page.place.path)
        return folder.removeprefix(root[0] if root is not None else "").strip("/")

    def slug_path(self, page: SourcePage, address: str) -> str:
        """Return the address without the folder of its language."""
        folder = self.language_folder(page)
        if not folder:
            return address
        return "/".join(each for each in address.split("/") if each != folder)
