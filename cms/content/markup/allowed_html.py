"""The HTML that readers get: what may be in it, and what is removed.

Attributes that the writer of this package makes, and authors cannot write, have a mark before
their name until the HTML is sanitised: a character that no text can contain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

import nh3

URL_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
# Attributes whose value is an address.
ADDRESSES = frozenset({"cite", "href", "src"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# This is in all HTML with an id.
RAW_ANCHOR = re.compile(r"\bid\s*=", re.IGNORECASE)
# The mark of attributes that only the writer makes.
MARK = "\x02"
# The marked attribute with the index of a directive in its text, which readers do not get.
INDEX = "index"

_INDEX_OF_DIRECTIVE = re.compile(rf' {MARK}{INDEX}="\d+"')
# Characters that browsers ignore before the scheme of an address, and some of them within it.
_IGNORED = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
# Most addresses: from the root, on the page, or on the web.
_PLAIN = re.compile(r"(?:[/#]|https?://)[\w./#?=&%+~:@,;()!*'-]*", re.ASCII)
_TAGS = {*nh3.ALLOWED_TAGS, "section", "input"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"id", "lang", "title"},
    "code": {"class"},
    "details": {"open"},
    "input": {"checked"},
}
# The only fields of forms are the boxes of tasks, which readers cannot change.
_ATTRIBUTE_VALUES = {"input": {"type": {"checkbox"}}}
_FIXED = {"input": {"disabled": ""}}


# For each id that authors wrote in HTML, those that its elements get, in order.
RawAnchors: TypeAlias = Mapping[str, Iterator[str]]
_NO_ANCHORS: RawAnchors = {}


def sanitise(html: str, base: str = "") -> str:
    """Return HTML without what may not be in it, and without marks.

    Args:
        html: any HTML.
        base: URL against which relative addresses are resolved; empty to leave them.
    """
    return without_marks(sanitise_marked(html, base))


def sanitise_marked(html: str, base: str = "", raw_anchors: RawAnchors = _NO_ANCHORS) -> str:
    """Return what :func:`sanitise` returns, with the marks.

    Args:
        html: any HTML.
        base: URL against which relative addresses are resolved; empty to leave them.
        raw_anchors: for each ``id`` that authors wrote in HTML, those that its next elements get.
    """
    if not base and not (raw_anchors and RAW_ANCHOR.search(html)):
        return _CLEANER.clean(html)

    def keep_attribute(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "id":
            return next(raw_anchors.get(value.replace(MARK, ""), iter(())), value)
        return _keep_attribute(tag, attribute, value)

    return _cleaner(keep_attribute, base).clean(html)


def _cleaner(keep_attribute: Callable[[str, str, str], str | None], base: str = "") -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=keep_attribute,
        generic_attribute_prefixes={MARK},
        tag_attribute_values=_ATTRIBUTE_VALUES,
        set_tag_attribute_values=_FIXED,
        url_schemes=set(URL_SCHEMES),
        link_rel=None,
        url_relative=("rewrite_with_base", base) if base else None,
    )


def without_marks(html: str) -> str:
    """Return HTML without marks, and without the indexes of directives."""
    return _INDEX_OF_DIRECTIVE.sub("", html).replace(MARK, "").strip()


def is_harmless(address: str) -> bool:
    """Return whether an address is relative or has an allowed scheme."""
    if _PLAIN.fullmatch(address):
        return True
    try:
        # Browsers skip control characters and spaces before a scheme, and some within it.
        scheme = urlsplit(_IGNORED.sub("", address)).scheme
    except ValueError:
        return False
    return scheme in URL_SCHEMES or not scheme


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if tag == "code" and attribute == "class":
        return value if value.startswith("language-") and " " not in value else None
    if attribute in ADDRESSES and not is_harmless(value):
        return None  # nh3 checks the schemes of links and images only
    return value


# Making one takes as long as reading a page.
_CLEANER = _cleaner(_keep_attribute)
