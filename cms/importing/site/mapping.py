"""The mapping from the Markdown files of another site to content, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from cms.content.content_type import ContentType
from cms.content.fields import Markdown, Sections
from cms.errors import ContentFileError, SiteError
from cms.importing.front_matter import FrontMatter, read_yaml
from cms.importing.site.heading_ids import HEADING_IDS
from cms.importing.site.values import zone_of
from cms.site import Site

_FORBID: ConfigDict = ConfigDict(extra="forbid")
_BUILT_IN = Path(__file__).parent / "mappings"
# Keys with values by name: those of a mapping are added to those of the generator.
_MERGED = frozenset({"fields", "values", "drafts", "roots", "shortcodes", "permalinks"})
# Keys with lists of which the same is true.
_ADDED = frozenset({"settings"})


@dataclass(frozen=True, kw_only=True)
class LocaleFiles:
    """The files of a locale.

    Attributes:
        folder: their folder, relative to the imported folder.
        suffix: the suffix of their names before ``.md``: ``.de`` for ``cluster.de.md``.
        stood_at: the paths of their pages on the old site; ``{path}`` is a file's path in the
            folder without ``.md``. The first is the path of the page, the others also occur in
            links. Empty for the addresses that the generator gives.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _FORBID

    folder: str = ""
    suffix: str = ""
    stood_at: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shortcode:
    """The Markdown that replaces a shortcode, a component or a container.

    Attributes:
        markdown: Markdown with the arguments in braces: ``{title}``, ``{0}`` for the first without
            a name, and ``{inner}`` for the text between its two tags.
        directive: the name of a directive that replaces it, with its named arguments.
        include: the path of a file in the imported folder whose text replaces it, with arguments
            as in ``markdown``.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _FORBID

    markdown: str = ""
    directive: str = ""
    include: str = ""


@dataclass(frozen=True, kw_only=True)
class TypeRules:
    """The content type of some files, with its own keys; ``None`` for those of the mapping."""

    __pydantic_config__: ClassVar[ConfigDict] = _FORBID

    content_type: str
    summary: str | None = None
    category: str | None = None
    tags: str | None = None
    fields: Mapping[str, str] | None = None
    body: str | None = None
    sections: str | None = None


@dataclass(frozen=True, kw_only=True)
class PagePlace:
    """The locale and name in a file's path.

    Attributes:
        locale: the locale of the page.
        name: the file's path in the folder of its locale, without suffix and ending.
        path: the file's path in the imported folder.
    """

    locale: str
    name: str
    path: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True)
class MarkdownMapping:
    """The mapping from files to entries. Keys of the front matter are matched without case.

    Attributes:
        extends: the generator whose rules and mapping are the defaults: one of
            :func:`generator_names`; empty for a folder of Markdown files.
        content_type: the name of the content type of all entries.
        types: the content types of other files, by patterns of their paths; the first that fits.
        locales: the files of each locale of the site.
        roots: for generators with several folders of pages, the path on the old site of each.
        title: the key of the title, or several sources in order: keys, ``heading`` for the first
            heading of level 1, which then leaves the text, and ``file`` for the file's name.
        summary: the key of the summary; empty for none.
        category: the key of the category's name or path; empty for none.
        tags: the key of the tags' names; empty for none.
        author: the key of the author's name, which becomes the byline; empty for none.
        date: the keys of the date of publication, in order.
        expires: the key of the date from which a page is not public, or several keys in order;
            empty for none.
        language: the key of the language of a page, for generators that do not take it from the
            path of its file; empty for none.
        translation: the key whose value is the same in all translations of a page.
        aliases: the keys of other addresses of a page, which become redirects.
        reviewed_by: the key of the names of those who reviewed the page on the old site, as that
            site says; empty for none.
        reviewed_on: the key of the date of that review; empty for none.
        fields: the key of each mapped field of the content type; ``a.b`` is a key within ``a``.
        values: for some keys, the replacements of some values, matched without case; an empty
            text drops a value.
        body: the field for the text.
        sections: the field for the parts of the text under headings of level 2; empty leaves
            them in the text.
        opening: headings whose text is the beginning of the body, if they come first.
        folders: the use of folders: ``slug`` makes them a part of the slug, ``category`` makes
            them categories, ``none`` leaves them out.
        settings: keys whose values are settings of pages of the old site, and no content; they
            are added to those of the generator.
        skip: patterns of files to ignore, such as ``*/search.md``.
        drafts: keys and values that mark a page as not public.
        future: whether pages with a date in the future are public.
        renamed: former file names, or names in one locale only, each with the current name of
            its page.
        history: a file of JSON lines, oldest first, each with ``path``, ``at``, ``author``,
            ``message`` and either ``text`` or ``deleted``.
        authors: the bylines of some authors: the slug of a person, or the e-mail address of the
            account of one. Every other author is the person with the slug of the author's name,
            who is created if missing.
        url: the URL of the old site; links to it are internal links.
        time_zone: the zone of times without one; empty for UTC.
        permalinks: patterns of addresses, by section, collection or kind of page.
        rewrites: patterns of file paths, each with the path at which its pages were.
        redirects: paths of the old site, each with the path that it was redirected to.
        heading_ids: the way in which the generator makes ids of headings.
        syntax: the kinds of templates in texts, in the order in which they are read.
        shortcodes: the replacements of shortcodes, components and containers, by name.
        unresolved: the treatment of links to missing pages: ``plain`` keeps their text,
            ``external`` links to the old site.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _FORBID

    extends: str = ""
    content_type: str = ""
    types: Mapping[str, TypeRules] = field(default_factory=dict)
    locales: Mapping[str, LocaleFiles] = field(default_factory=dict)
    roots: Mapping[str, str] = field(default_factory=dict)
    title: str | tuple[str, ...] = "title"
    summary: str = ""
    category: str = ""
    tags: str = ""
    author: str = ""
    date: tuple[str, ...] = ()
    expires: str | tuple[str, ...] = ""
    language: str = ""
    translation: str = ""
    aliases: tuple[str, ...] = ()
    reviewed_by: str = ""
    reviewed_on: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    body: str = "body"
    sections: str = ""
    opening: tuple[str, ...] = ()
    folders: Literal["slug", "category", "none"] = "slug"
    settings: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    drafts: Mapping[str, Any] = field(default_factory=dict)
    future: bool = True
    renamed: Mapping[str, str] = field(default_factory=dict)
    history: str = ""
    authors: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    time_zone: str = ""
    permalinks: Mapping[str, str] = field(default_factory=dict)
    rewrites: Mapping[str, str] = field(default_factory=dict)
    redirects: Mapping[str, str] = field(default_factory=dict)
    heading_ids: str = ""
    syntax: tuple[str, ...] = ()
    shortcodes: Mapping[str, str | Shortcode] = field(default_factory=dict)
    unresolved: Literal["plain", "external"] = "plain"

    def path_of_alias(self, written: str) -> str:
        """Return the path that an alias of a page names; empty if it is none of the old site."""
        alias = written.removeprefix(self.url.rstrip("/"))
        is_path = "://" not in alias and {"?", "#"}.isdisjoint(alias)
        return alias if is_path else ""

    @property
    def titles(self) -> tuple[str, ...]:
        """The sources of the title, in order."""
        return (self.title,) if isinstance(self.title, str) else self.title

    @property
    def expiries(self) -> tuple[str, ...]:
        """The keys of the date from which a page is not public, in order."""
        return (self.expires,) if isinstance(self.expires, str) else self.expires

    def is_skipped(self, path: str) -> bool:
        """Return whether the mapping ignores a file."""
        return any(fnmatchcase(path, each) for each in self.skip)

    def for_file(self, path: str) -> MarkdownMapping:
        """Return the mapping of a file: this one with the rules of its content type."""
        for pattern, rules in self.types.items():
            if fnmatchcase(path, pattern):
                own = {each.name: getattr(rules, each.name) for each in fields(rules)}
                return replace(
                    self, **{name: value for name, value in own.items() if value is not None}
                )
        return self

    def check(self, site: Site) -> None:
        """Check that the mapping fits the site.

        Raises:
            SiteError: if it names something that the site does not have.
        """
        if not self.locales:
            raise SiteError("the mapping must list under locales the files of each language")
        _refuse_unknown("locale", self.locales, site.locales)
        for locale, files in self.locales.items():
            if any("{path}" not in each for each in files.stood_at):
                raise SiteError(f"locales.{locale}: each address in stood_at needs a {{path}}")
        _refuse_unknown("heading_ids", [self.heading_ids], list(HEADING_IDS))
        zone_of(self.time_zone)
        if self.unresolved == "external" and not self.url:
            raise SiteError("unresolved: external needs the address of the old site in url")
        for each in self._of_types():
            each._check_type(site.content_type(each.content_type))  # noqa: SLF001  # its own class

    def _of_types(self) -> Sequence[MarkdownMapping]:
        of_patterns = [self.for_file(pattern) for pattern in self.types]
        return [self, *of_patterns] if self.content_type or not of_patterns else of_patterns

    def _check_type(self, content_type: type[ContentType]) -> None:
        if content_type.stands_in_category() and self.folders != "category":
            raise SiteError(
                f"{content_type.name} has the path {content_type.path}: links between imported "
                "pages can be resolved only if the path does not contain the category, or if "
                "folders are categories (folders: category)"
            )
        declared = content_type.fields
        _refuse_unknown(f"field of {content_type.name}", self.fields, list(declared))
        if not isinstance(declared.get(self.body), Markdown):
            raise SiteError(f"body: {content_type.name} has no Markdown field {self.body!r}")
        if self.sections and not isinstance(declared.get(self.sections), Sections):
            raise SiteError(f"sections: {content_type.name} has no sections {self.sections!r}")


