"""Saves of many entries: one transaction, an outcome for each, and one statement a table."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from cms.authorization.actor import OPERATOR, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Changes, Draft
from cms.drafts.entries import add_edition
from cms.drafts.loading import look_at
from cms.drafts.saving import SaveItem, TagChanges, save_entries
from cms.errors import Refused, StaleRevision, UserError
from cms.site import Site
from cms.tables import AuditRecord, Revision
from cms.taxonomy.categories import create_category
from cms.work.bulk import NoneDone, Outcome
from tests.builders import Newsroom, changes_of
from tests.statements import counted


class Guide(ContentType, path="/guides/{category}/{slug}"):
    """A page that stands in its category."""

    body = Markdown()


GUIDES = Site("Guides", content_types=[Guide], url="https://example.org")


async def items(
    newsroom: Newsroom, *heads: Revision, values: Any = None, **changes: Any
) -> list[SaveItem]:
    """Return saves of entries on top of their newest revisions."""
    return [
        SaveItem(
            entry_id=await newsroom.entry_id(head),
            base_revision=head.id,
            values=values or changes_of(**changes),
        )
        for head in heads
    ]


async def count(newsroom: Newsroom, table: Any) -> int:
    async with newsroom.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


def codes(outcomes: list[Outcome[Any]]) -> list[list[str]]:
    return [[error.code for error in each.errors] for each in outcomes]


async def test_many_entries_are_saved_with_an_outcome_for_each(newsroom: Newsroom) -> None:
    heads = [await newsroom.draft(title=f"Page {number}") for number in range(3)]
    chosen = await items(newsroom, *heads, summary="Now with a summary.")
    saved = await newsroom.do(newsroom.author, save_entries, chosen, note="Summaries.")
    assert [each.entry_id for each in saved] == [each.entry_id for each in chosen]
    assert {each.locale for each in saved} == {"en"}
    revisions = [each.result.revision for each in saved if each.result is not None]
    assert [each.title for each in revisions] == ["Page 0", "Page 1", "Page 2"]
    assert {(each.summary, each.number, each.note) for each in revisions} == {
        ("Now with a summary.", 2, "Summaries.")
    }
    # Nothing is written that is there already.
    again = [
        SaveItem(entry_id=each.entry_id, base_revision=revision.id, values=Changes())
        for each, revision in zip(chosen, revisions, strict=True)
    ]
    unchanged = await newsroom.do(newsroom.author, save_entries, again)
    assert [each.result and each.result.revision.id for each in unchanged] == [
        each.id for each in revisions
    ]


async def test_all_are_refused_if_one_is_and_the_errors_name_each(newsroom: Newsroom) -> None:
    first, second, third = [await newsroom.draft(title=f"Page {number}") for number in range(3)]
    await newsroom.save(second, title="Newer")
    chosen = [
        *await items(newsroom, first, title="x" * 301),
        *await items(newsroom, second, third, title="Another"),
    ]
    before = await count(newsroom, Revision)
    with pytest.raises(NoneDone) as refused:
        await newsroom.do(newsroom.author, save_entries, chosen)
    assert [(error.code, error.path) for error in refused.value.errors] == [
        ("INVALID_VALUE", ("entries", 0, "title")),
        ("STALE_REVISION", ("entries", 1, "baseRevision")),
    ]
    assert [[each.code for each in outcome.errors] for outcome in refused.value.outcomes] == [
        ["INVALID_VALUE"],
        ["STALE_REVISION"],
        [],
    ]
    assert await count(newsroom, Revision) == before


async def test_each_is_saved_by_itself_if_asked(newsroom: Newsroom) -> None:
    first, second, third = [await newsroom.draft(title=f"Page {number}") for number in range(3)]
    newer = await newsroom.save(second, title="Newer")
    chosen = [
        *await items(newsroom, first, title="x" * 301),
        *await items(newsroom, second, third, title="Another"),
        SaveItem(entry_id="entry_missing", base_revision=third.id, values=Changes()),
    ]
    saved = await newsroom.do(newsroom.author, save_entries, chosen, mode="each")
    assert codes(list(saved)) == [["INVALID_VALUE"], ["STALE_REVISION"], [], ["NOT_FOUND"]]
    assert [each.result is not None for each in saved] == [False, False, True, False]
    (stale,) = saved[1].errors
    assert isinstance(stale, StaleRevision)
    assert stale.head_revision == newer.id
    assert stale.merge is not None


async def test_rights_are_those_on_each_entry(newsroom: Newsroom) -> None:
    own, other = await newsroom.category("Own"), await newsroom.category("Other")
    limited = await newsroom.person(
        "Lena", Grant(role="author", category_id=own.id), Grant(role="viewer")
    )
    heads = [await newsroom.draft(category=each) for each in (own, other)]
    chosen = await items(newsroom, *heads, title="Edited")
    saved = await newsroom.do(limited, save_entries, chosen, mode="each")
    assert codes(list(saved)) == [[], ["NOT_ALLOWED"]]
    # Nor may they move a page out of reach.
    moves = [
        SaveItem(
            entry_id=chosen[0].entry_id,
            base_revision=saved[0].result.revision.id if saved[0].result else "",
            values=Changes(category=other.id),
        )
    ]
    moved = await newsroom.do(limited, save_entries, moves, mode="each")
    assert codes(list(moved)) == [["NOT_ALLOWED"]]


async def test_tags_are_added_and_removed_beside_the_others(newsroom: Newsroom) -> None:
    heads = [
        await newsroom.draft(tags=["Fine-tuning", "Old"]),
        await newsroom.draft(tags=["Kept"]),
    ]
    changes = TagChanges(add=["New", "kept"], remove=["OLD"])
    saved = await newsroom.do(
        newsroom.author, save_entries, await items(newsroom, *heads, values=changes)
    )
    assert [each.result and each.result.revision.content["tags"] for each in saved] == [
        ["Fine-tuning", "kept", "New"],
        ["Kept", "New"],
    ]


async def test_moved_pages_stand_in_their_new_category(newsroom: Newsroom) -> None:
    newsroom.site = GUIDES
    parent = await newsroom.category("Start")
    child = await newsroom.category("Deep", parent)
    heads = [
        await newsroom.draft("Guide", title=f"Page {number}", category=parent)
        for number in range(2)
    ]
    saved = await newsroom.do(
        newsroom.author,
        save_entries,
        await items(newsroom, *heads, values=Changes(category=child.id)),
    )
    assert [each.result and each.result.revision.path for each in saved] == [
        "/guides/start/deep/page-0",
        "/guides/start/deep/page-1",
    ]


async def test_links_between_the_entries_are_resolved_to_what_stands_there(
    newsroom: Newsroom,
) -> None:
    first = await newsroom.draft(title="First", slug="first")
    second = await newsroom.draft(title="Second", slug="second")
    chosen = [
        *await items(newsroom, first, body="See [second](/articles/second)."),
        *await items(newsroom, second, body="See [first](first) and [nothing](/articles/none)."),
    ]
    saved = await newsroom.do(newsroom.author, save_entries, chosen)
    contents: list[Any] = [each.result.revision.content for each in saved if each.result]
    assert [[link["target"] for link in each["links"]] for each in contents] == [
        [chosen[1].entry_id],
        [chosen[0].entry_id, None],
    ]


async def test_one_of_two_names_of_siblings_is_kept(newsroom: Newsroom) -> None:
    async def draft(name: str) -> Revision:
        saved = await newsroom.do(OPERATOR, create_category, Draft(title=name))
        return saved.revision

    heads = [await draft("One"), await draft("Two"), await draft("Three")]
    chosen = await items(newsroom, *heads, slug="same")
    saved = await newsroom.do(newsroom.administrator, save_entries, chosen, mode="each")
    assert codes(list(saved)) == [[], ["DUPLICATE_NAME"], ["DUPLICATE_NAME"]]


async def test_one_of_two_people_gets_a_slug(newsroom: Newsroom) -> None:
    ids = [str(each.person_id) for each in newsroom.reviewers[:2]]
    heads = []
    async with newsroom.database.reading() as session:
        for each in ids:
            head = await session.scalar(
                select(Revision)
                .where(Revision.title.in_(["Rita Reviewer", "Rolf Reviewer"]))
                .where(Revision.slug == ("rita-reviewer" if each == ids[0] else "rolf-reviewer"))
            )
            assert head is not None
            heads.append(head)
    chosen = await items(newsroom, *heads, slug="reviewer")
    saved = await newsroom.do(newsroom.administrator, save_entries, chosen, mode="each")
    assert codes(list(saved)) == [[], ["DUPLICATE_NAME"]]


async def test_too_many_entries_and_one_twice_are_refused(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    (item,) = await items(newsroom, head, title="Another")

    async def reasons(chosen: list[SaveItem]) -> list[tuple[str, tuple[str | int, ...]]]:
        found: list[UserError] = []
        try:
            await newsroom.do(newsroom.author, save_entries, chosen, mode="each")
        except Refused as refused:
            found += refused.errors
        return [(each.code, each.path) for each in found]

    assert await reasons([item] * 1_001) == [("INVALID_VALUE", ("entries",))]
    assert await reasons([item, item]) == [("INVALID_VALUE", ("entries", 1))]


async def test_each_save_is_a_record_and_a_refusal_a_line_of_the_log(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    heads = [await newsroom.draft(title=f"Page {number}") for number in range(3)]
    chosen = await items(newsroom, *heads[:2], title="Another")
    chosen += await items(newsroom, heads[2], title="x" * 301)
    before = await count(newsroom, AuditRecord)
    with caplog.at_level("INFO", "copydesk.security"):
        await newsroom.do(newsroom.author, save_entries, chosen, mode="each")
    assert await count(newsroom, AuditRecord) == before + 2
    assert [chosen[2].entry_id in each for each in caplog.messages] == [True]


async def test_the_statements_are_as_many_for_sixty_entries_as_for_three(
    newsroom: Newsroom,
) -> None:
    newsroom.site = GUIDES
    categories = [await newsroom.category(f"Category {number}") for number in range(3)]

    async def statements(number: int) -> list[str]:
        heads = [
            await newsroom.draft(
                "Guide", title=f"{number} {each}", category=categories[each % 3], tags=["One"]
            )
            for each in range(number)
        ]
        chosen = await items(
            newsroom,
            *heads,
            body=f"See [one](/guides/category-0/{number}-0), [none](/none) and words.",
        )
        with counted(newsroom.database) as seen:
            await newsroom.do(newsroom.author, save_entries, chosen)
        return seen

    few, many = await statements(3), await statements(60)
    assert len(many) == len(few), [each for each in many if each not in few]
    inserted = [each.split()[2] for each in many if each.upper().startswith("INSERT INTO")]
    assert sorted(inserted) == sorted(set(inserted))


async def test_each_edition_of_a_person_has_a_slug_of_their_own(newsroom: Newsroom) -> None:
    person_id = str(newsroom.author.person_id)
    german = await newsroom.do(OPERATOR, add_edition, person_id, "de")
    async with newsroom.as_(OPERATOR) as work:
        english = (await look_at(work, person_id, "en")).head
    taken, free = Changes(slug="abe-author"), Changes(slug="another")
    chosen = [
        SaveItem(entry_id=person_id, base_revision=revision.id, values=values, locale=locale)
        for locale, revision, values in (
            ("en", english, taken),
            ("de", german.revision, free),
        )
    ]
    saved = await newsroom.do(OPERATOR, save_entries, chosen, mode="each")
    assert codes(list(saved)) == [["DUPLICATE_NAME"], []]
