"""Publications of many entries: sets that need each other are published together, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from cms.authorization.actor import OPERATOR, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Links, Markdown
from cms.content.snapshot import Draft
from cms.drafts.entries import create_entry
from cms.ledger.attestation import missing_attestations, verify_attestations
from cms.ledger.chain import VerifiedChain
from cms.publishing.publishing import PublishItem, publish_entries, publish_together
from cms.publishing.unpublishing import UnpublishItem, unpublish_entries, unpublish_together
from cms.reading.periods import is_public_now
from cms.review.reviews import ReviewItem, request_reviews
from cms.review.sign_offs import SignOffItem, sign_off_entries
from cms.site import Site
from cms.tables import AuditRecord, Publication, Revision
from cms.taxonomy.categories import create_category
from cms.work.bulk import NoneDone, Outcome
from tests.builders import Newsroom
from tests.statements import counted


def codes(outcomes: Sequence[Outcome[Any]]) -> list[list[str]]:
    return [[error.code for error in each.errors] for each in outcomes]


async def chosen(newsroom: Newsroom, *heads: Revision) -> list[PublishItem]:
    return [
        PublishItem(entry_id=await newsroom.entry_id(each), revision_id=each.id) for each in heads
    ]


async def sign(newsroom: Newsroom, *heads: Revision) -> None:
    """Have revisions of one stage reviewed, all at once."""
    ids = [await newsroom.entry_id(each) for each in heads]
    pairs = list(zip(ids, heads, strict=True))
    await newsroom.do(
        newsroom.author,
        request_reviews,
        [ReviewItem(entry_id=each, base_revision=head.id) for each, head in pairs],
    )
    await newsroom.do(
        newsroom.reviewers[0],
        sign_off_entries,
        [SignOffItem(entry_id=each, digest=head.digest) for each, head in pairs],
    )


async def public(newsroom: Newsroom) -> set[str]:
    """Return the titles of the pages that readers see."""
    async with newsroom.database.reading() as session:
        titles = await session.scalars(
            select(Publication.title).where(
                is_public_now(Publication), Publication.content_type != "Person"
            )
        )
        return set(titles)


async def ring(newsroom: Newsroom, number: int) -> list[Revision]:
    """Return drafts, each of which links to the next, and the last one to the first."""
    heads = [
        await newsroom.draft(title=f"Page {each}", slug=f"page-{each}") for each in range(number)
    ]
    return [
        await newsroom.save(
            head,
            title=f"Page {each}",
            slug=f"page-{each}",
            body=f"On to [the next](/articles/page-{(each + 1) % number}).",
        )
        for each, head in enumerate(heads)
    ]


async def test_pages_that_link_to_each_other_are_published_together(newsroom: Newsroom) -> None:
    heads = await ring(newsroom, 4)
    await sign(newsroom, *heads)
    published = await newsroom.do(
        newsroom.publisher, publish_entries, await chosen(newsroom, *heads), mode="each"
    )
    assert [each.result and each.result.revision_id for each in published] == [
        each.id for each in heads
    ]
    assert await public(newsroom) == {f"Page {each}" for each in range(4)}
    async with newsroom.database.reading() as session:
        assert isinstance(await verify_attestations(session, None), VerifiedChain)
        assert await missing_attestations(session) == []


async def test_what_needs_a_refused_entry_is_refused_too_and_the_rest_is_published(
    newsroom: Newsroom,
) -> None:
    first, second, third = await ring(newsroom, 3)
    alone = await newsroom.draft(title="Alone")
    target = await newsroom.draft(title="Target", slug="target")
    source = await newsroom.draft(title="Source", body="See [it](/articles/target).")
    await sign(newsroom, first, second, alone, target, source)  # and not the third
    heads = [first, second, third, alone, target, source]
    published = await newsroom.do(
        newsroom.publisher, publish_entries, await chosen(newsroom, *heads), mode="each"
    )
    assert codes(published) == [
        ["BROKEN_LINK"],
        ["BROKEN_LINK"],
        ["MISSING_SIGN_OFF"],
        [],
        [],
        [],
    ]
    assert await public(newsroom) == {"Alone", "Target", "Source"}


async def test_all_are_refused_with_the_errors_of_each(newsroom: Newsroom) -> None:
    signed, unsigned = [await newsroom.draft(title=each) for each in ("Signed", "Unsigned")]
    await sign(newsroom, signed)
    with pytest.raises(NoneDone) as refused:
        await newsroom.do(
            newsroom.publisher, publish_entries, await chosen(newsroom, signed, unsigned)
        )
    assert [(each.code, each.path) for each in refused.value.errors] == [
        ("MISSING_SIGN_OFF", ("entries", 1))
    ]
    assert await public(newsroom) == set()


async def test_a_path_that_is_not_left_after_all_is_not_free(newsroom: Newsroom) -> None:
    """The page at a path keeps it if the revision with another slug is refused."""
    staying = await newsroom.draft(title="Staying", slug="wanted")
    await newsroom.publish(staying)
    leaving = await newsroom.save(staying, title="Staying", slug="other")
    coming = await newsroom.draft(title="Coming", slug="wanted")
    await sign(newsroom, coming)
    items = await chosen(newsroom, leaving, coming)
    published = await newsroom.do(newsroom.publisher, publish_entries, items, mode="each")
    assert codes(published) == [["MISSING_SIGN_OFF"], ["PATH_IN_USE"]]
    await newsroom.sign(await _asked(newsroom, leaving))
    published = await newsroom.do(newsroom.publisher, publish_entries, items, mode="each")
    assert codes(published) == [[], []]


async def _asked(newsroom: Newsroom, head: Revision) -> Revision:
    await newsroom.ask(head)
    return head


async def test_a_page_whose_links_would_break_keeps_the_old_revision_of_its_target(
    newsroom: Newsroom,
) -> None:
    target = await newsroom.draft(title="Target", slug="target", body="## Part")
    source = await newsroom.draft(title="Source", body="See [it](/articles/target#part).")
    await newsroom.publish(target, source)
    without_anchor = await newsroom.save(target, title="Target", slug="target", body="Gone.")
    without_link = await newsroom.save(source, title="Source", body="Nothing.")
    await sign(newsroom, without_anchor)
    items = await chosen(newsroom, without_anchor, without_link)
    published = await newsroom.do(newsroom.publisher, publish_entries, items, mode="each")
    assert codes(published) == [["WOULD_BREAK_LINKS"], ["MISSING_SIGN_OFF"]]
    await newsroom.sign(await _asked(newsroom, without_link))
    published = await newsroom.do(newsroom.publisher, publish_entries, items, mode="each")
    assert codes(published) == [[], []]


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_page_whose_target_is_refused_for_its_sake_is_published(
    newsroom: Newsroom, is_first: bool
) -> None:
    target = await newsroom.draft(title="Target", slug="target", body="## Part")
    source = await newsroom.draft(title="Source", body="See [it](/articles/target#part).")
    await newsroom.publish(target, source)
    without_anchor = await newsroom.save(target, title="Target", slug="target", body="Gone.")
    with_link = await newsroom.save(source, title="New", body="See [it](/articles/target#part).")
    heads = [with_link, without_anchor] if is_first else [without_anchor, with_link]
    await sign(newsroom, *heads)
    items = await chosen(newsroom, *heads)
    published = await newsroom.do(newsroom.publisher, publish_entries, items, mode="each")
    refused = [["WOULD_BREAK_LINKS"]]
    assert codes(published) == ([[], *refused] if is_first else [*refused, []])
    assert await public(newsroom) == {"Target", "New"}


async def test_two_pages_with_one_path_are_not_both_published(newsroom: Newsroom) -> None:
    heads = [await newsroom.draft(title=each, slug="same") for each in ("One", "Two")]
    await sign(newsroom, *heads)
    published = await newsroom.do(
        newsroom.publisher, publish_entries, await chosen(newsroom, *heads), mode="each"
    )
    assert codes(published) == [[], ["PATH_IN_USE"]]
    assert await public(newsroom) == {"One"}


class Guide(ContentType, path="/{category}/{slug}"):
    """A page that stands in its category."""

    body = Markdown()
    see = Links("See")


async def test_a_category_is_published_with_its_pages_which_stand_in_it(
    newsroom: Newsroom,
) -> None:
    newsroom.site = Site("Guides", content_types=[Guide], url="https://example.org")
    made = await newsroom.do(newsroom.administrator, create_category, Draft(title="Start"))
    saved = await newsroom.do(
        newsroom.author, create_entry, "Guide", Draft(title="Page", category=made.entry_id)
    )
    await sign(newsroom, made.revision, saved.revision)
    items = await chosen(newsroom, made.revision, saved.revision)
    published = await newsroom.do(newsroom.publisher, publish_entries, items, mode="each")
    assert codes(published) == [[], []]
    (_, page) = (each.result for each in published)
    assert page is not None
    assert await newsroom.path(page) == "/start/page"


async def test_a_page_is_refused_with_the_category_that_it_needs(newsroom: Newsroom) -> None:
    newsroom.site = Site("Guides", content_types=[Guide], url="https://example.org")
    made = await newsroom.do(newsroom.administrator, create_category, Draft(title="Start"))
    saved = await newsroom.do(
        newsroom.author, create_entry, "Guide", Draft(title="Page", category=made.entry_id)
    )
    await sign(newsroom, saved.revision)
    items = await chosen(newsroom, made.revision, saved.revision)
    published = await newsroom.do(newsroom.publisher, publish_entries, items, mode="each")
    assert codes(published) == [["MISSING_SIGN_OFF"], ["REFERENCED_ENTRY_NOT_PUBLIC"]]


async def test_rights_are_those_on_each_entry(newsroom: Newsroom) -> None:
    own, other = await newsroom.category("Own"), await newsroom.category("Other")
    limited = await newsroom.person(
        "Lena", Grant(role="publisher", category_id=own.id), Grant(role="viewer")
    )
    heads = [await newsroom.draft(title=each.name, category=each) for each in (own, other)]
    await sign(newsroom, *heads)
    items = await chosen(newsroom, *heads)
    published = await newsroom.do(limited, publish_entries, items, mode="each")
    assert codes(published) == [[], ["NOT_ALLOWED"]]
    gone = [UnpublishItem(entry_id=each.entry_id) for each in items]
    ended = await newsroom.do(limited, unpublish_entries, gone, mode="each")
    assert codes(ended) == [[], ["NOT_ALLOWED"]]


async def test_pages_that_link_to_each_other_are_unpublished_together(
    newsroom: Newsroom,
) -> None:
    heads = await ring(newsroom, 3)
    await newsroom.publish(*heads)
    items = [UnpublishItem(entry_id=await newsroom.entry_id(each)) for each in heads]
    ended = await newsroom.do(
        newsroom.publisher, unpublish_entries, items, reason="The product is gone."
    )
    assert codes(ended) == [[], [], []]
    assert await public(newsroom) == set()
    async with newsroom.database.reading() as session:
        details = await session.scalars(
            select(AuditRecord.detail).where(AuditRecord.action == "entry:unpublish")
        )
        assert [each["reason"] for each in details] == ["The product is gone."] * 3


async def test_what_others_lead_to_stays_public_and_what_that_leads_to(
    newsroom: Newsroom,
) -> None:
    last = await newsroom.draft(title="Last", slug="last")
    middle = await newsroom.draft(title="Middle", slug="middle", body="[on](/articles/last)")
    outside = await newsroom.draft(title="Outside", body="[in](/articles/middle)")
    alone = await newsroom.draft(title="Alone")
    await newsroom.publish(last, middle, outside, alone)
    items = [
        UnpublishItem(entry_id=await newsroom.entry_id(each)) for each in (last, middle, alone)
    ]
    with pytest.raises(NoneDone) as refused:
        await newsroom.do(newsroom.publisher, unpublish_entries, items)
    assert [each.path for each in refused.value.errors] == [("entries", 1)]
    ended = await newsroom.do(newsroom.publisher, unpublish_entries, items, mode="each")
    assert codes(ended) == [["WOULD_BREAK_LINKS"], ["WOULD_BREAK_LINKS"], []]
    assert await public(newsroom) == {"Last", "Middle", "Outside"}


async def test_a_category_is_unpublished_with_its_pages(newsroom: Newsroom) -> None:
    category = await newsroom.category("Basics")
    inside, outside = [
        await newsroom.published(title=each, category=category) for each in ("In", "Out")
    ]
    items = [UnpublishItem(entry_id=category.id), UnpublishItem(entry_id=inside.entry_id)]
    ended = await newsroom.do(newsroom.publisher, unpublish_entries, items, mode="each")
    assert codes(ended) == [["STILL_SHOWN"], []]
    items = [UnpublishItem(entry_id=category.id), UnpublishItem(entry_id=outside.entry_id)]
    ended = await newsroom.do(newsroom.publisher, unpublish_entries, items, mode="each")
    assert codes(ended) == [[], []]


async def test_any_number_is_unpublished_together_with_a_reason(newsroom: Newsroom) -> None:
    published = await newsroom.publish(*await ring(newsroom, 3))
    items = [UnpublishItem(entry_id=each.entry_id) for each in published]
    assert await newsroom.codes(OPERATOR, unpublish_together, items, reason=" ") == [
        "INVALID_VALUE"
    ]
    seen: list[int] = []
    ended = await newsroom.do(
        OPERATOR, unpublish_together, items, reason="Outdated.", progress=seen.append
    )
    assert len(ended) == 3
    assert seen == [3]


async def test_the_statements_are_as_many_for_sixty_entries_as_for_three(
    newsroom: Newsroom,
) -> None:
    category = await newsroom.category("Basics")

    async def statements(number: int) -> tuple[list[str], list[str]]:
        heads = [
            await newsroom.draft(
                title=f"{number} {each}",
                category=category,
                body=f"Word{each}a: [self](/articles/{number}-{each}), [next]"
                f"(/articles/{number}-{(each + 1) % number}), [out](https://example.org).",
            )
            for each in range(number)
        ]
        heads = [  # now that all of them stand somewhere
            await newsroom.save(
                head,
                title=f"{number} {each}",
                category=category,
                body=f"Again: [next](/articles/{number}-{(each + 1) % number}), `x{each}y`.",
            )
            for each, head in enumerate(heads)
        ]
        await sign(newsroom, *heads)
        items = await chosen(newsroom, *heads)
        with counted(newsroom.database) as began:
            await newsroom.do(newsroom.publisher, publish_entries, items)
        gone = [UnpublishItem(entry_id=each.entry_id) for each in items]
        with counted(newsroom.database) as ended:
            await newsroom.do(newsroom.publisher, unpublish_entries, gone)
        return began, ended

    await statements(2)
    for few, many in zip(await statements(3), await statements(60), strict=True):
        assert len(many) == len(few), [each for each in many if each not in few]
        inserted = [each.split()[2] for each in many if each.startswith("INSERT INTO")]
        assert sorted(inserted) == sorted(set(inserted))


async def test_a_set_of_many_is_one_position(newsroom: Newsroom) -> None:
    heads = await ring(newsroom, 3)
    await sign(newsroom, *heads)
    ids = {await newsroom.entry_id(each): each.id for each in heads}
    published = await newsroom.do(newsroom.publisher, publish_together, ids)
    assert len({each.position for each in published}) == 1
