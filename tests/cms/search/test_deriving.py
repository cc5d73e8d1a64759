"""Values that derive from a revision derive from its content alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from cms.content.canonical_json import canonical_bytes
from cms.content.content_type import ContentType
from cms.content.link_places import LinkPlace
from cms.content.snapshot import Draft, clean_draft, derive, draft_of, snapshot_of, take_snapshot
from cms.drafts.entries import create_entry
from cms.drafts.saving import restore_revision, save_draft
from cms.search.deriving import (
    DerivedValues,
    derived_of,
    differences,
    revisions_with_derived_values,
    stored_links,
)
from cms.search.verification import verify_counts
from cms.tables import Rendition, SearchWord, TagCount
from cms.work.work import Work
from tests.builders import Newsroom, Rehearsals
from tests.contents import contents
from tests.depth import EXAMPLES
from tests.sites import SITE, Article, Note

A, B = (f"entry_{letter * 26}" for letter in "ab")
PATHS = ["/articles/x", "/articles/größe", "/articles/y", "/notes/n"]
# Addresses as they are in texts, without queries and fragments.
WRITTEN = [
    *(*PATHS, "/articles/gr%C3%B6%C3%9Fe", "./x", "../articles/y"),
    "https://example.com/notes/n",
]
_HREFS = st.sampled_from(
    [
        *(*WRITTEN, "/articles/x#top", "/articles/gr%C3%B6%C3%9Fe?q=1&r#n"),
        *("/nowhere", "#top", "?q=1", "https://example.org"),
    ]
)
_WORDS = st.sampled_from(["one", "# Heading", "## Heading", "*two*", "<b id=x>three</b>", "| a |"])
_LINES = st.one_of(
    _WORDS,
    _HREFS.map(lambda href: f"[a link]({href}) and <a href='{href}'>an anchor</a>"),
)
_TEXTS = st.lists(_LINES, max_size=5).map("\n\n".join)
_BLOCKS = st.one_of(
    st.fixed_dictionaries({"type": st.just("Quote"), "text": st.just("T"), "author": _WORDS}),
    st.fixed_dictionaries(
        {"type": st.just("Remark"), "body": _TEXTS, "about": st.sampled_from(PATHS)}
    ),
)
_OF_TYPES: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "Article": st.fixed_dictionaries(
        {"body": _TEXTS},
        optional={
            "sections": st.lists(
                st.fixed_dictionaries({"heading": _WORDS, "body": _TEXTS}), max_size=2
            ),
            "related": st.lists(st.sampled_from(PATHS[:2]), max_size=2),
            "parts": st.lists(_BLOCKS, max_size=3),
            "rating": st.sampled_from([1, 2.5]),
            "is_free": st.booleans(),
            "chart": st.sampled_from([{"a": [True, 1, 1.5, None]}, [], "x"]),
            "subtitle": st.just("Two words"),
        },
    ),
    "Note": st.fixed_dictionaries({"text": _LINES}),
    "Snippet": st.fixed_dictionaries({}, optional={"text": _LINES}),
}

# Changes beside the fields, after which most that derives is as before.
_CHANGES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Other", "Größer", "word " * 20]),
        "summary": st.sampled_from(["", "Some *words*"]),
        "slug": st.sampled_from(["page", "elsewhere"]),
        "tags": st.sampled_from([(), ("AI",)]),
    },
)


@st.composite
def drafts(draw: st.DrawFn) -> tuple[str, Draft]:
    """Draw a draft of a random type, with links to paths of the site."""
    name = draw(st.sampled_from(sorted(_OF_TYPES)))
    values = draw(_OF_TYPES[name])
    title, summary = draw(st.sampled_from(["Title", "Größe"])), draw(st.sampled_from(["", "S"]))
    return name, Draft(title=title, slug="page", summary=summary, fields=values)


@given(drafts(), st.dictionaries(st.sampled_from([*WRITTEN, ""]), st.sampled_from([A, B])))
def test_the_content_says_where_its_paths_lead(
    drawn: tuple[str, Draft], found: dict[str, str]
) -> None:
    name, draft = drawn
    content_type = SITE.content_type(name)
    cleaned, problems = clean_draft(content_type, draft)
    assert problems == []
    taken = take_snapshot(content_type, "en", cleaned, found)
    stored = orjson.loads(canonical_bytes(taken.content))
    assert (
        differences(
            derived_of(content_type, stored, None), derived_of(content_type, taken.content, None)
        )
        == ()
    )
    assert derive(content_type, stored).anchors == taken.derived.anchors
    again = snapshot_of(content_type, stored, taken.digest)
    assert [each.to_json() for each in again.edges] == stored["links"]
    # What is rendered leads where the links lead.
    inline = {
        each.target for each in taken.edges if each.origin == "inline" and each.target is not None
    }
    assert set(targets_in(taken.derived.rendered)) == inline


def targets_in(value: Any) -> list[str]:
    """Return the ids in the segments of rendered texts."""
    match value:
        case {"segments": segments, **others}:
            own = [each["entry"] for each in segments if "entry" in each]
            return own + targets_in(others)
        case dict():
            return [target for each in value.values() for target in targets_in(each)]
        case list():
            return [target for each in value for target in targets_in(each)]
    return []


@settings(max_examples=EXAMPLES // 2)
@given(
    st.lists(drafts(), min_size=1, max_size=3),
    st.permutations(PATHS[:3]),
    st.lists(_CHANGES, max_size=2),
    st.booleans(),
)
def test_what_a_save_stores_derives_from_its_content_whatever_has_the_paths_by_now(
    rehearsals: Rehearsals,
    written: list[tuple[str, Draft]],
    moved: list[str],
    changes: list[dict[str, Any]],
    is_outdated: bool,
) -> None:
    async def attempt(work: Work) -> None:
        targets = [
            await create_entry(work, "Article", Draft(title=path, slug=slug_of(path)))
            for path in PATHS[:3]
        ]
        saved = [await create_entry(work, name, draft) for name, draft in written]
        for place, target in enumerate(targets):
            draft = Draft(title="Moving", slug=f"moving-{place}")
            head = await save_draft(work, target.entry_id, draft, base_revision=target.revision.id)
            draft = replace(draft, slug=slug_of(moved[place]))
            await save_draft(work, target.entry_id, draft, base_revision=head.revision.id)
        for (name, _), each in zip(written, saved, strict=True):
            draft, head = draft_of(work.site.content_type(name), each.revision.content), each
            for values in changes:
                draft = replace(draft, **values)
                base = head.revision.id
                head = await save_draft(work, each.entry_id, draft, base_revision=base)
                if is_outdated:
                    outdated = update(Rendition).values(version="outdated", anchors=["x"])
                    await work.session.execute(
                        outdated.where(Rendition.revision_id == head.revision.id)
                    )
            changed = replace(draft, title="Changed")
            head = await save_draft(work, each.entry_id, changed, base_revision=head.revision.id)
            await restore_revision(
                work, each.entry_id, each.revision.id, base_revision=head.revision.id
            )
        await check_all(work)

    rehearsals.rehearse(attempt)


def slug_of(path: str) -> str:
    """Return the slug in a path."""
    return path.rpartition("/")[2]


async def check_all(work: Work) -> None:
    """Check that the stored values of revisions, but for outdated ones, derive from them."""
    work.session.expire_all()
    rows = (await work.session.execute(revisions_with_derived_values())).all()
    assert rows
    for row in rows:
        if row.version == "outdated":
            continue
        derived = derived_of(work.site.content_type(row.content_type), row.content, row.path)
        names = [each.name for each in fields(DerivedValues) if each.name != "links"]
        links = (await stored_links(work.session, [row.revision_id])).get(row.revision_id, {})
        assert links.keys() == derived.links.keys()
        stored = DerivedValues(**{name: getattr(row, name) for name in names}, links=links)
        assert differences(stored, derived) == ()


@given(contents())
def test_equal_contents_have_equal_values(content: dict[str, Any]) -> None:
    assert differences(derived_of(Article, content, "/a"), derived_of(Article, content, "/a")) == ()


@pytest.mark.parametrize(
    ("name", "value", "column"),
    [
        ("title_key", "other", "rendition.title_key"),
        ("anchors", ["one"], "rendition.anchors"),
        ("rendered", {"body": {"html": "<p>UNSIGNED</p>"}}, "rendition.rendered"),
        ("title_words", 9, "search_document.title_words"),
        ("title", "other", "search_document.title"),
        ("summary", "other", "search_document.summary"),
        ("body", "other", "search_document.body"),
        ("shown", {"title": []}, "search_document.shown"),
    ],
)
def test_a_changed_value_is_named(name: str, value: Any, column: str) -> None:
    cleaned, _ = clean_draft(Note, Draft(title="T", fields={"text": "x"}))
    derived = derived_of(Note, take_snapshot(Note, "en", cleaned, {}).content, None)
    assert differences(replace(derived, **{name: value}), derived) == (column,)


@pytest.mark.parametrize("name", [each.name for each in fields(LinkPlace)])
def test_a_changed_place_of_a_link_is_named(name: str) -> None:
    draft = Draft(title="T", fields={"body": "## A\n\n[b](https://b.test)"})
    cleaned, _ = clean_draft(Article, draft)
    derived = derived_of(Article, take_snapshot(Article, "en", cleaned, {}).content, None)
    ((key, place),) = derived.links.items()
    values: dict[str, Any] = {**vars(place), name: None}
    changed = replace(derived, links={key: LinkPlace(**values)})
    assert differences(changed, derived) == (f"link.{name}",)


def test_true_is_not_one_and_order_counts() -> None:
    def of(chart: Any) -> DerivedValues:
        cleaned, _ = clean_draft(Article, Draft(title="T", fields={"chart": chart}))
        return derived_of(Article, take_snapshot(Article, "en", cleaned, {}).content, None)

    for one, other in ((True, 1), ([1, 2], [2, 1]), ({"a": None}, {}), ([], {}), ("", None)):
        assert differences(of([one]), of([other])) == ("rendition.rendered",)
    assert differences(of({"a": 1, "b": 2}), of({"b": 2, "a": 1})) == ()


def test_a_field_that_is_no_longer_declared_is_not_rendered() -> None:
    class Article(ContentType, path="/articles/{slug}"):
        """Has fewer fields."""

        subtitle = SITE.content_type("Article").fields["subtitle"]

    cleaned, _ = clean_draft(
        SITE.content_type("Article"), Draft(title="T", fields={"body": "# X", "subtitle": "S"})
    )
    content = take_snapshot(SITE.content_type("Article"), "en", cleaned, {}).content
    derived = derived_of(Article, content, None)
    assert (derived.rendered, derived.anchors) == ({"subtitle": "S"}, [])


async def test_words_are_counted_with_publications(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Gradient", slug="one", body="gradient descent")
    assert await words(newsroom) == {}
    await newsroom.publish(head)
    assert await words(newsroom) == {"gradient": 1, "descent": 1}
    await newsroom.published(title="Descent", slug="two", body="memory")
    assert await words(newsroom) == {"gradient": 1, "descent": 2, "memory": 1}
    head = await newsroom.save(head, title="Kernel", slug="one", body="memory")
    (publication,) = await newsroom.publish(head)
    assert await words(newsroom) == {"kernel": 1, "descent": 1, "memory": 2}
    await newsroom.unpublish(publication)
    assert await words(newsroom) == {"descent": 1, "memory": 1}


async def test_words_of_titles_and_summaries_are_counted_by_themselves(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Gradient", slug="one", body="gradient descent")
    await newsroom.publish(head)
    await newsroom.published(title="Memory", slug="two", summary="Descent", body="descent")
    assert await words_of_titles(newsroom) == {"gradient": 1, "descent": 1, "memory": 1}
    # The same words, in other places.
    head = await newsroom.save(head, title="Descent", slug="one", body="gradient descent")
    (publication,) = await newsroom.publish(head)
    assert await words(newsroom) == {"gradient": 1, "descent": 2, "memory": 1}
    assert await words_of_titles(newsroom) == {"gradient": 0, "descent": 2, "memory": 1}
    assert await faults(newsroom) == []
    await newsroom.unpublish(publication)
    assert await words_of_titles(newsroom) == {"descent": 1, "memory": 1}
    async with newsroom.database.transaction() as session:
        await session.execute(update(SearchWord).values(titles=2))
    assert await faults(newsroom) == [
        f"search_word en {word} is not valid; run: copydesk rebuild"
        for word in ("descent", "memory")
    ]


async def test_tags_are_counted_with_publications(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="One", slug="one", tags=("Cats", "dogs"))
    assert await tags(newsroom) == {}
    await newsroom.publish(head)
    await newsroom.published(title="Two", slug="two", tags=("cats", "Dogs"))
    assert await tags(newsroom) == {"cats": 2, "dogs": 2}
    head = await newsroom.save(head, title="One", slug="one", tags=("cats",))
    (publication,) = await newsroom.publish(head)
    assert await tags(newsroom) == {"cats": 2, "dogs": 1}
    await newsroom.unpublish(publication)
    assert await tags(newsroom) == {"cats": 1, "dogs": 1}


async def test_counts_that_are_not_those_of_public_pages_are_named(newsroom: Newsroom) -> None:
    await newsroom.published(title="One", slug="one", tags=("Cats", "Dogs"))
    assert await faults(newsroom) == []
    async with newsroom.database.transaction() as session:
        await session.execute(update(TagCount).where(TagCount.slug == "cats").values(editions=2))
        await session.execute(delete(TagCount).where(TagCount.slug == "dogs"))
        other = {"locale": "en", "content_type": "Article", "slug": "x", "editions": 1}
        await session.execute(insert(TagCount), [other])
    assert await faults(newsroom) == [
        "tag_count en Article cats is not valid; run: copydesk rebuild",
        "tag_count en Article x is not valid; run: copydesk rebuild",
        "tag_count en Article dogs is missing; run: copydesk rebuild",
    ]


async def tags(newsroom: Newsroom) -> dict[str, int]:
    """Return the slugs of tags with their counts."""
    async with newsroom.database.reading() as session:
        rows = await session.execute(select(TagCount.slug, TagCount.editions))
        return dict(rows.all())


async def faults(newsroom: Newsroom) -> list[str]:
    """Return what verification says of the counts."""
    async with newsroom.database.reading() as session:
        return [each async for each in verify_counts(session, lambda _: None)]


async def words(newsroom: Newsroom) -> dict[str, int]:
    """Return the suggested words with their counts; names of people are not suggested."""
    async with newsroom.database.reading() as session:
        rows = await session.execute(select(SearchWord.word, SearchWord.editions))
        return dict(rows.all())


async def words_of_titles(newsroom: Newsroom) -> dict[str, int]:
    """Return the counted words with the number of titles and summaries that have them."""
    async with newsroom.database.reading() as session:
        rows = await session.execute(select(SearchWord.word, SearchWord.titles))
        return dict(rows.all())
