"""Creation of many entries: one transaction, an outcome for each, and one statement a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from cms.authorization.actor import OPERATOR, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Changes, Draft
from cms.drafts.addresses import PagesAhead
from cms.drafts.contributors import contributors_among
from cms.drafts.entries import (
    CreateItem,
    EditionItem,
    add_editions,
    create_entries,
    create_entry,
)
from cms.drafts.loading import look_at
from cms.drafts.new_entries import begin_entries
from cms.drafts.saving import Saved, SaveItem, save_entries
from cms.drafts.subjects import Place
from cms.errors import NotAllowed, Refused
from cms.ledger.verification import Invalid, verify_ledger
from cms.site import Site
from cms.tables import AuditRecord, Edition, Entry, Link, Revision
from cms.work.bulk import NoneDone, Outcome
from tests.builders import Newsroom, draft_of
from tests.forging import no_progress
from tests.graphql_api.conftest import api_of
from tests.sites import URLS
from tests.statements import counted


class Guide(ContentType, path="/guides/{category}/{slug}"):
    """A page that stands in its category."""

    body = Markdown()


class Imprint(ContentType, path="/imprint", singleton=True):
    """A page of which there is one."""

    body = Markdown()


SITE = Site(
    "Guides",
    content_types=[Guide, Imprint],
    locales=("en", "de"),
    url=URLS,
)


def articles(*titles: str, **more: Any) -> list[CreateItem]:
    return [
        CreateItem(content_type="Article", draft=draft_of(title=each, **more)) for each in titles
    ]


async def count(newsroom: Newsroom, table: Any) -> int:
    async with newsroom.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


def codes(outcomes: Sequence[Outcome[Any]]) -> list[list[str]]:
    return [[error.code for error in each.errors] for each in outcomes]


def saved_in(outcomes: Sequence[Outcome[Saved]]) -> list[Saved]:
    return [each.result for each in outcomes if each.result is not None]


async def test_many_entries_are_created_with_an_outcome_for_each(newsroom: Newsroom) -> None:
    chosen = [
        *articles("One", "Two", summary="A summary.", tags=["New"]),
        CreateItem(content_type="Note", draft=Draft(title="Three"), locale="de"),
    ]
    outcomes = await newsroom.do(newsroom.author, create_entries, chosen, note="To begin with.")
    saved = saved_in(outcomes)
    assert [each.entry_id for each in outcomes] == [each.entry_id for each in saved]
    assert [each.locale for each in outcomes] == ["en", "en", "de"]
    assert [each.revision.title for each in saved] == ["One", "Two", "Three"]
    assert {(each.revision.number, each.revision.note) for each in saved} == {(1, "To begin with.")}
    assert saved[0].revision.path == "/articles/one"
    assert [each.revision.content["tags"] for each in saved] == [["New"], ["New"], []]
    assert {each.revision.author_id for each in saved} == {newsroom.author.account_id}
    # They are listed in the order in which they were asked for.
    assert sorted(each.entry_id for each in saved) == [each.entry_id for each in saved]


async def test_all_are_refused_if_one_is_and_the_errors_name_each(newsroom: Newsroom) -> None:
    chosen = [
        *articles("Fine"),
        *articles("x" * 301, rating=9),
        CreateItem(content_type="Unknown", draft=Draft(title="T"), locale="xx"),
        CreateItem(content_type="Category", draft=Draft(title="T")),
        CreateItem(content_type="Note", draft=Draft(title="T", category="cat_missing")),
    ]
    before = [await count(newsroom, each) for each in (Entry, Edition, Revision, AuditRecord)]
    with pytest.raises(NoneDone) as refused:
        await newsroom.do(newsroom.administrator, create_entries, chosen)
    assert [(error.code, error.path) for error in refused.value.errors] == [
        ("INVALID_VALUE", ("entries", 1, "title")),
        ("INVALID_VALUE", ("entries", 1, "fields", "rating")),
        ("INVALID_VALUE", ("entries", 2, "locale")),
        ("INVALID_VALUE", ("entries", 2, "contentType")),
        ("INVALID_VALUE", ("entries", 3, "contentType")),
        ("INVALID_VALUE", ("entries", 4, "category")),
    ]
    # No id is given of what there is not.
    assert [each.entry_id for each in refused.value.outcomes] == [None] * 5
    after = [await count(newsroom, each) for each in (Entry, Edition, Revision, AuditRecord)]
    assert after == before


async def test_each_is_created_by_itself_if_asked(newsroom: Newsroom) -> None:
    chosen = [
        *articles("x" * 301, "Fine"),
        CreateItem(content_type="Unknown", draft=Draft(title="T")),
        *articles("Fine too"),
    ]
    outcomes = await newsroom.do(newsroom.author, create_entries, chosen, mode="each")
    assert codes(outcomes) == [["INVALID_VALUE"], [], ["INVALID_VALUE"], []]
    assert [each.entry_id is None for each in outcomes] == [True, False, True, False]
    assert [each.revision.title for each in saved_in(outcomes)] == ["Fine", "Fine too"]


async def test_the_command_of_one_entry_has_the_errors_without_an_index(
    newsroom: Newsroom,
) -> None:
    with pytest.raises(Refused) as refused:
        await newsroom.do(
            newsroom.author, create_entry, "Article", draft_of(title="x" * 301, rating=9)
        )
    assert [each.path for each in refused.value.errors] == [("title",), ("fields", "rating")]


async def test_rights_are_those_in_the_category_and_locale_of_each(newsroom: Newsroom) -> None:
    own, other = await newsroom.category("Own"), await newsroom.category("Other")
    below = await newsroom.category("Below", own)
    lena = await newsroom.person(
        "Lena", Grant(role="author", category_id=own.id), Grant(role="author", locale="de")
    )
    chosen = [
        CreateItem(
            content_type=name, draft=Draft(title=f"Page {number}", category=place), locale=locale
        )
        for number, (name, place, locale) in enumerate(
            (
                ("Article", own.id, None),
                ("Article", below.id, None),
                ("Article", other.id, None),
                ("Article", None, None),
                ("Article", other.id, "de"),
                # What there is not tells nothing to those who may not create it.
                ("Unknown", other.id, None),
            )
        )
    ]
    outcomes = await newsroom.do(lena, create_entries, chosen, mode="each")
    refused = ["NOT_ALLOWED"]
    assert codes(outcomes) == [[], [], refused, refused, [], refused]
    only_notes = await newsroom.person("Nora", Grant(role="author", content_type="Note"))
    with pytest.raises(NoneDone) as nothing:
        await newsroom.do(only_notes, create_entries, articles("One", "Two"))
    assert [(type(each), each.path) for each in nothing.value.errors] == [
        (NotAllowed, ("entries", 0)),
        (NotAllowed, ("entries", 1)),
    ]


async def test_one_of_two_singletons_is_created(newsroom: Newsroom) -> None:
    newsroom.site = SITE

    def imprints(*titles: str) -> list[CreateItem]:
        return [CreateItem(content_type="Imprint", draft=Draft(title=each)) for each in titles]

    chosen = imprints("x" * 301, "One", "Two")
    outcomes = await newsroom.do(newsroom.author, create_entries, chosen, mode="each")
    assert codes(outcomes) == [["INVALID_VALUE"], [], ["DUPLICATE_NAME"]]
    again = imprints("Three", "x" * 301)
    outcomes = await newsroom.do(newsroom.author, create_entries, again, mode="each")
    assert codes(outcomes) == [["DUPLICATE_NAME"], ["INVALID_VALUE", "DUPLICATE_NAME"]]


async def test_too_many_entries_are_refused_and_none_are_none(newsroom: Newsroom) -> None:
    for mode in ("all", "each"):
        with pytest.raises(Refused) as refused:
            await newsroom.do(newsroom.author, create_entries, articles("T") * 1_001, mode=mode)
        assert [(each.code, each.path) for each in refused.value.errors] == [
            ("INVALID_VALUE", ("entries",))
        ]
    assert await newsroom.do(newsroom.author, create_entries, []) == []


async def test_links_lead_to_what_stands_there_already_and_to_each_other(
    newsroom: Newsroom,
) -> None:
    known = await newsroom.draft(title="Known", slug="known")
    body = "See [known](/articles/known), [me](/articles/one) and [two](/articles/two/)."
    back = "See [one](/articles/one), and [known again](/articles/known)."
    chosen = [
        *articles("One", body=body),
        *articles("Two", body=back),
        *articles("Known", body="I am not the first."),
    ]
    outcomes = await newsroom.do(newsroom.author, create_entries, chosen)
    (first, second, _) = saved_in(outcomes)
    before = await newsroom.entry_id(known)
    assert targets_in(first) == [before, first.entry_id, second.entry_id]
    assert targets_in(second) == [first.entry_id, before]
    async with newsroom.database.reading() as session:
        found = await session.scalars(
            select(Link.target_id)
            .where(Link.revision_id == first.revision.id)
            .order_by(Link.ordinal)
        )
        assert list(found) == targets_in(first)


async def test_a_link_to_an_entry_that_is_refused_leads_to_nothing(newsroom: Newsroom) -> None:
    body = "See [two](/articles/two) and [three](/articles/three)."
    chosen = [
        *articles("One", body=body),
        CreateItem(content_type="Article", draft=Draft(title="x" * 301, slug="two")),
        *articles("Three", body="See [one](/articles/one)."),
    ]
    outcomes = await newsroom.do(newsroom.author, create_entries, chosen, mode="each")
    assert codes(outcomes) == [[], ["INVALID_VALUE"], []]
    first, third = outcomes[0].result, outcomes[2].result
    assert first is not None
    assert third is not None
    assert targets_in(first) == [None, third.entry_id]
    assert targets_in(third) == [first.entry_id]


async def test_translations_that_are_added_together_link_to_each_other(
    newsroom: Newsroom,
) -> None:
    created = saved_in(
        await newsroom.do(newsroom.author, create_entries, articles("One") + articles("Two"))
    )
    items = [
        EditionItem(
            entry_id=each.entry_id,
            locale="de",
            draft=Draft(
                title=name, slug=name.lower(), fields={"body": f"Siehe [das](/articles/{to})."}
            ),
        )
        for each, name, to in zip(created, ("Eins", "Zwei"), ("zwei", "eins"), strict=True)
    ]
    added = saved_in(await newsroom.do(newsroom.author, add_editions, items))
    assert [targets_in(each) for each in added] == [
        [created[1].entry_id],
        [created[0].entry_id],
    ]


def targets_in(saved: Saved) -> list[str | None]:
    """Return the targets of the links of a revision."""
    content: Any = saved.revision.content
    return [each["target"] for each in content["links"]]


async def test_each_creation_is_a_record_and_a_refusal_a_line_of_the_log(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    before = await count(newsroom, AuditRecord)
    with caplog.at_level("INFO", "copydesk.security"):
        await newsroom.do(
            newsroom.author, create_entries, articles("One", "x" * 301, "Two"), mode="each"
        )
    assert await count(newsroom, AuditRecord) == before + 2
    assert ["refused INVALID_VALUE: entry:create" in each for each in caplog.messages] == [True]
    async with newsroom.database.reading() as session:
        action, number = (
            await session.execute(
                select(AuditRecord.action, func.count())
                .where(AuditRecord.sequence > before)
                .group_by(AuditRecord.action)
            )
        ).one()
    assert (action, number) == ("entry:create", 2)


async def test_the_statements_are_as_many_for_sixty_entries_as_for_three(
    newsroom: Newsroom,
) -> None:
    newsroom.site = SITE
    categories = [await newsroom.category(f"Category {number}") for number in range(3)]

    async def statements(number: int) -> list[str]:
        chosen = [
            CreateItem(
                content_type="Guide",
                draft=Draft(
                    title=f"{number} {each}",
                    category=categories[each % 3].id,
                    tags=("One",),
                    fields={"body": f"[self](/guides/category-0/{number}-0), [none](/none)."},
                ),
                locale=("en", "de")[each % 2],
            )
            for each in range(number)
        ]
        with counted(newsroom.database) as seen:
            await newsroom.do(newsroom.author, create_entries, chosen)
        return seen

    few, many = await statements(3), await statements(60)
    assert len(many) == len(few), [each for each in many if each not in few]
    inserted = [each.split()[2] for each in many if each.upper().startswith("INSERT INTO")]
    assert {"entry", "edition", "revision", "link", "revision_tag"} <= set(inserted)
    assert sorted(inserted) == sorted(set(inserted))


async def test_a_note_can_be_that_of_one_entry(newsroom: Newsroom) -> None:
    chosen = [
        replace(articles("One")[0], note="Of this one."),
        *articles("Two"),
        replace(articles("Three")[0], note="x" * 10_001),
    ]
    outcomes = await newsroom.do(
        newsroom.author, create_entries, chosen, mode="each", note="Of all."
    )
    assert [each.revision.note for each in saved_in(outcomes)] == ["Of this one.", "Of all."]
    assert [[each.path for each in outcome.errors] for outcome in outcomes] == [
        [],
        [],
        [("note",)],
    ]
    saves = [
        SaveItem(
            entry_id=each.entry_id,
            base_revision=each.revision.id,
            values=Changes(summary="New."),
            note=note,
        )
        for each, note in zip(saved_in(outcomes), ("", "x" * 10_001), strict=True)
    ]
    outcomes = await newsroom.do(
        newsroom.author, save_entries, saves, mode="each", note="Of all saves."
    )
    assert [each.revision.note for each in saved_in(outcomes)] == ["Of all saves."]
    assert codes(outcomes) == [[], ["INVALID_VALUE"]]


async def test_editions_are_added_to_many_entries(newsroom: Newsroom) -> None:
    heads = [await newsroom.draft(title=each) for each in ("One", "Two", "Three")]
    ids = [await newsroom.entry_id(each) for each in heads]
    chosen = [
        EditionItem(entry_id=ids[0], locale="de"),
        EditionItem(entry_id=ids[1], locale="de", draft=draft_of(title="Zwei"), note="Übersetzt."),
        EditionItem(entry_id=ids[2], locale="en"),
        EditionItem(entry_id=ids[2], locale="xx"),
        EditionItem(entry_id="entry_missing", locale="de"),
        EditionItem(entry_id=ids[2], locale="de", draft=draft_of(title="x" * 301)),
    ]
    outcomes = await newsroom.do(newsroom.second_author, add_editions, chosen, mode="each")
    assert codes(outcomes) == [
        *([], [], ["DUPLICATE_NAME"], ["INVALID_VALUE"], ["NOT_FOUND"], ["INVALID_VALUE"]),
    ]
    revisions = [each.revision for each in saved_in(outcomes)]
    assert [(each.title, each.note) for each in revisions] == [
        ("One", "Begun from en revision 1."),
        ("Zwei", "Übersetzt."),
    ]
    assert [each.translated_from for each in revisions] == [each.id for each in heads[:2]]
    # Whose words they began with must not sign them off either.
    async with newsroom.as_(OPERATOR) as work:
        named = await contributors_among(work, revisions)
    for each in revisions:
        assert {newsroom.author.account_id, newsroom.second_author.account_id} <= named[each.id]
    with pytest.raises(NoneDone) as refused:
        await newsroom.do(newsroom.author, add_editions, chosen[2:4])
    assert [each.path for each in refused.value.errors] == [
        ("entries", 0, "locale"),
        ("entries", 1, "locale"),
    ]
    with pytest.raises(Refused, match="is there twice"):
        await newsroom.do(newsroom.author, add_editions, [chosen[4]] * 2)


async def test_rights_to_add_editions_are_those_in_the_new_locale(newsroom: Newsroom) -> None:
    own, other = await newsroom.category("Own"), await newsroom.category("Other")
    lena = await newsroom.person(
        "Lena",
        Grant(role="author", category_id=own.id, locale="de"),
        Grant(role="viewer"),
    )
    ids = [
        await newsroom.entry_id(await newsroom.draft(category=each)) for each in (own, own, other)
    ]
    chosen = [
        EditionItem(entry_id=ids[0], locale="de"),
        EditionItem(entry_id=ids[1], locale="de", draft=draft_of(category=other)),
        EditionItem(entry_id=ids[2], locale="de"),
    ]
    outcomes = await newsroom.do(lena, add_editions, chosen, mode="each")
    assert codes(outcomes) == [[], ["NOT_ALLOWED"], ["NOT_ALLOWED"]]


async def test_editions_take_as_many_statements_for_sixty_as_for_three(
    newsroom: Newsroom,
) -> None:
    async def statements(number: int) -> list[str]:
        made = await newsroom.do(
            newsroom.author, create_entries, articles(*(f"{number} {n}" for n in range(number)))
        )
        chosen = [
            EditionItem(entry_id=each.entry_id, locale="de", draft=draft_of(title=f"{number} de"))
            for each in saved_in(made)
        ]
        with counted(newsroom.database) as seen:
            await newsroom.do(newsroom.author, add_editions, chosen)
        return seen

    few, many = await statements(3), await statements(60)
    assert len(many) == len(few), [each for each in many if each not in few]


async def test_every_row_is_covered_by_the_ledger(newsroom: Newsroom) -> None:
    await newsroom.do(OPERATOR, create_entries, articles("One", "Two", tags=["New"]))
    async with newsroom.database.reading() as session:
        found = [each async for each in verify_ledger(session, None, no_progress)]
    assert [each for each in found if isinstance(each, Invalid)] == []


async def test_entries_that_were_begun_are_created_later_and_linked_before(
    newsroom: Newsroom,
) -> None:
    known = await newsroom.published(title="Two", slug="two")
    first, second = await newsroom.do(newsroom.author, begin_entries, ["Article", "Article"])
    expected = PagesAhead([("/articles/two", Place("", second, "Article", "en", None))])
    (one,) = articles("One", body="See [two](/articles/two/).")
    (created,) = saved_in(
        await newsroom.do(
            newsroom.author, create_entries, [replace(one, entry_id=first)], expected=expected
        )
    )
    # The address is to be that of the other page, though it is taken now.
    assert (created.entry_id, targets_in(created)) == (first, [second])
    assert second != known.entry_id
    (two,) = articles("Two")
    wrong = [
        replace(one, entry_id=first),
        CreateItem(content_type="Note", draft=Draft(title="Two"), entry_id=second),
        replace(two, entry_id="entry_01m8nfb4w4tjeczv4cn3rmqb6f"),
        replace(two, entry_id=second),
    ]
    outcomes = await newsroom.do(newsroom.author, create_entries, wrong, mode="each")
    assert codes(outcomes) == [["DUPLICATE_NAME"], ["NOT_FOUND"], ["NOT_FOUND"], []]
    assert outcomes[3].entry_id == second
    async with newsroom.database.reading() as session:
        public_key = newsroom.database.key_file.load().public_key_pem()
        found = [each async for each in verify_ledger(session, public_key, no_progress)]
    assert [each for each in found if isinstance(each, Invalid)] == []


async def test_an_entry_that_was_begun_is_shown_nowhere(newsroom: Newsroom) -> None:
    (entry_id,) = await newsroom.do(newsroom.author, begin_entries, ["Article"])
    query = "query($id: ID!) { node(id: $id) { id } entries { nodes { id } totalCount } }"
    data = await api_of(newsroom.site, newsroom).data(query, id=entry_id)
    assert data == {"node": None, "entries": {"nodes": [], "totalCount": 0}}
    with pytest.raises(Refused):
        await newsroom.do(newsroom.author, look_at, entry_id, None)


async def test_a_second_singleton_is_not_begun(newsroom: Newsroom) -> None:
    newsroom.site = SITE
    with pytest.raises(Refused) as refused:
        await newsroom.do(newsroom.author, begin_entries, ["Imprint", "Imprint"])
    assert [each.code for each in refused.value.errors] == ["DUPLICATE_NAME"]
    (entry_id,) = await newsroom.do(newsroom.author, begin_entries, ["Imprint"])
    item = CreateItem(content_type="Imprint", draft=Draft(title="One"), entry_id=entry_id)
    (outcome,) = await newsroom.do(newsroom.author, create_entries, [item])
    assert outcome.entry_id == entry_id
