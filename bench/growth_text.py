"""The words of a site that grows: some bodies, rendered once by the product's own functions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import orjson

from bench.growth_plan import SEED, SOURCES, TAGS
from bench.growth_site import Guide, Term
from cms.content.content_type import ContentType
from cms.content.snapshot import Draft, Rendered, clean_draft, take_snapshot
from cms.reading.public_fields import public_fields
from cms.search.deriving import DerivedValues, derived_values
from cms.search.word_counts import words_in

BODIES = 200
# A word that every body has, a phrase that some have, and a word of a few entries.
COMMON, PHRASE, RARE = "model", "gradient descent", "zebra"
_VOCABULARY = 2_000
_WORDS = 24
_SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu", "dan", "fer", "gil")
# The entry whose id stands in bodies for that of a target.
_SAMPLE = "entry_00000000000000000000000000"
_IN_RELATED = 6


@dataclass(frozen=True)
class Words:
    """The words of a revision.

    Attributes:
        title: its title.
        slug: its slug.
        summary: its summary.
        content: its content, as JSON.
        digest: the digest of the content.
        rendered: the values of its fields, as JSON.
        indexed: those of its indexed fields, as publications repeat them, as JSON.
        search: the folded words of its body.
        shown: the pieces of its parts, as JSON.
        title_words: the number of words in its title.
    """

    title: str
    slug: str
    summary: str
    content: str
    digest: str
    rendered: str
    indexed: str
    search: str
    shown: str
    title_words: int


@cache
def vocabulary() -> Sequence[str]:
    """Return words that sound like words."""
    random = Random(SEED)  # noqa: S311  # not for secrets
    found: dict[str, None] = {}
    while len(found) < _VOCABULARY:
        found["".join(random.choices(_SYLLABLES, k=random.randint(2, 4)))] = None
    return list(found)


@cache
def _body(number: int) -> str:
    random = Random(SEED + 1 + number)  # noqa: S311  # not for secrets
    chosen = [vocabulary()[int(_VOCABULARY * random.random() ** 2)] for _ in range(_WORDS)]
    middle = _WORDS // 2
    phrase = [PHRASE] if number % 20 == 0 else []
    return " ".join([COMMON, *chosen[:middle]]) + ".\n\n" + " ".join([*phrase, *chosen[middle:]])


@cache
def _of_body(content_type: type[ContentType], number: int) -> tuple[dict[str, Any], DerivedValues]:
    """Return the rendered body and the searchable text of an entry with this body alone."""
    derived = _derived(content_type, Draft(title="x", fields={"body": _body(number)}))
    body: Any = derived.rendered["body"]
    return body, derived


def _derived(content_type: type[ContentType], draft: Draft) -> DerivedValues:
    snapshot = _snapshot(content_type, draft)
    return derived_values(content_type, snapshot.content, snapshot.derived)


def _snapshot(content_type: type[ContentType], draft: Draft) -> Rendered:
    cleaned, problems = clean_draft(content_type, draft)
    if problems:
        raise ValueError(str(problems))
    return take_snapshot(content_type, "en", cleaned, {})


def draft_of(  # all that an entry says
    content_type: type[ContentType],
    number: int,
    version: int,
    category: str,
    tags: Sequence[int],
    target_ids: Sequence[str],
) -> Draft:
    """Return what an entry says, as an editor writes it."""
    words = vocabulary()
    title = f"{words[number * 7 % _VOCABULARY]} {words[number * 31 % _VOCABULARY]} {number}"
    links = [{"href": each, "label": "", "note": ""} for each in target_ids]
    own: dict[str, Any] = {}
    if issubclass(content_type, Term):
        own = {"source": source(number), "reads": reads(number)}
    return Draft(
        title=title,
        slug=f"entry-{number}",
        summary=f"{words[number % _VOCABULARY]} version {version}"
        + (f" {RARE}" if number % 5_000 == 1 and number < 100_000 else ""),  # noqa: PLR2004
        category=category,
        tags=tuple(f"tag {each % TAGS}" for each in tags),
        fields={
            "body": _body(number % BODIES),
            **own,
            "related": links[:_IN_RELATED],
            "further": links[_IN_RELATED:],
        },
    )


def source(number: int) -> str:
    """Return the source of an entry, by which lists are filtered."""
    return f"source {number // 2 % SOURCES}"


def reads(number: int) -> int:
    """Return how often an entry was read, which is different for most."""
    return number * 7_919 % 1_000_003


def words_of(content_type: type[ContentType], locale: str, draft: Draft, number: int) -> Words:
    """Return the stored form of a draft of :func:`draft_of`, without rendering it."""
    fields: Mapping[str, Any] = draft.fields
    body, derived = _of_body(content_type, number % BODIES)  # type: ignore[arg-type]  # classes can be hashed
    links = [
        _link(kind, ordinal, str(each["href"]))
        for kind in ("related", "further")
        for ordinal, each in enumerate(fields[kind])
    ]
    headings = {
        name: heading
        for name, heading in (("related", "Related"), ("further", "Further reading"))
        if fields[name]
    }
    content = {
        "type": content_type.name,
        "locale": locale,
        "title": draft.title,
        "slug": draft.slug,
        "summary": draft.summary,
        "category": draft.category,
        "tags": list(draft.tags),
        "fields": fields,
        "links": links,
        "headings": headings,
    }
    own = f" · {fields['source']}" if issubclass(content_type, Term) else ""
    pieces = [["", " ", "·"], *_pieces(str(fields["source"]))] if own else []
    shown = {
        "title": _pieces(draft.title),
        "summary": _pieces(draft.summary),
        "body": [*derived.shown["body"], *pieces],  # type: ignore[misc]
    }
    return Words(
        title=draft.title,
        slug=draft.slug,
        summary=draft.summary,
        content=orjson.dumps(content).decode(),
        digest=hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        rendered=orjson.dumps({**fields, "body": body}).decode(),
        indexed=orjson.dumps(public_fields(content_type, content)).decode(),
        search=f"{derived.body.removesuffix(' ¶')}{own} ¶",
        shown=orjson.dumps(shown).decode(),
        title_words=len(shown["title"]),
    )


def _pieces(text: str) -> list[list[str]]:
    words = text.split(" ")
    return [*([each] for each in words[:-1]), [words[-1], ""]]


def _link(kind: str, ordinal: int, target: str) -> dict[str, Any]:
    return {
        "origin": "field",
        "kind": kind,
        "fieldPath": kind,
        "ordinal": ordinal,
        "label": "",
        "note": "",
        "target": target,
        "query": "",
        "fragment": "",
        "url": None,
        "href": None,
    }


def suggested(words: Words) -> set[str]:
    """Return the words of a revision that can be suggested."""
    return words_in(orjson.loads(words.shown))


def check() -> None:
    """Compare the stored forms with those that the product makes.

    Raises:
        ValueError: if they differ.
    """
    for content_type, number in ((Term, 1), (Guide, 2), (Term, 5_001)):
        draft = draft_of(content_type, number, 1, "cat_x", [3, 5], [_SAMPLE] * 10)
        snapshot = _snapshot(content_type, draft)
        derived = derived_values(content_type, snapshot.content, snapshot.derived)
        made = words_of(content_type, "en", draft, number)
        pairs = (
            (orjson.loads(made.content), snapshot.content),
            (made.digest, snapshot.digest),
            (orjson.loads(made.rendered), derived.rendered),
            (made.search, derived.body),
            (orjson.loads(made.shown), derived.shown),
            (made.title_words, derived.title_words),
            (made.title, derived.title_key),
            (made.summary, derived.summary),
        )
        for ours, theirs in pairs:
            if ours != theirs:
                raise ValueError(f"{ours} is not {theirs}")