def generator_names() -> Sequence[str]:
    """Return the names of the generators whose mappings come with the product."""
    return sorted(each.stem for each in _BUILT_IN.glob("*.yaml"))


def read_mapping(file: Path) -> MarkdownMapping:
    """Read a mapping from a YAML file, or the mapping of a generator by its name.

    Raises:
        ContentFileError: with the line of an invalid value.
    """
    if not file.exists() and str(file) in generator_names():
        return built_in_mapping(str(file))
    return mapping_of(read_yaml(file))


def built_in_mapping(name: str) -> MarkdownMapping:
    """Return the mapping of a generator, as it comes with the product."""
    return mapping_of(_built_in(name))


def mapping_of(source: FrontMatter, extends: str = "") -> MarkdownMapping:
    """Return a mapping from its values, with those of the generator that it extends.

    Args:
        source: the values.
        extends: the name of the generator; by default that in the values.

    Raises:
        ContentFileError: with the line of an invalid value.
    """
    values = {**source.values, **({"extends": extends} if extends else {})}
    name = str(values.get("extends") or "")
    if name and source.file.parent != _BUILT_IN:
        if name not in generator_names():
            known = ", ".join(generator_names())
            raise source.fault("extends", f"extends: {name!r} is unknown; use one of {known}")
        values = _merged(dict(_built_in(name).values), values)
    try:
        return TypeAdapter(MarkdownMapping).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else None
        raise source.fault(key, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def refuse_outside(folder: Path, file: Path) -> None:
    """Check that a file is in the folder, after resolving symbolic links.

    Raises:
        ContentFileError: if it is outside.
    """
    try:
        is_inside = file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        raise ContentFileError(file, None, "is a link without an end") from None
    if not is_inside:
        raise ContentFileError(file, None, f"points outside {folder}; move the file into it")


def is_file_in(folder: Path, path: str) -> bool:
    """Return whether a path, as a text has it, is that of a file in the folder."""
    try:
        file = (folder / path.lstrip("/")).resolve()
        return file.is_relative_to(folder.resolve()) and file.is_file()
    except (OSError, RuntimeError, ValueError):  # no name of a file, or a loop of links
        return False


def _built_in(name: str) -> FrontMatter:
    return read_yaml(_BUILT_IN / f"{name}.yaml")


def _merged(base: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in own.items():
        known = base.get(key)
        if key in _MERGED and isinstance(known, dict) and isinstance(value, dict):
            base[key] = {**known, **value}
        elif key in _ADDED and isinstance(known, list) and isinstance(value, list):
            base[key] = [*known, *value]
        else:
            base[key] = value
    return base


def _refuse_unknown(
    what: str, names: Mapping[str, Any] | Sequence[str], known: Sequence[str]
) -> None:
    for name in names:
        if name not in known:
            raise SiteError(f"the mapping names the {what} {name!r}; use one of {', '.join(known)}")
