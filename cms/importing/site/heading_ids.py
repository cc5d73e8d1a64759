"""The ids of headings, as generators of sites make them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cms.content.slug import slugify

_SPECIAL = re.compile(r"""[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'\u201c\u201d\u2018\u2019<>,.?/]+""")
_OBSIDIAN_MARKS = re.compile(r"""[!"#$%&()*+,.:;<=>?@^`{|}~/\[\]\\\s]+""")
_SPACES = re.compile(r"\s+")
_NO_LETTERS = re.compile(r" +")


def _is_of(char: str, kinds: str) -> bool:
    return unicodedata.category(char)[0] in kinds


def _goldmark(words: str) -> str:
    kept = (each for each in words.strip() if each in " -_" or _is_of(each, "L") or each.isdigit())
    return "".join(kept).lower().replace(" ", "-")


def _ascii(words: str) -> str:
    plain = unicodedata.normalize("NFD", words).encode("ascii", "ignore").decode()
    return _goldmark(plain)


def _blackfriday(words: str) -> str:
    return _NO_LETTERS.sub(
        "-", "".join(c if _is_of(c, "LN") else " " for c in words.lower()).strip()
    )


def _kramdown(words: str) -> str:
    kept = (each for each in words.lower() if each in " -_" or _is_of(each, "LMN"))
    return "".join(kept).replace(" ", "-")


def _github(words: str) -> str:
    kept = (
        each
        for each in words.strip().lower()
        if each in " -" or _is_of(each, "LMN") or unicodedata.category(each) == "Pc"
    )
    return "".join(kept).replace(" ", "-")


def _vitepress(words: str) -> str:
    plain = "".join(
        each for each in unicodedata.normalize("NFKD", words) if not "\u0300" <= each <= "\u036f"
    )
    joined = _SPECIAL.sub("-", plain).strip("-")
    return re.sub(r"^(\d)", r"_\1", re.sub(r"-{2,}", "-", joined)).lower()


def _eleventy(words: str) -> str:
    plain = slugify(words.replace("&", " and "))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _anchor(words: str) -> str:
    return _SPACES.sub("-", words.strip().lower())


def _obsidian(words: str) -> str:
    return _OBSIDIAN_MARKS.sub(" ", words).strip().casefold()


def block_anchor(name: str) -> str:
    """Return the anchor of a block of Obsidian, as in ``^name``."""
    return f"block-{name.lower()}"


@dataclass(frozen=True)
class HeadingIds:
    """The way in which a generator makes ids of headings.

    Attributes:
        slug: makes the id of the words of a heading.
        first: the number of the second heading with the same words.
        has_own: whether ``{#id}`` after a heading is its id.
        has_components: whether components in a heading are no words of it.
    """

    slug: Callable[[str], str]
    first: int = 1
    has_own: bool = True
    has_components: bool = False

    def ids(self, headings: Sequence[tuple[str, str]]) -> list[str]:
        """Return the ids of the headings of a page, in order.

        Args:
            headings: the words and the own id of each; empty for those without one.
        """
        taken: set[str] = {own for _, own in headings if own}
        ids: list[str] = []
        numbers: dict[str, int] = {}
        for words, own in headings:
            if own:
                ids.append(own)
                continue
            base = name = self.slug(words)
            number = numbers.get(base, self.first)
            while name in taken:
                name, number = f"{base}-{number}", number + 1
            numbers[base] = number
            taken.add(name)
            ids.append(name)
        return ids

    def key(self, fragment: str) -> str:
        """Return the id that a fragment names."""
        if self.slug is _obsidian:
            last = fragment.rpartition("#")[2]
            return block_anchor(last[1:]) if last.startswith("^") else _obsidian(last)
        return unicodedata.normalize("NFC", fragment)


# By the names that a mapping can have.
HEADING_IDS: Mapping[str, HeadingIds] = {
    "": HeadingIds(slugify),
    "goldmark": HeadingIds(_goldmark),
    "goldmark-ascii": HeadingIds(_ascii),
    "blackfriday": HeadingIds(_blackfriday),
    "kramdown": HeadingIds(_kramdown),
    "github": HeadingIds(_github, has_components=True),
    "github-without-own": HeadingIds(_github, has_own=False, has_components=True),
    "vitepress": HeadingIds(_vitepress, has_components=True),
    "eleventy": HeadingIds(_eleventy, first=2, has_own=False),
    "markdown-it-anchor": HeadingIds(_anchor, first=1, has_own=False),
    "obsidian": HeadingIds(_obsidian, first=1, has_own=False),
}
