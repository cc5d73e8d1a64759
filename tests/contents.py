"""Contents of revisions, made without a database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from cms.content.canonical_json import Json, JsonObject
from cms.content.snapshot import Draft, clean_draft, take_snapshot
from tests.sites import Article

ENTRIES = [f"entry_{letter * 26}" for letter in "abc"]
TAGS = ["Fast", "fine-tuning", "größe"]
SPELLINGS = [*TAGS, "fast", "Fine tuning", "Größe"]


def content_of(
    title: str = "Dropout",
    slug: str = "",
    summary: str = "",
    category: str | None = None,
    tags: tuple[str, ...] = (),
    **fields: Any,
) -> JsonObject:
    """Return the content of an article."""
    draft = Draft(
        title=title, slug=slug, summary=summary, category=category, tags=tags, fields=fields
    )
    cleaned, problems = clean_draft(Article, draft)
    assert problems == []
    return take_snapshot(Article, "en", cleaned, {}).content


def section(heading: str, body: str = "") -> Mapping[str, Json]:
    """Return a section of an article."""
    return {"heading": heading, "body": body or f"All about {heading.lower()}."}


def value_at(content: JsonObject, path: tuple[str | int, ...]) -> Any:
    """Return the value at a path, which has to be there."""
    value: Any = content
    for step in path:
        value = value[step]
    return value


_WORDS = st.sampled_from(["one", "two", "three", "four", "[five](/5)", "[six](/6#a)", "*seven*"])
_LINES = st.lists(_WORDS, min_size=1, max_size=4).map(" ".join)
_HEADINGS = st.sampled_from(["What it does", "Why", "How", "History"])
_HREFS = st.sampled_from([*ENTRIES, "/a", "/b#c", "https://example.org"])

texts = st.lists(_LINES, max_size=4).map("\n\n".join)
_links = st.lists(
    st.fixed_dictionaries({"href": _HREFS, "label": st.sampled_from(["", "L"])}), max_size=4
)
_steps = st.fixed_dictionaries({"title": _LINES, "see": _links, "body": texts})
_quotes = st.fixed_dictionaries({"type": st.just("Quote"), "text": _LINES, "author": _WORDS})
_remarks = st.fixed_dictionaries({"type": st.just("Remark"), "body": texts, "see": _links})
_blocks = st.one_of(
    _quotes,
    _remarks,
    st.fixed_dictionaries({"type": st.just("Columns"), "left": st.lists(_remarks, max_size=2)}),
)
_fields: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"body": texts},
    optional={
        "sections": st.lists(
            st.fixed_dictionaries({"heading": _HEADINGS, "body": texts}), max_size=4
        ),
        "subtitle": _LINES.filter(lambda text: len(text) <= 50),
        "rating": st.integers(0, 5),
        "is_free": st.booleans(),
        "level": st.sampled_from(["EASY", "HARD"]),
        "aliases": st.lists(_WORDS, max_size=4),
        "byline": st.fixed_dictionaries({}, optional={"name": _WORDS, "year": st.integers(1, 3)}),
        "steps": st.lists(_steps, max_size=3),
        "about": st.sampled_from(ENTRIES),
        "mentions": st.lists(st.sampled_from(ENTRIES), max_size=3),
        "parts": st.lists(_blocks, max_size=4),
        "related": _links,
        "sources": _links,
    },
)


@st.composite
def contents(draw: st.DrawFn) -> JsonObject:
    """Draw the content of an article from few words, so that two of them have much in common."""
    return content_of(
        title=draw(_LINES),
        summary=draw(st.sampled_from(["", "A summary.", "Another summary."])),
        category=draw(st.sampled_from([None, "cat_" + "a" * 26])),
        tags=tuple(draw(st.lists(st.sampled_from(SPELLINGS), max_size=4))),
        **draw(_fields),
    )


@st.composite
def edited(draw: st.DrawFn, content: JsonObject) -> JsonObject:
    """Draw a content that differs from one in some of its fields."""
    other = draw(contents())
    values: dict[str, Any] = dict(value_at(content, ("fields",)))
    for name in draw(st.sets(st.sampled_from(sorted(values)), max_size=3)):
        values[name] = value_at(other, ("fields", name))
    chosen = draw(st.sampled_from([content, other]))
    return content_of(
        title=str(chosen["title"]),
        summary=str(draw(st.sampled_from([content, other]))["summary"]),
        tags=value_at(draw(st.sampled_from([content, other])), ("tags",)),
        **values,
    )
