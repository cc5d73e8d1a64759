"""The rules of Jekyll: https://jekyllrb.com/docs/permalinks/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from cms.importing.front_matter import FrontMatter, Written
from cms.importing.site.generators.base import (
    Generator,
    Named,
    SourcePage,
    absolute,
    dated,
    texts_of,
)
from cms.importing.site.mapping import LocaleFiles, MarkdownMapping, PagePlace
from cms.importing.site.page_index import AddressReading, PageIndex, decoded, joined
from cms.importing.site.values import PageValues, is_false, is_true, moment_of

_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_TOKEN = re.compile(r":([a-z_]+)")
_WHOLE = re.compile(r"/|\w[\w+.-]*:")
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NOT_A_NAME = re.compile(r"[^\w]+")
_HIDDEN_FOLDERS = frozenset({"_site", "_layouts", "_includes", "_data", "_sass", "_plugins"})
# Folders that Jekyll excludes, also if the site excludes others.
_EXCLUDED = ("vendor/bundle", "vendor/cache", "vendor/gems", "vendor/ruby")


class Jekyll(Generator):
    """A site of Jekyll."""

    html_endings = (".html", ".htm")

    endings = (".md", ".markdown", ".mkd", ".mkdn", ".mkdown")
    config = ("_config.yml", "_config.yaml", "_config.toml")
    index_names = frozenset({"index"})
    needs_front_matter = True
    takes_last_value = True

    @classmethod
    def read_settings(cls, folder: Path) -> Mapping[str, Written]:
        """Return the settings of the site, with the host in the file that GitHub Pages reads.

        Raises:
            ContentFileError: if the file with the settings cannot be read.
        """
        settings = super().read_settings(folder)
        name = folder / "CNAME"
        if _text(settings, "url") or not name.is_file():
            return settings
        host = name.read_text(encoding="utf-8", errors="replace").strip()
        return {**settings, "url": f"https://{host}"} if _HOST.fullmatch(host) else settings

    @classmethod
    def configured(
        cls, mapping: MarkdownMapping, settings: Mapping[str, Any], locales: Sequence[str]
    ) -> MarkdownMapping:
        """Take the URL, the time zone, the permalinks and ``future`` of the site.

        Pages of all locales are in the same folders, and name their language.
        """
        site = f"{_text(settings, 'url')}{_text(settings, 'baseurl')}".rstrip("/")
        collections = settings.get("collections")
        of_collections = {
            str(name): str(each["permalink"])
            for name, each in (collections.items() if isinstance(collections, dict) else [])
            if isinstance(each, dict) and isinstance(each.get("permalink"), str)
        }
        others = {each: LocaleFiles() for each in locales}
        of_posts = {"posts": _text(settings, "permalink") or "date"}
        return replace(
            mapping,
            locales=mapping.locales or others,
            url=mapping.url or site,
            time_zone=mapping.time_zone or _text(settings, "timezone"),
            permalinks={**of_posts, **of_collections, **mapping.permalinks},
            future=mapping.future or is_true(settings.get("future")),
        )

    def in_language(self, place: PagePlace, source: FrontMatter) -> PagePlace:
        """Return the place of a page, which has the same name in the folders of all languages.

        With the plugin for languages, translations have the same permalink instead.
        """
        found = super().in_language(place, source)
        language = self.written_language(place, source).casefold()
        if not self.locale_of(language):
            return found
        permalink = PageValues(source, {}).text("permalink").strip("/")
        if self._is_polyglot and permalink:
            return replace(found, name=permalink)
        stem = PurePosixPath(found.path).stem
        is_index = stem in self.index_names and found.name not in self.index_names
        *folders, last = f"{found.name}/{stem}".split("/") if is_index else found.name.split("/")
        others = [each for each in folders if each.casefold() != language]
        return replace(found, name=self.without_index("/".join([*others, last])))

    def reason_against_language(self, language: str) -> str:
        """Return that a translation by the plugin is not in a locale of the mapping."""
        return f"its language {language!r} is not a locale of the mapping" * self._is_polyglot

    def reason_against(self, path: str) -> str:
        """Return that a file is excluded, or in a folder whose files are not pages."""
        *folders, name = path.split("/")
        excluded = [*_EXCLUDED, *texts_of(self.settings.get("exclude"))]
        folder_names = [f"{each.rstrip('/')}/" for each in excluded]
        if any(fnmatchcase(path, each) for each in excluded) or path.startswith((*folder_names,)):
            return "is excluded by the site"
        if any(each.startswith(".") or each in _HIDDEN_FOLDERS for each in folders):
            return "is not in a folder of pages"
        if self.collection_of(path) == "posts" and "_posts" in folders and not dated(name)[0]:
            return "its name has no date, as names of posts have"
        if self.collection_of(path) is None and any(each.startswith("_") for each in folders):
            return "its folder is not a collection of the site"
        return "its name begins with _" if name.startswith("_") else ""

    def collection_of(self, path: str) -> str | None:
        """Return the collection of a file: ``posts``, that of its folder, or none."""
        folders = path.split("/")[:-1]
        if "_posts" in folders or "_drafts" in folders:
            return "posts"
        first = folders[0].removeprefix("_") if folders and folders[0].startswith("_") else ""
        return first if first and first in self._collections else None

    def defaults_of(self, place: PagePlace) -> Mapping[str, Written]:
        """Return the values that ``defaults`` gives to a file, the most specific ones last."""
        found: list[tuple[int, Mapping[str, Written]]] = []
        defaults = self.settings.get("defaults")
        for each in defaults if isinstance(defaults, list) else []:
            scope, values = _mapping(each, "scope"), _mapping(each, "values")
            path, kind = str(scope.get("path") or ""), str(scope.get("type") or "")
            own = self.collection_of(place.path) or "pages"
            is_in = not path or place.path.startswith(path) or fnmatchcase(place.path, path)
            if is_in and kind in {"", own}:
                found.append((len(path), values))
        return {k: v for _, each in sorted(found, key=lambda e: e[0]) for k, v in each.items()}

    # --- Pages ---

    def date_of(self, place: PagePlace, values: PageValues) -> datetime | None:
        """Return the date in the front matter, or that in the name of a post."""
        found = values.moment(self.mapping.date, self.zone)
        if found is None and self.collection_of(place.path) == "posts":
            found = moment_of(dated(self._base(place))[0], self.zone)
        return found.astimezone(self.zone) if found is not None else None

    def address_of(self, page: SourcePage) -> str:
        """Return the path by the permalink of the page, of its collection or of the site."""
        own = page.values.text("permalink")
        collection = self.collection_of(page.place.path)
        if own:
            pattern = own
        elif collection is not None:
            default = "/:collection/:path:output_ext"
            named = self.mapping.permalinks.get(collection, default)
            pattern = _STYLES.get(named, named)
        else:
            pattern = self._page_pattern()
            if self._base(page.place) == "index":
                pattern = "/:path/"
        path = _TOKEN.sub(lambda match: self._token(match[1], page), pattern)
        clean = re.sub(r"/+", "/", f"{self._prefix(page)}/{path}")
        is_file = clean.endswith("/") or "." in clean.rpartition("/")[2]
        return clean if is_file else f"{clean}.html"

    def aliases_of(self, page: SourcePage, address: str) -> list[str]:
        """Return the addresses of redirects; without an ending, they are files ``.html``, too."""
        found = super().aliases_of(page, address)
        plain = [each for each in found if not each.endswith("/") and "." not in each]
        return [*found, *(f"{each}.html" for each in plain)]

    def redirect_of(self, page: SourcePage) -> str:
        """Return the first address under the key of the plugin for redirects, from the root."""
        to = next(iter(page.values.texts("redirect_to")), "")
        return to if not to or _WHOLE.match(to) else f"/{to}"

    def slug_path(self, page: SourcePage, address: str) -> str:
        """Return the address without the folder of its language."""
        return address.removeprefix(self._prefix(page))

    def title_of_file(self, page: SourcePage) -> str:
        """Return the words of the name of a post, without its date."""
        if self.collection_of(page.place.path) is None:
            return super().title_of_file(page)
        words = re.split(r"[-_ ]+", dated(self._base(page.place))[1])
        return " ".join(each[:1].upper() + each[1:] for each in words)

    def names_of(self, page: SourcePage) -> list[str]:
        """Return the name by which ``post_url`` names a post."""
        name = page.place.name.replace("_posts/", "")
        return [page.place.name, name]

    def reason_hidden(self, page: SourcePage) -> str:
        """Add drafts, collections without output, and posts of the future."""
        if "_drafts" in page.place.path.split("/"):
            return "is in _drafts"
        if is_false(page.values.value("published")):
            return "published: false"
        collection = self.collection_of(page.place.path)
        rules = self._collections.get(collection or "posts")
        has_output = isinstance(rules, dict) and is_true(rules.get("output"))
        if collection not in {None, "posts"} and not has_output:
            return f"its collection {collection!r} has no output"
        reason = super().reason_hidden(page)
        return reason if collection is not None or "future" not in reason else ""

    def tags_of(self, values: PageValues) -> Sequence[str]:
        """Return the tags; a text has several, with spaces between."""
        return self._words(values, self.mapping.tags, "tag")

    # --- Links ---

    def readings(self, path: str, page: SourcePage, address: str) -> Iterator[AddressReading]:
        """Yield the address, and the file that a link to ``.md`` means."""
        file = AddressReading("file", joined(page.place.path.rpartition("/")[0], path))
        is_file = PurePosixPath(path).suffix.lower() in self.endings
        if is_file and "jekyll-relative-links" in self._plugins:
            yield file
        whole = absolute(path, address)
        if path.startswith("/"):  # the plugin for languages translates links, too
            yield AddressReading("address", f"{self._prefix(page)}{whole}")
        yield AddressReading("address", whole)
        if is_file:
            yield replace(file, is_broken=True)

    def named_page(self, kind: str, name: str, page: SourcePage, index: PageIndex) -> Named:
        """Return the page of ``link``, a path of a file, or of ``post_url``, the name of a post."""
        locale = page.place.locale
        if kind == "link":
            key = index.at(AddressReading("file", joined("", decoded(name))), locale)
            return Named([key] if key else [], "" if key else f"{name} is not a page")
        found = index.names_ending(name, locale)
        reason = f"{name} is not a post" if not found else ""
        return Named(found, reason or (f"{name} names {len(found)} posts" if found[1:] else ""))

    # --- Parts of addresses ---

    @property
    def _plugins(self) -> Sequence[str]:
        return [*texts_of(self.settings.get("plugins")), *texts_of(self.settings.get("gems"))]

    @property
    def _is_polyglot(self) -> bool:
        return "jekyll-polyglot" in self._plugins

    def _prefix(self, page: SourcePage) -> str:
        """Return the folder of the language that the plugin for languages adds to addresses."""
        language = self.written_language(page.place, page.values.source)
        default = _text(self.settings, "default_lang")
        return f"/{language}" if self._is_polyglot and language not in {"", default} else ""

    @property
    def _collections(self) -> Mapping[str, Any]:
        declared = self.settings.get("collections")
        if isinstance(declared, list):
            return {str(name): {} for name in declared}
        return declared if isinstance(declared, dict) else {}

    def _page_pattern(self) -> str:
        named = self.mapping.permalinks.get("posts", "date")
        is_pretty = named == "pretty" or (named not in _STYLES and named.endswith("/"))
        return "/:path/:basename/" if is_pretty else "/:path/:basename:output_ext"

    def _base(self, place: PagePlace) -> str:
        return PurePosixPath(place.path).stem

    def _words(self, values: PageValues, plural: str, singular: str) -> list[str]:
        single = values.text(singular) if values.has(singular) else ""
        value = values.value(plural)
        many = value.split() if isinstance(value, str) else values.texts(plural)
        return [single] if single else list(many)

    def _categories(self, page: SourcePage) -> list[str]:
        folders = page.place.path.split("/")[:-1]
        special = next((i for i, each in enumerate(folders) if each in {"_posts", "_drafts"}), 0)
        own = self._words(page.values, "categories", "category")
        return list(dict.fromkeys(each.lower() for each in [*folders[:special], *own]))

    def _token(self, name: str, page: SourcePage) -> str:
        base = self._base(page.place)
        collection = self.collection_of(page.place.path)
        rest = dated(base)[1] if collection == "posts" else base
        folder = page.place.path.rpartition("/")[0]
        date = page.date or datetime(1970, 1, 1, tzinfo=UTC)
        inner = page.place.path.removeprefix(f"_{collection}/")
        plain = _NOT_A_NAME.sub("-", rest).strip("-")
        known = {
            "year": f"{date:%Y}",
            "month": f"{date:%m}",
            "day": f"{date:%d}",
            "i_month": str(date.month),
            "i_day": str(date.day),
            "short_year": f"{date:%y}",
            "y_day": f"{date:%j}",
            "hour": f"{date:%H}",
            "minute": f"{date:%M}",
            "second": f"{date:%S}",
            "categories": "/".join(self._categories(page)),
            "title": page.values.text("slug") or rest.replace(" ", "-"),
            "slug": page.values.text("slug") or plain.lower(),
            "name": plain,
            "basename": base,
            "collection": collection or "",
            "path": folder if collection is None else str(PurePosixPath(inner).with_suffix("")),
            "output_ext": ".html",
        }
        # A plugin of the site can add tokens, mostly for values of the page.
        return known[name] if name in known else page.values.text(name) or f":{name}"


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key)
    return value if isinstance(value, str) else ""


def _mapping(settings: Any, key: str) -> Mapping[str, Any]:
    value = settings.get(key) if isinstance(settings, dict) else None
    return value if isinstance(value, dict) else {}
