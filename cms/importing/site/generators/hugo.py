"""The rules of Hugo: https://gohugo.io/content-management/urls/."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from cms.errors import ContentFileError, SiteError
from cms.importing.front_matter import Written, read_page_file
from cms.importing.site.generators.base import (
    Generator,
    Named,
    SourcePage,
    absolute,
    dated,
    texts_of,
)
from cms.importing.site.mapping import LocaleFiles, MarkdownMapping, PagePlace
from cms.importing.site.page_index import AddressReading, PageIndex, joined
from cms.importing.site.values import PageValues, is_true, moment_of

_KEPT = frozenset("._-+~@#/")
_TOKEN = re.compile(r":([a-z0-9]+)(?:\[[^\]]*\])?")


class Hugo(Generator):
    """A site of Hugo."""

    config = tuple(
        f"{folder}{name}.{ending}"
        for folder in ("", "config/_default/")
        for name in ("hugo", "config")
        for ending in ("toml", "yaml", "yml", "json")
    )

    @classmethod
    def configured(
        cls, mapping: MarkdownMapping, settings: Mapping[str, Any], locales: Sequence[str]
    ) -> MarkdownMapping:
        """Take the URL, the time zone, the languages and the permalinks of the site."""
        permalinks = _lower(settings.get("permalinks"))
        pages = permalinks.get("page", permalinks)
        return replace(
            mapping,
            url=mapping.url or str(_lower(settings).get("baseurl", "")).rstrip("/"),
            time_zone=mapping.time_zone or str(_lower(settings).get("timezone", "")),
            locales=mapping.locales or cls._locales(settings, locales),
            permalinks={
                **{k: v for k, v in pages.items() if isinstance(v, str)},
                **mapping.permalinks,
            },
        )

    @classmethod
    def _locales(
        cls, settings: Mapping[str, Any], locales: Sequence[str]
    ) -> Mapping[str, LocaleFiles]:
        content = _content_folder(settings)
        languages = _lower(settings.get("languages"))
        default = cls._default(settings)
        found: dict[str, LocaleFiles] = {}
        for name, language in languages.items():
            folder = language.get("contentDir") if isinstance(language, dict) else None
            suffix = "" if folder or name == default else f".{name}"
            if name in locales:
                found[name] = LocaleFiles(folder=str(folder or content), suffix=suffix)
        return found or {locales[0]: LocaleFiles(folder=content)}

    @staticmethod
    def _default(settings: Mapping[str, Any]) -> str:
        return str(_lower(settings).get("defaultcontentlanguage", "en")).lower()

    def reason_against(self, path: str) -> str:
        """Return that a file is ignored, a resource of a bundle, or in a language left out."""
        if any(each.search(f"/{path}") for each in self._ignored):
            return "is ignored by the site"
        stem = path.rpartition("/")[2].split(".")
        *folders, _ = path.split("/")
        bundles = ["/".join(folders[:number]) for number in range(1, len(folders) + 1)]
        for each in bundles:
            if stem[0] == "index" and each == "/".join(folders):
                continue
            if any((self.folder / each).glob("index.*")) and _has_index(self.folder / each):
                return "is a resource of the bundle of its folder, and not a page"
        others = {name for name in _lower(self.settings.get("languages")) if name != self.default}
        if len(stem) > 2 and stem[-2] in others - set(self.mapping.locales):  # noqa: PLR2004
            return f"its language {stem[-2]!r} is not a locale of the mapping"
        return ""

    @cached_property
    def _ignored(self) -> Sequence[re.Pattern[str]]:
        """The patterns of the paths that the site ignores."""
        found: list[re.Pattern[str]] = []
        for each in texts_of(_lower(self.settings).get("ignorefiles")):
            try:
                found.append(re.compile(each))
            except re.error as error:
                raise SiteError(
                    f"ignoreFiles in the settings of the site: {each!r} cannot be read ({error}); "
                    "write it as a regular expression of Python"
                ) from None
        return found

    @property
    def default(self) -> str:
        """The language whose pages have no prefix."""
        return self._default(self.settings)

    @property
    def is_resolving(self) -> bool:
        """True if links to files and pages become those of their addresses."""
        hooks = self.folder / "layouts" / "_default" / "_markup" / "render-link.html"
        new_hooks = self.folder / "layouts" / "_markup" / "render-link.html"
        goldmark = _lower(_lower(self.settings.get("markup")).get("goldmark"))
        link = _lower(_lower(goldmark.get("renderhooks")).get("link"))
        use = str(link.get("useembedded", "auto")).lower()
        is_multilingual = len(_lower(self.settings.get("languages"))) > 1
        if hooks.exists() or new_hooks.exists() or is_true(link.get("enabledefault")):
            return True
        return use in {"always", "fallback"} or (use == "auto" and is_multilingual)

    def defaults_of(self, place: PagePlace) -> Mapping[str, Written]:
        """Return the values that the site and the sections of a page pass on to it."""
        values: dict[str, Written] = {}
        for cascade in self._cascades(place):
            for each in cascade if isinstance(cascade, list) else [cascade]:
                if isinstance(each, dict) and self._is_target(each, place):
                    values |= {k: v for k, v in each.items() if k not in {"_target", "target"}}
        return values

    # --- Pages ---

    def date_of(self, place: PagePlace, values: PageValues) -> datetime | None:
        """Return the date in the front matter, or in the file's name if the site reads it."""
        found = values.moment(self.mapping.date, self.zone)
        name, _ = dated(self._last(place))
        return moment_of(name, self.zone) if found is None and self._dates_names else found

    def address_of(self, page: SourcePage) -> str:
        """Return the path by ``url``, the permalinks of its section, or its folders and slug."""
        if page.place.locale in self.mapping.locales and self._stood(page):
            return super().address_of(page)
        prefix, url = self._prefix(page), page.values.text("url")
        if url:
            whole = url if url.startswith("/") else f"{prefix}/{url}"
            return whole if whole.endswith("/") or "." in whole.rpartition("/")[2] else f"{whole}/"
        folders, slug = self._parts(page)
        pattern = self.mapping.permalinks.get(folders[0] if folders else "")
        if pattern and not self._is_section(page):
            path = _TOKEN.sub(lambda match: self._token(match[1], page, folders, slug), pattern)
        else:
            path = "/".join([*folders, *([slug] if slug else [])])
        clean = _sanitised(re.sub(r"/+", "/", path).strip("/"))
        if not clean:
            return f"{prefix}/"
        is_ugly = is_true(_lower(self.settings).get("uglyurls")) and not self._is_section(page)
        return f"{prefix}/{clean}.html" if is_ugly else f"{prefix}/{clean}/"

    def former_of(self, page: SourcePage, address: str) -> list[str]:
        """Add the prefix of the default language, from which its home page is redirected."""
        languages = _lower(self.settings.get("languages"))
        is_home = address == "/" and len(languages) > 1
        return [*super().former_of(page, address), *([f"/{self.default}/"] if is_home else [])]

    def aliases_of(self, page: SourcePage, address: str) -> list[str]:
        """Return the aliases; a relative one is relative to the folder of the page."""
        parent = address.rstrip("/").rpartition("/")[0]
        prefix = self._prefix(page)
        found: list[str] = []
        for alias in self.written_aliases(page):
            path = f"{prefix}{alias}" if alias.startswith("/") else f"/{joined(parent, alias)}"
            is_file = "." in path.rpartition("/")[2]
            found.append(path if is_file or path.endswith("/") else f"{path}/")
        return found

    def slug_path(self, page: SourcePage, address: str) -> str:
        """Return the address without the prefix of its language."""
        return address.removeprefix(f"{self._prefix(page)}/")

    def names_of(self, page: SourcePage) -> list[str]:
        """Return the logical path of a page, and that of its file."""
        folder = self.mapping.locales[page.place.locale].folder.strip("/")
        inside = page.place.path.removeprefix(folder).lstrip("/")
        return [page.place.name, inside, "" if page.place.name == "_index" else page.place.name]

    def reason_hidden(self, page: SourcePage) -> str:
        """Add pages that are built without an address."""
        build = page.values.value("build") or page.values.value("_build")
        if isinstance(build, dict) and build.get("render") in {"never", "link", "false"}:
            return "build.render: never"
        is_bundle = page.place.path.rpartition("/")[2].startswith("index.")
        if is_bundle and is_true(page.values.value("headless")):
            return "headless: true"
        return super().reason_hidden(page)

    # --- Links ---

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the page that is named so if the site resolves names, and the address."""
        folder = self._logical_folder(page)
        name = joined("", path) if path.startswith("/") else joined(folder, path)
        bare = re.sub(r"(^|/)_?index$", "", re.sub(r"\.(md|markdown|mdown|mkd)$", "", name))
        if self.is_resolving:
            yield AddressReading("name", name)
            yield AddressReading("name", bare)
        yield AddressReading("address", absolute(path, address))
        if not self.is_resolving and name != bare:
            yield AddressReading("name", bare, is_broken=True)

    def named_page(self, kind: str, name: str, page: SourcePage, index: PageIndex) -> Named:
        """Return the page of a ``ref``: by its path from the page or the root, or its name."""
        del kind
        path, _, language = name.partition("?lang=")
        locale = language or page.place.locale
        bare = re.sub(r"(^|/)_?index$", "", re.sub(r"\.(md|markdown|mdown|mkd)$", "", path))
        relative = [] if path.startswith("/") else [joined(self._logical_folder(page), bare)]
        for each in [*relative, bare]:
            if (key := index.at(AddressReading("name", each), locale)) is not None:
                return Named([key])
        found = index.named(bare, locale) if "/" not in bare.strip("/") else []
        if len(found) > 1:
            return Named(found, f"{path} names {len(found)} pages")
        return Named(found, "" if found else f"{path} is not a page in {locale!r}")

    # --- Values of sections ---

    def _cascades(self, place: PagePlace) -> Iterator[Written]:
        yield self.settings.get("cascade", {})
        parts = place.path.split("/")[:-1]
        for number in range(1, len(parts) + 1):
            yield self._cascade_of("/".join(parts[:number]))

    def _cascade_of(self, folder: str) -> Written:
        """Return the values that a section passes on to its pages."""
        if folder not in self._known_cascades:
            file = self.folder / folder / "_index.md"
            try:
                written = read_page_file(file).written if file.is_file() else {}
            except ContentFileError:  # it is a fault of its own
                written = {}
            self._known_cascades[folder] = written.get("cascade", {})
        return self._known_cascades[folder]

    @cached_property
    def _known_cascades(self) -> dict[str, Written]:
        return {}

    def _is_target(self, cascade: Mapping[str, Written], place: PagePlace) -> bool:
        target = cascade.get("_target") or cascade.get("target")
        if not isinstance(target, dict):
            return True
        is_section = place.path.rpartition("/")[2].startswith("_index.")
        kind, path = str(target.get("kind") or ""), str(target.get("path") or "")
        is_kind = not kind or ("section" if is_section else "page") in kind
        pattern = path.strip("{}").replace("**", "*")
        return is_kind and (not path or fnmatchcase(f"/{place.name}", pattern))

    # --- Parts of addresses ---

    def _stood(self, page: SourcePage) -> bool:
        return bool(self.mapping.locales[page.place.locale].stood_at)

    def _prefix(self, page: SourcePage) -> str:
        locale = page.place.locale
        languages = _lower(self.settings.get("languages"))
        in_subfolder = is_true(_lower(self.settings).get("defaultcontentlanguageinsubdir"))
        if len(languages) < 2 and not languages.get(locale):  # noqa: PLR2004
            return ""
        return f"/{locale.lower()}" if locale.lower() != self.default or in_subfolder else ""

    def _last(self, place: PagePlace) -> str:
        return place.name.rpartition("/")[2]

    @property
    def _dates_names(self) -> bool:
        front = _lower(self.settings.get("frontmatter"))
        return ":filename" in front.get("date", [])

    def _is_section(self, page: SourcePage) -> bool:
        return page.place.path.rpartition("/")[2].startswith("_index.")

    def _logical_folder(self, page: SourcePage) -> str:
        folder = self.mapping.locales[page.place.locale].folder.strip("/")
        inside = page.place.path.removeprefix(folder).lstrip("/")
        return inside.rpartition("/")[0]

    def _parts(self, page: SourcePage) -> tuple[list[str], str]:
        """Return the folders of a page and its last segment, which ``slug`` replaces."""
        if page.place.name in {"_index", "index"}:
            return [], ""
        *folders, last = page.place.name.split("/")
        date, rest = dated(last) if self._dates_names else ("", last)
        slug = "" if self._is_section(page) else page.values.text("slug")
        return folders, slug or (rest if date else last)

    def _token(self, name: str, page: SourcePage, folders: Sequence[str], slug: str) -> str:
        date = page.date
        moments: Mapping[str, str] = (
            {}
            if date is None
            else {
                "year": f"{date:%Y}",
                "month": f"{date:%m}",
                "monthname": f"{date:%B}",
                "day": f"{date:%d}",
                "weekday": f"{date:%w}",
                "weekdayname": f"{date:%A}",
                "yearday": str(date.timetuple().tm_yday),
            }
        )
        file = self._last(page.place)
        title = page.values.text("title").replace("/", "-")
        own = {
            "section": folders[0] if folders else "",
            "sections": "/".join(folders),
            "title": title,
            "slug": page.values.text("slug") or title or file,
            "filename": file,
            "contentbasename": file,
            "slugorfilename": slug,
            "slugorcontentbasename": slug,
        }
        return {**moments, **own}.get(name, f":{name}")


def _content_folder(settings: Mapping[str, Any]) -> str:
    """Return the folder of pages: that which is mounted as ``content``, or ``contentDir``."""
    mounts = _lower(settings.get("module")).get("mounts")
    for each in mounts if isinstance(mounts, list) else []:
        if isinstance(each, dict) and each.get("target") == "content":
            return str(each.get("source") or "content")
    return str(_lower(settings).get("contentdir") or "content")


def _has_index(folder: Path) -> bool:
    return any((folder / f"index{ending}").exists() for ending in Generator.endings)


def _sanitised(path: str) -> str:
    """Return a path with the characters that Hugo keeps, in lower case."""
    text = unicodedata.normalize("NFC", path).strip().replace(" ", "-")
    kept = (c for c in text if c in _KEPT or unicodedata.category(c)[0] in "LNM")
    return re.sub(r"-{2,}", "-", "".join(kept)).lower()


def _lower(settings: Any) -> dict[str, Any]:
    """Return settings with keys in lower case, since Hugo does not tell them apart."""
    if not isinstance(settings, dict | Mapping):
        return {}
    return {str(key).lower(): value for key, value in settings.items()}
