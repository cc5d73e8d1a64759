"""The settings of Hugo: https://gohugo.io/configuration/introduction/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cms.importing.front_matter import Written, read_data
from cms.importing.site.generators.base import texts_of
from cms.importing.site.mapping import LocaleFiles
from cms.importing.site.values import is_true

_ENDINGS = ("toml", "yaml", "yml", "json")
_WHOLE = ("hugo", "config")
_HEADING_IDS = {"blackfriday": "blackfriday", "github-ascii": "goldmark-ascii"}
# The folders of settings of a site that is built to be published.
_FOLDERS = ("config/_default", "config/production")


def lower_keys(settings: Any) -> dict[str, Any]:
    """Return settings with keys in lower case, since Hugo does not tell them apart."""
    if not isinstance(settings, dict | Mapping):
        return {}
    return {str(key).lower(): value for key, value in settings.items()}


def read_hugo_settings(folder: Path) -> Mapping[str, Written]:
    """Return the settings of a site: those in one file, with those in the folders beside it.

    Raises:
        ContentFileError: if a file cannot be read.
    """
    settings: dict[str, Written] = {}
    files = (folder / f"{name}.{ending}" for name in _WHOLE for ending in _ENDINGS)
    whole = next((each for each in files if each.is_file()), None)
    if whole is not None:
        settings = _merged(settings, read_data(whole))
    for each in _FOLDERS:
        for file in sorted((folder / each).glob("*")):
            if file.suffix.lstrip(".") in _ENDINGS:
                settings = _merged(settings, _placed(file.stem, read_data(file)))
    return settings


def default_language(settings: Mapping[str, Any]) -> str:
    """Return the language whose pages have no prefix."""
    return str(lower_keys(settings).get("defaultcontentlanguage") or "en").lower()


def languages_of(settings: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the settings of each language that the site has, in lower case."""
    off = lower_keys(settings).get("disablelanguages")
    return {
        name: rules
        for name, each in lower_keys(lower_keys(settings).get("languages")).items()
        if not is_true((rules := lower_keys(each)).get("disabled"))
        and name not in (off if isinstance(off, list) else ())
    }


def locale_files(settings: Mapping[str, Any], locales: Sequence[str]) -> Mapping[str, LocaleFiles]:
    """Return the files of each locale of this site that is a language of the old one.

    If none is, those of its main language are those of the first locale.
    """
    languages, default = languages_of(settings), default_language(settings)
    found = {
        locale: _files_of(settings, locale.lower())
        for locale in locales
        if locale.lower() in languages
    }
    return found or {locales[0]: _files_of(settings, default)}


def heading_ids_of(settings: Mapping[str, Any]) -> str:
    """Return the way in which the site makes ids of headings."""
    parser = lower_keys(settings.get("markup"))
    for key in ("goldmark", "parser"):
        parser = lower_keys(parser.get(key))
    # The second key is the former name.
    kind = str(parser.get("autoidtype") or parser.get("autoheadingidtype") or "").lower()
    return _HEADING_IDS.get(kind, "goldmark")


def has_ugly_urls(settings: Mapping[str, Any], section: str) -> bool:
    """Return whether addresses of pages in a section end with ``.html``."""
    written = lower_keys(settings).get("uglyurls")
    sections = lower_keys(written)
    return is_true(sections.get(section.lower()) if sections else written)


def unread_mounts(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the folders that are mounted as a part of the content, and are not read."""
    for each in _mounts(settings):
        source, target = (str(each.get(key) or "") for key in ("source", "target"))
        if target.startswith("content/") and target.strip("/") != source.strip("/"):
            yield f"{source} is mounted as {target}"


def folder_of(settings: Mapping[str, Any], name: str) -> str:
    """Return the folder with the content of a language, which it can share with others."""
    own = languages_of(settings).get(name, {}).get("contentdir") or _mounted(settings, name)
    whole = _mounted(settings, "") or lower_keys(settings).get("contentdir")
    return str(own or whole or "content")


def _files_of(settings: Mapping[str, Any], name: str) -> LocaleFiles:
    default = default_language(settings)
    folder, of_default = folder_of(settings, name), folder_of(settings, default)
    is_shared = name != default and folder == of_default
    return LocaleFiles(folder=folder, suffix=f".{name}" if is_shared else "")


def _mounted(settings: Mapping[str, Any], language: str) -> str:
    """Return the folder that is mounted as the content of a language; empty if none is."""
    for each in _mounts(settings):
        is_content = str(each.get("target") or "").strip("/") == "content"
        languages = _languages_of_mount(each)
        if is_content and (language in languages or not (language or languages)):
            return str(each.get("source") or "")
    return ""


def _languages_of_mount(mount: Mapping[str, Any]) -> Sequence[str]:
    matrix = lower_keys(lower_keys(mount.get("sites")).get("matrix"))
    names = matrix.get("languages")
    return [str(each).lower() for each in (*texts_of(mount.get("lang")), *texts_of(names))]


def _mounts(settings: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    mounts = lower_keys(lower_keys(settings).get("module")).get("mounts")
    return (lower_keys(each) for each in (mounts if isinstance(mounts, list) else ()))


def _placed(stem: str, values: Mapping[str, Written]) -> Mapping[str, Written]:
    """Return the values of a file at the place that its name tells, such as ``params.fr``."""
    name, _, language = stem.lower().partition(".")
    if name in _WHOLE:
        return values
    if not language:
        return {name: dict(values)}
    own: dict[str, Written] = dict(values)
    own = own if name.startswith("language") else {name: own}
    return {"languages": {language: own}}


def _merged(settings: Mapping[str, Written], more: Mapping[str, Written]) -> dict[str, Written]:
    """Return settings with more of them, which take precedence, by keys without regard to case."""
    merged = lower_keys(settings)
    for key, value in lower_keys(more).items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = _merged(before, value)
        else:
            merged[key] = value
    return merged
