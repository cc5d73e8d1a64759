"""What is written is kept, whole; two writers do not overwrite each other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select

from cms.authorization.actor import Grant
from cms.content.snapshot import Changes, Draft
from cms.drafts.entries import create_entry
from cms.drafts.saving import autosave_entry, restore_revision, save_draft, update_entry
from cms.errors import Refused, StaleRevision
from cms.publishing.publishing import publish_entry
from cms.storage.database import Database
from cms.tables import Edition, Entry, Link, Revision, RevisionTag
from tests.builders import Newsroom, draft_of, entry_id_of
from tests.sites import SITE


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [error.code for error in refused.value.errors]


async def count(newsroom: Newsroom, table: Any) -> int:
    async with newsroom.as_(newsroom.author) as work:
        return await work.session.scalar(select(func.count()).select_from(table)) or 0


async def test_an_unfinished_draft_is_saved(newsroom: Newsroom) -> None:
    draft = await newsroom.draft(title="", body="")
    assert draft.number == 1
    assert draft.title == ""


async def test_a_revision_holds_everything_and_its_digest(newsroom: Newsroom) -> None:
    category = await newsroom.category("Topic")
    other = await newsroom.draft(slug="other")
    revision = await newsroom.draft(
        title="T",
        category=category,
        tags=["Word"],
        body="See [other](/articles/other#part) and [out](https://example.org).",
        related=[{"href": "/articles/other", "label": "L", "note": "N"}],
    )
    async with newsroom.as_(newsroom.author) as work:
        target = await entry_id_of(work, other)
        links = await work.session.scalars(
            select(Link).where(Link.revision_id == revision.id).order_by(Link.field_path)
        )
        assert [
            (link.origin, link.kind, link.field_path, link.target_id, link.fragment, link.url)
            for link in links
        ] == [
            ("inline", "inline", "body", target, "part", None),
            ("inline", "inline", "body", None, "", "https://example.org"),
            ("field", "related", "related", target, "", None),
        ]
        (tag,) = await work.session.scalars(select(RevisionTag))
        assert (tag.revision_id, tag.slug, tag.word) == (revision.id, "word", "Word")
    assert revision.category_id == category.id
    assert revision.content["links"]


async def test_saving_the_same_again_makes_no_revision(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="T")
    assert (await newsroom.save(head, title="T")).id == head.id


async def test_a_write_names_the_revision_it_started_from(newsroom: Newsroom) -> None:
    first = await newsroom.draft(title="One")
    second = await newsroom.save(first, title="Two")
    with pytest.raises(Refused) as refused:
        await newsroom.save(first, title="Three")
    (error,) = refused.value.errors
    assert isinstance(error, StaleRevision)
    assert (error.base_revision, error.head_revision) == (first.id, second.id)


async def test_of_two_writers_at_once_exactly_one_wins(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Start")
    for turn in range(5):
        results = await asyncio.gather(
            newsroom.save(head, newsroom.author, title=f"{turn} a"),
            newsroom.save(head, newsroom.second_author, title=f"{turn} b"),
            return_exceptions=True,
        )
        winners = [each for each in results if isinstance(each, Revision)]
        losers = [each for each in results if isinstance(each, Refused)]
        assert (len(winners), len(losers)) == (1, 1)
        (head,) = winners
    assert head.number == 6


async def test_unknown_things_are_refused(newsroom: Newsroom) -> None:
    draft = draft_of(related=["entry_" + "0" * 26], title="T", body="x")
    before = await count(newsroom, Edition)
    async with newsroom.as_(newsroom.author) as work:
        for changed, path in (
            ({"category": "cat_" + "0" * 26}, ("category",)),
            ({}, ("fields", "related", 0)),
        ):
            wrong = type(draft)(**{**vars(draft), **changed})
            with pytest.raises(Refused) as refused:
                await create_entry(work, "Article", wrong)
            found = [(error.code, error.path) for error in refused.value.errors]
            assert ("INVALID_VALUE", path) in found
    assert await count(newsroom, Edition) == before


@pytest.mark.parametrize(
    ("content_type", "locale", "code"),
    [("Nothing", None, "NOT_ALLOWED"), ("Article", "xx", "INVALID_VALUE")],
)
async def test_unknown_types_and_locales_are_refused(
    newsroom: Newsroom, content_type: str, locale: str | None, code: str
) -> None:
    scoped = await newsroom.person("Sam", Grant(role="author", content_type="Article"))
    async with newsroom.as_(scoped) as work:
        with pytest.raises(Refused) as refused:
            await create_entry(work, content_type, draft_of(), locale=locale)
    assert codes(refused) == [code]


async def test_there_is_only_one_of_a_singleton(newsroom: Newsroom) -> None:
    await newsroom.draft("Settings", title="Settings", brand="x")
    with pytest.raises(Refused) as refused:
        await newsroom.draft("Settings", title="Settings", brand="y")
    assert codes(refused) == ["DUPLICATE_NAME"]


async def test_a_link_has_to_fit_its_field(newsroom: Newsroom) -> None:
    snippet = await newsroom.draft("Snippet", text="x")
    async with newsroom.as_(newsroom.author) as work:
        target = await entry_id_of(work, snippet)
    with pytest.raises(Refused) as refused:
        await newsroom.draft(related=[target, "https://example.org"])
    assert [error.message for error in refused.value.errors] == [
        "expected an entry of type Article, Note, not Snippet",
        "expected an entry of type Article, Note",
    ]


async def test_only_authors_write(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    async with newsroom.as_(newsroom.reviewers[0]) as work:
        with pytest.raises(Refused) as refused:
            await save_draft(
                work, await entry_id_of(work, head), draft_of(title="x"), base_revision=head.id
            )
    assert codes(refused) == ["NOT_ALLOWED"]


async def test_a_category_one_may_not_write_in_is_refused_from_both_sides(
    newsroom: Newsroom,
) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    below = await newsroom.category("Below", mine)
    limited = await newsroom.person("Lim", Grant(role="author", category_id=mine.id))
    head = await newsroom.draft(category=below)
    head = await newsroom.save(head, limited, title="Allowed below", category=below)
    with pytest.raises(Refused):
        await newsroom.save(head, limited, title="Moved away", category=theirs)
    elsewhere = await newsroom.draft(category=theirs)
    with pytest.raises(Refused):
        await newsroom.save(elsewhere, limited, title="Moved in", category=mine)


async def test_a_failed_command_leaves_nothing(database: Database) -> None:
    newsroom = Newsroom(database, SITE)
    await newsroom.hire()
    before = [await count(newsroom, table) for table in (Entry, Edition, Revision)]
    with pytest.raises(Refused):
        await newsroom.draft(rating=99)
    assert [await count(newsroom, table) for table in (Entry, Edition, Revision)] == before


async def test_an_update_changes_what_it_names_and_nothing_else(newsroom: Newsroom) -> None:
    category = await newsroom.category("Topic")
    head = await newsroom.draft(
        title="T", slug="page", summary="S", category=category, tags=["Word"], subtitle="Sub"
    )
    updated = await newsroom.update(head, title="U", rating=3, subtitle=None)
    fields: Any = head.content["fields"]
    assert updated.content == {
        **head.content,
        "title": "U",
        "fields": {**fields, "rating": 3, "subtitle": None, "subtitle_words": None},
    }
    entry_id = await newsroom.entry_id(head)
    done = await newsroom.do(
        newsroom.author,
        update_entry,
        entry_id,
        Changes(category="", tags=()),
        base_revision=updated.id,
        note="Bare.",
    )
    bare = done.revision
    assert (bare.category_id, bare.note) == (None, "Bare.")
    assert not bare.content["tags"]


async def test_an_update_that_changes_nothing_makes_no_revision(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="T")
    assert (await newsroom.update(head)).id == head.id
    assert (await newsroom.update(head, title="T")).id == head.id


async def test_an_update_does_not_take_what_does_not_fit(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="T")
    entry_id = await newsroom.entry_id(head)
    changes = Changes(slug="No Slug", fields={"rating": 9, "nothing": 1})
    before = await count(newsroom, Revision)
    errors = await newsroom.refusal(
        newsroom.author,
        update_entry,
        entry_id,
        changes,
        base_revision=head.id,
    )
    assert {(error.code, error.path) for error in errors} == {
        ("INVALID_VALUE", ("slug",)),
        ("INVALID_VALUE", ("fields", "rating")),
        ("INVALID_VALUE", ("fields", "nothing")),
    }
    assert await count(newsroom, Revision) == before


async def test_a_restored_revision_is_the_same_to_the_byte(newsroom: Newsroom) -> None:
    await newsroom.published(slug="target")
    first = await newsroom.draft(
        title="One", slug="page", summary="S", related=["/articles/target"], rating=2
    )
    await newsroom.review(first)
    second = await newsroom.save(first, title="Two", slug="page")
    entry_id = await newsroom.entry_id(first)
    done = await newsroom.do(
        newsroom.second_author,
        restore_revision,
        entry_id,
        first.id,
        base_revision=second.id,
    )
    restored = done.revision
    assert (restored.number, restored.digest, restored.content) == (3, first.digest, first.content)
    again, before = await newsroom.rendition(restored), await newsroom.rendition(first)
    assert (again.rendered, again.anchors) == (before.rendered, before.anchors)
    assert restored.note == "Restores revision 1."
    # What was signed off is signed off.
    publication = await newsroom.do(
        newsroom.publisher, publish_entry, entry_id, revision_id=restored.id
    )
    assert publication.revision_id == restored.id


async def test_only_a_revision_of_the_entry_is_restored(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="One")
    other = await newsroom.draft(title="Other")
    entry_id = await newsroom.entry_id(head)
    for revision_id in (other.id, "rev_" + "0" * 26, "", "x"):
        assert await newsroom.codes(
            newsroom.author,
            restore_revision,
            entry_id,
            revision_id,
            base_revision=head.id,
        ) == ["NOT_FOUND"]


async def test_a_conflict_proposes_how_to_merge_and_the_proposal_can_be_saved(
    newsroom: Newsroom,
) -> None:
    base = await newsroom.draft(title="T", slug="page", body="One.\n\nTwo.\n\nThree.")
    theirs = await newsroom.save(
        base, newsroom.second_author, title="Theirs", slug="page", body="One!\n\nTwo.\n\nThree."
    )
    entry_id = await newsroom.entry_id(base)
    changes = Changes(summary="Mine", fields={"body": "One.\n\nTwo.\n\nThree!"})
    (error,) = await newsroom.refusal(
        newsroom.author,
        update_entry,
        entry_id,
        changes,
        base_revision=base.id,
    )
    assert isinstance(error, StaleRevision)
    assert (error.base_revision, error.head_revision) == (base.id, theirs.id)
    proposal: Any = error.merge
    assert proposal["hasConflicts"] is False
    draft = Draft(**{**proposal["draft"], "tags": tuple(proposal["draft"]["tags"])})
    saved = await newsroom.do(
        newsroom.author,
        save_draft,
        entry_id,
        draft,
        base_revision=theirs.id,
    )
    merged = saved.revision
    assert (merged.title, merged.summary) == ("Theirs", "Mine")
    assert draft.fields["body"] == "One!\n\nTwo.\n\nThree!"


async def test_a_contradiction_is_for_a_person_to_decide(newsroom: Newsroom) -> None:
    base = await newsroom.draft(title="T")
    await newsroom.update(base, newsroom.second_author, title="Theirs")
    entry_id = await newsroom.entry_id(base)
    before = await count(newsroom, Revision)
    for attempt in (
        lambda work: update_entry(work, entry_id, Changes(title="Mine"), base_revision=base.id),
        lambda work: autosave_entry(work, entry_id, Changes(title="Mine"), base_revision=base.id),
        lambda work: restore_revision(work, entry_id, base.id, base_revision=base.id),
    ):
        (error,) = await newsroom.refusal(newsroom.author, attempt)
        assert isinstance(error, StaleRevision)
        assert error.merge is not None
    assert await count(newsroom, Revision) == before
    (error,) = await newsroom.refusal(
        newsroom.author,
        update_entry,
        entry_id,
        Changes(title="Mine"),
        base_revision=base.id,
    )
    assert isinstance(error, StaleRevision)
    proposal: Any = error.merge
    assert proposal["hasConflicts"] is True
    assert [(each["path"], each["outcome"]) for each in proposal["fields"]] == [
        (["title"], "CONFLICT")
    ]


@pytest.mark.parametrize("content_type", ["Snippet", "Settings"])
async def test_a_save_that_mentions_no_path_looks_for_none(
    newsroom: Newsroom, content_type: str
) -> None:
    values: dict[str, Any] = {"brand": "b"} if content_type == "Settings" else {"text": "t"}
    head = await newsroom.draft(content_type, **values)
    with statements(newsroom.database) as seen:
        head = await newsroom.save(head, title="Other", **values)
        head = await newsroom.autosave(head, title="Another")
        await newsroom.publish(head)
    asked = re.compile(r"where .*\bpath (in|is null|=)", re.IGNORECASE | re.DOTALL)
    assert [each for each in seen if asked.search(each)] == []


async def test_a_path_is_found_by_an_index_among_many_entries_without_one(
    newsroom: Newsroom,
) -> None:
    head = await newsroom.draft(body="See [other](/articles/other).")
    async with newsroom.as_(newsroom.author) as work:
        for _ in range(100):
            await create_entry(work, "Snippet", Draft(title="Same"))
    await newsroom.database.refresh_statistics()
    with statements(newsroom.database) as seen:
        await newsroom.save(head, body="See [another](/articles/another).")
    lookups = [each for each in seen if re.search(r"\bpath (IN|= ANY)", each)]
    assert len(lookups) == 2
    if newsroom.database.engine.dialect.name == "sqlite":
        for each in lookups:
            plan = await plan_of(newsroom.database, each)
            assert not any(step.startswith(("SCAN address", "SCAN edition")) for step in plan), plan


@pytest.mark.parametrize("chart", [1e17, [-1e300, {"a": 2.0**60}]])
async def test_a_number_stays_the_double_that_it_was(newsroom: Newsroom, chart: Any) -> None:
    # PostgreSQL returns a large one with all its digits, as if it were an integer.
    head = await newsroom.draft(title="One", slug="one", body="Text.", chart=chart)
    saved = await newsroom.save(head, title="Two", slug="one", body="Text.", chart=chart)
    updated = await newsroom.update(saved, chart=chart)
    assert updated.id == saved.id
    async with newsroom.as_(newsroom.author) as work:
        changes, entry_id = Changes(title="Three"), await entry_id_of(work, saved)
        other = await update_entry(work, entry_id, changes, base_revision=saved.id)
    kept: Any = other.revision.content["fields"]
    assert kept["chart"] == chart


async def test_what_a_save_copies_is_looked_up_by_revision(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="One", slug="one", body="See [other](https://a.test/b).")
    await newsroom.database.refresh_statistics()
    with statements(newsroom.database) as seen:
        await newsroom.save(head, title="Two", slug="one", body="See [other](https://a.test/b).")
    copies = [each for each in seen if each.startswith("INSERT") and " SELECT " in each]
    assert len(copies) == 3
    if newsroom.database.engine.dialect.name == "sqlite":
        async with newsroom.database.engine.begin() as connection:
            # The statistics of an empty site, in which no row is expected to have a version.
            await connection.exec_driver_sql("update sqlite_stat1 set stat = '1000 1'")
            await connection.exec_driver_sql("analyze sqlite_schema")
        for each in copies:
            first, *others = await plan_of(newsroom.database, each)
            assert first.startswith("SCAN copies")
            assert all("(revision_id=?)" in step for step in others)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Give a list of what is run, as it is run."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def plan_of(database: Database, statement: str) -> list[str]:
    """Return how SQLite would run a statement."""
    async with database.engine.connect() as connection:
        values = tuple("x" for _ in range(statement.count("?")))
        explained = await connection.exec_driver_sql(f"explain query plan {statement}", values)
        return [row.detail for row in explained]
