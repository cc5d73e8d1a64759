"""Tags: words of a revision, each with a URL slug that is made from the word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, ValuePath, as_list, as_text
from cms.content.slug import slugify
from cms.errors import InvalidValue

# The most tags of a revision, and the most characters of a tag and of its slug.
MOST = 50
LONGEST = 100
LONGEST_SLUG = 200


def clean_tags(words: Json, problems: Problems) -> tuple[str, ...]:
    """Return the words in the order of their slugs, without empty and repeated ones.

    Words with the same slug are the same tag; the first spelling is kept.

    Args:
        words: the words as an editor wrote them.
        problems: errors are added to it.
    """
    by_slug: dict[str, str] = {}
    for slug, word in _slugs_and_words(as_list(words, ("tags",), problems), problems):
        by_slug.setdefault(slug, word)
    if len(by_slug) > MOST:
        message = f"{len(by_slug):,} tags; at most {MOST:,} are allowed"
        problems.append(InvalidValue(message=message, path=("tags",)))
    return tuple(by_slug[slug] for slug in sorted(by_slug))


def tags_by_slug(words: Iterable[str]) -> Mapping[str, str]:
    """Return stored tags by their slugs."""
    return {slugify(word): word for word in words}


def with_tags(words: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> tuple[str, ...]:
    """Return tags with some added and some removed; a word stands for all with the same slug.

    Args:
        words: the tags, as they are stored.
        add: words to add; of those with the slug of a tag, the tag stays.
        remove: words to remove.
    """
    gone = {slugify(word) for word in remove}
    return (*(word for word in words if slugify(word) not in gone), *add)


def _slugs_and_words(words: Sequence[Json], problems: Problems) -> Iterator[tuple[str, str]]:
    for index, each in enumerate(words):
        path: ValuePath = ("tags", index)
        known = len(problems)
        word = " ".join(as_text(each, path, problems, LONGEST).split())
        slug = slugify(word)
        if len(problems) == known and word and (fault := _fault_of(slug)):
            problems.append(InvalidValue(message=fault, path=path))
        if slug:
            yield slug, word


def _fault_of(slug: str) -> str:
    """Return why a word with this slug is no tag; empty if it is one."""
    if not slug:
        return "a tag needs a letter or a digit, of which its slug is made"
    if len(slug) > LONGEST_SLUG:
        return f"its slug has {len(slug):,} characters; at most {LONGEST_SLUG} are allowed"
    return ""
