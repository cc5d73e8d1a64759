"""An entry that is refused is in the way of no other entry of the same command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cms.authorization.actor import OPERATOR
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Changes, Draft
from cms.drafts.entries import create_entry
from cms.drafts.people import create_person
from cms.drafts.saving import Saved, SaveItem, save_draft, save_entries
from cms.publishing.publishing import PublishItem, publish_entries
from cms.publishing.redirects import create_redirect
from cms.publishing.unpublishing import UnpublishItem, unpublish_entries
from cms.site import Site
from cms.tables import Revision
from cms.taxonomy.categories import create_category, move_category
from cms.work.bulk import Mode, Outcome
from tests.builders import Newsroom, Topic


def codes(outcomes: Sequence[Outcome[Any]]) -> list[list[str]]:
    return [[error.code for error in each.errors] for each in outcomes]


async def publish(
    newsroom: Newsroom, *heads: Revision, unsigned: Sequence[Revision] = (), mode: Mode = "each"
) -> list[list[str]]:
    """Publish revisions, all but some of which are signed off, and return the errors of each."""
    for head in heads:
        if head not in unsigned:
            await newsroom.review(head)
    items = [
        PublishItem(entry_id=await newsroom.entry_id(each), revision_id=each.id) for each in heads
    ]
    return codes(await newsroom.do(newsroom.publisher, publish_entries, items, mode=mode))


async def test_a_page_that_is_refused_takes_no_path(newsroom: Newsroom) -> None:
    first, second, third = [
        await newsroom.draft(title=each, slug="same") for each in ("One", "Two", "Three")
    ]
    refused = await publish(newsroom, first, second, third, unsigned=[first])
    assert refused == [["MISSING_SIGN_OFF"], [], ["PATH_IN_USE"]]


async def test_nor_if_it_is_refused_only_for_the_sake_of_another(newsroom: Newsroom) -> None:
    target = await newsroom.draft(title="Target", slug="target")
    first = await newsroom.draft(title="One", slug="same", body="[it](/articles/target)")
    second = await newsroom.draft(title="Two", slug="same")
    refused = await publish(newsroom, first, second, target, unsigned=[target])
    assert refused == [["BROKEN_LINK"], [], ["MISSING_SIGN_OFF"]]


async def test_pages_that_need_each_other_get_the_paths_that_refused_ones_would_have(
    newsroom: Newsroom,
) -> None:
    taking = [await newsroom.draft(title=f"Taking {each}", slug=each) for each in ("a", "b")]
    drafts = [await newsroom.draft(title=f"Ring {each}") for each in ("a", "b")]
    ids = [await newsroom.entry_id(each) for each in drafts]
    ring = [
        await newsroom.save(drafts[0], title="Ring a", slug="a", body=f"[b]({ids[1]})"),
        await newsroom.save(drafts[1], title="Ring b", slug="b", body=f"[a]({ids[0]})"),
    ]
    assert await publish(newsroom, *taking, *ring, unsigned=taking) == [
        ["MISSING_SIGN_OFF"],
        ["MISSING_SIGN_OFF"],
        [],
        [],
    ]


async def test_all_errors_are_reported_if_all_are_refused(newsroom: Newsroom) -> None:
    heads = [await newsroom.draft(title=each, slug="same") for each in ("One", "Two")]
    items = [
        PublishItem(entry_id=await newsroom.entry_id(each), revision_id=each.id) for each in heads
    ]
    await newsroom.review(heads[1])
    assert await newsroom.codes(newsroom.publisher, publish_entries, items) == [
        "MISSING_SIGN_OFF",
        "PATH_IN_USE",
    ]


async def test_a_page_that_is_refused_removes_no_anchor(newsroom: Newsroom) -> None:
    target = await newsroom.draft(title="Target", slug="target", body="## Part")
    await newsroom.publish(target)
    changed = await newsroom.save(target, title="Target", slug="target", body="Gone.")
    source = await newsroom.draft(title="Source", body="[it](/articles/target#part)")
    other = await newsroom.draft(title="Other")
    refused = await publish(newsroom, source, changed, other, unsigned=[changed])
    assert refused == [[], ["MISSING_SIGN_OFF"], []]


async def test_a_person_who_is_refused_takes_no_slug(newsroom: Newsroom) -> None:
    chosen: list[PublishItem] = []
    for number in range(2):
        made = await newsroom.do(OPERATOR, create_person, Draft(title=f"Person {number}"))
        saved = made.revision
        for slug in ("same", f"person-{number}"):
            answer = await newsroom.do(
                newsroom.administrator,
                save_draft,
                made.entry_id,
                Draft(title=f"Person {number}", slug=slug),
                base_revision=saved.id,
            )
            saved = answer.revision
            if slug == "same":
                chosen.append(PublishItem(entry_id=made.entry_id, revision_id=saved.id))
                if number == 1:
                    await newsroom.review(saved)
    outcomes = await newsroom.do(newsroom.publisher, publish_entries, chosen, mode="each")
    assert codes(outcomes) == [["MISSING_SIGN_OFF"], []]


class Guide(ContentType, path="/{category}/{slug}"):
    """A page that stands in its category."""

    body = Markdown()


GUIDES = Site("Guides", content_types=[Guide], url="https://example.org")


async def renamed(newsroom: Newsroom, category: Topic, slug: str) -> Revision:
    """Return a revision of a category with another slug."""
    saved = await newsroom.do(
        newsroom.administrator,
        save_draft,
        category.id,
        Draft(title=category.name, slug=slug),
        base_revision=category.revision.id,
    )
    return saved.revision


async def test_a_category_whose_pages_cannot_move_is_refused_alone(newsroom: Newsroom) -> None:
    newsroom.site = GUIDES
    blocked, free = await newsroom.category("Blocked"), await newsroom.category("Free")
    for category in (blocked, free):
        saved = await newsroom.do(
            newsroom.author, create_entry, "Guide", Draft(title="Page", category=category.id)
        )
        await newsroom.publish(saved.revision)
    await newsroom.do(
        newsroom.publisher, create_redirect, "/elsewhere/page", "https://example.com/"
    )
    heads = [
        await renamed(newsroom, free, "liberty"),
        await renamed(newsroom, blocked, "elsewhere"),
    ]
    assert await publish(newsroom, *heads) == [[], ["PATH_IN_USE"]]


async def test_a_category_that_is_refused_takes_no_path_from_those_in_it(
    newsroom: Newsroom,
) -> None:
    newsroom.site = GUIDES

    async def drafted(name: str, parent_id: str | None = None) -> Saved:
        return await newsroom.do(
            newsroom.administrator, create_category, Draft(title=name), parent_id=parent_id
        )

    taken, above = await drafted("Taken"), await drafted("Above")
    inside, _ = await drafted("Inside", above.entry_id), await drafted("Part", taken.entry_id)
    root = await drafted("Root")
    for each in (taken, above):  # after those in them, which come first in the tree then
        await newsroom.do(
            newsroom.administrator, move_category, each.entry_id, parent_id=root.entry_id
        )
    saved = [(above, "taken"), (inside, "part")]
    outcomes = await newsroom.do(
        newsroom.administrator,
        save_entries,
        [
            SaveItem(
                entry_id=each.entry_id, base_revision=each.revision.id, values=Changes(slug=slug)
            )
            for each, slug in saved
        ],
        mode="each",
    )
    assert codes(list(outcomes)) == [["DUPLICATE_NAME"], []]


async def test_an_edition_that_stays_public_stands_in_for_one_that_does_not(
    newsroom: Newsroom,
) -> None:
    newsroom.site = Site(
        "Two",
        content_types=list(newsroom.site.content_types.values()),
        locales=("en", "de"),
        fallbacks={"de": ["en"]},
        url={"en": "https://example.org", "de": "https://example.de"},
    )
    target = await newsroom.draft(title="Target")
    target_id = await newsroom.entry_id(target)
    german = await newsroom.translate(target, "de", title="Ziel", slug="ziel")
    english_source = await newsroom.draft(title="Source", body=f"[it]({target_id})")
    source = await newsroom.draft(title="Another source")
    german_source = await newsroom.translate(
        source, "de", title="Quelle", slug="quelle", body=f"[es]({target_id})"
    )
    await newsroom.publish(target, english_source)
    await newsroom.publish(german, german_source, locale="de")
    items = [UnpublishItem(entry_id=target_id, locale=each) for each in ("de", "en")]
    outcomes = await newsroom.do(newsroom.publisher, unpublish_entries, items, mode="each")
    assert codes(outcomes) == [[], ["WOULD_BREAK_LINKS"]]
