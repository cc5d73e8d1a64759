"""Slugs of pages on this site, made of their addresses on the old one."""

from __future__ import annotations

import re
import unicodedata

from cms.content.content_type import ContentType
from cms.content.slug import slugify

_UNRESERVED = frozenset("-._~")
_ENDING = re.compile(r"(?:/?index)?\.html?$|/$")


def slug_of(content_type: type[ContentType], path: str, locale: str, *, folders: bool) -> str:
    """Return the slug of a page.

    It is the part of the old address that stands for the slug in the content type's path, so that
    the page has the same address here; else it is the whole address, or its last segment.

    Args:
        content_type: the content type.
        path: the old address, without the prefix of its language.
        locale: the locale of the page.
        folders: whether folders are a part of the slug.
    """
    plain = _ENDING.sub("", path).strip("/")
    inside = _in_pattern(content_type, plain, locale)
    whole = inside if inside is not None else plain
    if not folders:
        whole = whole.rpartition("/")[2]
    if not content_type.has_path_slugs():
        return slugify(whole.replace("/", "-")) or "index"
    segments = (_segment(each) for each in whole.split("/"))
    return "/".join(each for each in segments if each) or "index"


def _in_pattern(content_type: type[ContentType], path: str, locale: str) -> str | None:
    """Return the slug of a path that fits that of the content type."""
    has_slashes = content_type.has_path_slugs()
    pattern = (content_type.path or "").replace("{slug:path}", "{slug}")
    before, _, after = pattern.replace("{locale}", locale).strip("/").partition("{slug}")
    before = re.sub(r"\{category\}/?", "", before)
    is_there = path.startswith(before) and path.endswith(after) and len(path) > len(before + after)
    if not before or not is_there:
        return None
    slug = path.removeprefix(before).removesuffix(after)
    return slug if has_slashes or "/" not in slug else None


def _segment(text: str) -> str:
    normal = unicodedata.normalize("NFC", text)
    kept = (
        char if char in _UNRESERVED or unicodedata.category(char)[0] in "LNM" else "-"
        for char in normal
    )
    return re.sub(r"-{2,}", "-", "".join(kept)).strip("-.")
