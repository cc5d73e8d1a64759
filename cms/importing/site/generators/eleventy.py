"""The rules of Eleventy: https://www.11ty.dev/docs/permalinks/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, ClassVar

from cms.errors import ContentFileError
from cms.importing.front_matter import FrontMatter, Plain, Written, read_data
from cms.importing.site.faults import FaultKind
from cms.importing.site.generators.base import Generator, SourcePage, absolute, dated, is_hidden
from cms.importing.site.mapping import LocaleFiles, MarkdownMapping, PagePlace
from cms.importing.site.page_index import AddressReading, joined
from cms.importing.site.syntax.expressions import evaluate
from cms.importing.site.values import PageValues, is_false, moment_of

# Folders of the site that have no pages.
_NO_PAGES = frozenset({"_includes", "_data"})
# Endings of pages that are made by templates.
_TEMPLATES = (".njk", ".liquid", ".webc", ".hbs", ".mustache", ".ejs", ".haml", ".pug", ".11ty.js")
# Files whose lines are paths that are not read.
_IGNORING = (".eleventyignore", ".gitignore")
_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_GLOB = re.compile(r"\*\*/|\*\*|\*|\?")


class Eleventy(Generator):
    """A site of Eleventy."""

    html_endings = (".html", ".htm")

    endings = (".md",)
    index_names = frozenset({"index"})
    scripts = (
        ".eleventy.js",
        *(f"eleventy.config.{ending}" for ending in ("js", "mjs", "cjs", "ts")),
    )
    of_scripts: ClassVar[Mapping[str, str]] = {"input": "roots", "pathPrefix": "url"}

    @classmethod
    def configured(
        cls, mapping: MarkdownMapping, settings: Mapping[str, Any], locales: Sequence[str]
    ) -> MarkdownMapping:
        """Take the folder of the pages from the roots of the mapping."""
        del settings
        if mapping.locales:
            return mapping
        root = next(iter(mapping.roots), "")
        return replace(mapping, locales={locales[0]: LocaleFiles(folder=root)})

    def unread_settings(self) -> Iterator[tuple[str, str]]:
        """Add data files that are scripts."""
        yield from super().unread_settings()
        for file in sorted(self.folder.rglob("*.11tydata.*js")):
            path = file.relative_to(self.folder)
            if "node_modules" not in path.parts:
                yield str(path), "its values are a script, which is not read"

    def ignored(self, path: str) -> str:
        """Add pages that are templates, whose text is not in the file."""
        is_template = path.lower().endswith(_TEMPLATES)
        if not is_template or self.mapping.is_skipped(path) or self.reason_against(path):
            return super().ignored(path)
        root = next(iter(self.mapping.roots), "").strip("/")
        is_inside = path.startswith(f"{root}/") if root else not is_hidden(path)
        return "is a template, whose page is not imported" if is_inside else ""

    def reason_against(self, path: str) -> str:
        """Return that a file is in a folder without pages, or that the site ignores it."""
        root = next(iter(self.mapping.roots), "").strip("/")
        if path.removeprefix(root).lstrip("/").split("/")[0] in _NO_PAGES:
            return "is not in a folder of pages"
        fitting = [is_left_out for each, is_left_out in self._ignored if each.match(path)]
        return "is ignored by the site" if fitting and fitting[-1] else ""

    @cached_property
    def _ignored(self) -> Sequence[tuple[re.Pattern[str], bool]]:
        """The patterns of paths, and whether each ignores them; the last one that fits counts."""
        root = next(iter(self.mapping.roots), "").strip("/")
        found: list[tuple[re.Pattern[str], bool]] = []
        for folder in dict.fromkeys(("", root)):
            for name in _IGNORING:
                file = self.folder / folder / name
                text = file.read_text("utf-8", errors="replace") if file.is_file() else ""
                lines = (each.strip() for each in text.splitlines())
                globs = (each for each in lines if each.strip("!/") and each[0] != "#")
                found += [
                    (_pattern(joined(folder, each.lstrip("!").strip("/"))), each[0] != "!")
                    for each in globs
                ]
        return found

    def without_index(self, name: str) -> str:
        """Return the name of the folder for its index, and for a file of the folder's name."""
        parent, _, last = name.rpartition("/")
        is_index = last in self.index_names or last == parent.rpartition("/")[2]
        return parent if is_index and parent else name

    def source_of(self, place: PagePlace, source: FrontMatter) -> FrontMatter:
        """Add the values of the data files of the folders, and of the file itself."""
        values: dict[str, Written] = {}
        path = PurePosixPath(place.path)
        files = [each / each.name for each in reversed(path.parents) if each.name]
        for each in [*files, path.with_suffix("")]:
            for ending in (".json", ".11tydata.json"):
                file = self.folder / f"{each}{ending}"
                if file.is_file():
                    values = _cascaded(values, _data(file))
        return replace(source, written=_cascaded(values, source.written))

    def date_of(self, place: PagePlace, values: PageValues) -> datetime | None:
        """Return the date in the front matter, or in the name of the file or its folder."""
        found = values.moment(self.mapping.date, self.zone)
        if found is not None:
            return found
        names = [
            dated(each)[0] for each in reversed(PurePosixPath(place.path).with_suffix("").parts)
        ]
        return next((moment_of(each, self.zone) for each in names if each), None)

    def address_of(self, page: SourcePage) -> str:
        """Return the permalink of the page, or the path of its file."""
        permalink = self._permalink(page)
        if permalink and not _has_expression(permalink):
            whole = f"/{permalink.lstrip('/')}"
            return whole.removesuffix("index.html") if whole.endswith("/index.html") else whole
        inside = self._inside(page.place)
        name = "" if inside in self.index_names else self.without_index(inside)
        return f"/{name}/" if name else "/"

    def remarks_on(self, page: SourcePage) -> Iterator[tuple[FaultKind, str, str]]:
        """Yield that the permalink of a page is not known."""
        permalink = self._permalink(page)
        if _has_expression(permalink):
            message = f"permalink: {permalink} has a value that is not known; the path of the file"
            yield FaultKind.CHANGED, "permalink", f"{message} is used"

    def _permalink(self, page: SourcePage) -> str:
        """Return the permalink of a page, with the values of its expressions; empty if none."""
        permalink = page.values.value("permalink")
        if not isinstance(permalink, str) or is_false(permalink):
            return ""
        stem = self._inside(page.place)
        own = {
            "fileSlug": dated(self.without_index(stem).rpartition("/")[2])[1],
            "filePathStem": f"/{stem}",
            "inputPath": f"./{page.place.path}",
            "date": page.date.isoformat() if page.date is not None else "",
        }
        return evaluate(permalink, {**page.values.written, "page": own})

    def slug_path(self, page: SourcePage, address: str) -> str:
        """Return the address without the folder of its language."""
        return address.removeprefix(f"/{self._language(page)}/")

    def reason_hidden(self, page: SourcePage) -> str:
        """Add pages that are not written, and drafts, for which any text is true."""
        if is_false(page.values.value("permalink")):
            return "permalink: false"
        draft = page.values.value("draft")
        is_text = isinstance(draft, str) and not isinstance(draft, Plain) and draft
        return f"draft: {draft}" if is_text else super().reason_hidden(page)

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the file that a link means, from its folder or the root, and the address."""
        root = next(iter(self.mapping.roots), "")
        if not path.startswith("/"):
            yield AddressReading("file", joined(page.place.path.rpartition("/")[0], path))
        yield AddressReading("file", joined(root, path.lstrip("/")))
        yield AddressReading("address", absolute(path, address))

    def _inside(self, place: PagePlace) -> str:
        root = next(iter(self.mapping.roots), "").strip("/")
        return str(PurePosixPath(place.path).with_suffix("")).removeprefix(root).lstrip("/")

    def _language(self, page: SourcePage) -> str:
        root = next(iter(self.mapping.roots), "").strip("/")
        folder = self.mapping.locales[page.place.locale].folder.strip("/")
        return folder.removeprefix(root).strip("/") or "\0"


def _has_expression(text: str) -> bool:
    return "{{" in text or "{%" in text


def _pattern(glob: str) -> re.Pattern[str]:
    """Return a pattern that matches the start of the path of a file, or of those in a folder."""
    texts = _GLOB.split(glob)
    signs = [_GLOBS[each] for each in _GLOB.findall(glob)]
    parts = [re.escape(text) + sign for text, sign in zip(texts, [*signs, ""], strict=True)]
    return re.compile(f"{''.join(parts)}(?:/|\\Z)")


def _data(file: Any) -> Mapping[str, Written]:
    try:
        return read_data(file)
    except ContentFileError:
        return {}


def _cascaded(values: Mapping[str, Written], own: Mapping[str, Written]) -> dict[str, Written]:
    """Return values with those of a more specific file; tags are added."""
    merged = {**values, **own}
    if "tags" in values and "tags" in own:
        merged["tags"] = [*_list(values["tags"]), *_list(own["tags"])]
    return merged


def _list(value: Written) -> list[Written]:
    return value if isinstance(value, list) else [value]
