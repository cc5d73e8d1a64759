"""What a preview says is what then happens, and nothing has happened before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from cms.authorization.actor import Grant
from cms.content.links import Edge
from cms.drafts.entries import archive_entry
from cms.errors import UserError
from cms.publishing.loading import edges_of
from cms.publishing.publish_impact import Impact, check_publish, preview_publish, preview_unpublish
from cms.publishing.publishing import publish_entry
from cms.publishing.unpublishing import unpublish_entry
from cms.review.due import outdated_reviews
from cms.tables import Address, Base, Link, Publication, Revision
from tests.builders import Newsroom

Target = tuple[str, str | None]


async def impact_of(newsroom: Newsroom, head: Revision) -> Impact:
    entry_id = await newsroom.entry_id(head)
    async with newsroom.desk.reading(newsroom.author) as work:
        return await preview_publish(work, entry_id, revision_id=head.id)


async def impact_of_taking_back(newsroom: Newsroom, publication: Publication) -> Impact:
    async with newsroom.desk.reading(newsroom.author) as work:
        return await preview_unpublish(work, publication.entry_id)


async def everything(newsroom: Newsroom) -> dict[str, Sequence[Any]]:
    """Return all rows of all tables."""
    async with newsroom.database.reading() as session:
        return {
            name: sorted(map(repr, await session.execute(select(table))))
            for name, table in Base.metadata.tables.items()
        }


async def public_edges(newsroom: Newsroom) -> set[tuple[str, Target]]:
    """Return the edges that readers see, as the path that they are on and where they lead."""
    async with newsroom.as_(newsroom.author) as work:
        live = await work.session.execute(
            select(Address.path, Revision)
            .join(Publication, Publication.edition_id == Address.edition_id)
            .join(Revision, Revision.id == Publication.revision_id)
            .where(Address.ended_position.is_(None))
            .where(Publication.ended_position.is_(None))
        )
        return {
            (str(path), target)
            for path, revision in live.all()
            for target in targets(await edges_of(work, revision))
        }


def targets(edges: Sequence[Edge]) -> list[Target]:
    return [(edge.kind, edge.target or edge.url) for edge in edges]


async def orphans(newsroom: Newsroom) -> set[str]:
    """Return the public entries to which no other public page leads."""
    async with newsroom.database.reading() as session:
        open_ = Publication.ended_position.is_(None)
        public = set(await session.scalars(select(Publication.entry_id).where(open_)))
        linked = await session.execute(
            select(Publication.entry_id, Link.target_id)
            .join(Link, Link.revision_id == Publication.revision_id)
            .where(open_, Link.origin != "reference", Link.target_id.is_not(None))
        )
        return public - {target for source, target in linked if source != target}


async def publish(newsroom: Newsroom, head: Revision) -> Publication:
    entry_id = await newsroom.entry_id(head)
    return await newsroom.do(newsroom.publisher, publish_entry, entry_id, revision_id=head.id)


async def test_a_first_publication_adds_a_page_with_its_links(newsroom: Newsroom) -> None:
    target = await newsroom.published(slug="target")
    head = await newsroom.draft(
        slug="new", body="[Out](https://example.org)", related=["/articles/target"]
    )
    await newsroom.review(head)
    before, edges = await everything(newsroom), await public_edges(newsroom)
    lonely = await orphans(newsroom)
    impact = await impact_of(newsroom, head)
    assert await everything(newsroom) == before
    assert (impact.old_path, impact.new_path) == (None, "/articles/new")
    assert targets(impact.links_added) == [
        ("inline", "https://example.org"),
        ("related", target.entry_id),
    ]
    assert (impact.links_removed, impact.broken, impact.stale, impact.errors) == ([], [], [], [])
    publication = await publish(newsroom, head)
    assert await newsroom.path(publication) == impact.new_path
    assert await public_edges(newsroom) - edges == {
        ("/articles/new", each) for each in targets(impact.links_added)
    }
    assert await orphans(newsroom) - lonely == set(impact.orphans) == {publication.entry_id}


async def test_another_revision_moves_a_page_and_changes_its_links(newsroom: Newsroom) -> None:
    lost, kept = await newsroom.published(slug="lost"), await newsroom.published(slug="kept")
    added = await newsroom.published(slug="added")
    head = await newsroom.draft(slug="page", related=["/articles/lost", "/articles/kept"])
    await newsroom.publish(head)
    await newsroom.published(slug="source", related=["/articles/page"])
    head = await newsroom.update(
        head, slug="moved", related=["/articles/kept", "/articles/added"], body="Another."
    )
    await newsroom.review(head)
    before, edges = await everything(newsroom), await public_edges(newsroom)
    lonely = await orphans(newsroom)
    impact = await impact_of(newsroom, head)
    assert await everything(newsroom) == before
    assert (impact.old_path, impact.new_path) == ("/articles/page", "/articles/moved")
    assert targets(impact.links_added) == [("related", added.entry_id)]
    assert targets(impact.links_removed) == [("related", lost.entry_id)]
    assert (impact.broken, impact.errors) == ([], [])
    assert await newsroom.path(await publish(newsroom, head)) == impact.new_path
    after = await public_edges(newsroom)
    assert {each for _, each in after - edges} == {
        ("related", added.entry_id),
        ("related", kept.entry_id),
    }
    assert await orphans(newsroom) - lonely == set(impact.orphans) == {lost.entry_id}
    async with newsroom.as_(newsroom.author) as work:
        outdated = [each.publication.entry_id for each in await outdated_reviews(work)]
    assert outdated == impact.stale
    assert len(outdated) == 1


async def test_a_page_is_not_stale_when_what_its_reviewers_saw_comes_back(
    newsroom: Newsroom,
) -> None:
    first = await newsroom.draft(slug="page", body="As it was.")
    await newsroom.publish(first)
    source = await newsroom.published(slug="source", related=["/articles/page"])
    second = await newsroom.update(first, body="Another.")
    await newsroom.review(second)
    assert (await impact_of(newsroom, second)).stale == [source.entry_id]
    await publish(newsroom, second)
    # The same revision again, and another one that says the same.
    assert (await impact_of(newsroom, first)).stale == []
    third = await newsroom.update(second, body="As it was.")
    await newsroom.review(third)
    assert (await impact_of(newsroom, third)).stale == []
    fourth = await newsroom.update(third, body="Something else.")
    await newsroom.review(fourth)
    assert (await impact_of(newsroom, fourth)).stale == [source.entry_id]
    await publish(newsroom, third)
    async with newsroom.as_(newsroom.author) as work:
        assert await outdated_reviews(work) == []


async def test_what_another_link_still_leads_to_is_no_orphan(newsroom: Newsroom) -> None:
    await newsroom.published(slug="target")
    head = await newsroom.draft(slug="page", related=["/articles/target"])
    await newsroom.publish(head)
    lonely = await orphans(newsroom)
    head = await newsroom.update(head, related=[], body="See [it](/articles/target).")
    await newsroom.review(head)
    impact = await impact_of(newsroom, head)
    await publish(newsroom, head)
    assert await orphans(newsroom) - lonely == set(impact.orphans) == set()


async def test_a_reference_is_no_way_to_a_page(newsroom: Newsroom) -> None:
    await newsroom.published(slug="target")
    head = await newsroom.draft(slug="new")
    entry_id = await newsroom.entry_id(head)
    source = await newsroom.draft(slug="source", about=entry_id, related=["/articles/new"])
    await newsroom.publish(head, source)
    source = await newsroom.update(source, related=[])
    await newsroom.review(source)
    impact = await impact_of(newsroom, source)
    await publish(newsroom, source)
    assert entry_id in impact.orphans
    assert entry_id in await orphans(newsroom)


async def test_what_would_break_is_named_and_is_refused(newsroom: Newsroom) -> None:
    head = await newsroom.draft(slug="target", body="# Part")
    await newsroom.publish(head)
    await newsroom.published(slug="by-text", body="[x](/articles/target)")
    await newsroom.published(slug="by-anchor", related=["/articles/target#part"])
    await newsroom.published(slug="by-list", related=["/articles/target"])
    moved = await newsroom.update(head, slug="moved", body="# Other")
    await newsroom.review(moved)
    before = await everything(newsroom)
    impact = await impact_of(newsroom, moved)
    assert await everything(newsroom) == before
    assert set(impact.broken) == {"/articles/by-anchor"}
    entry_id = await newsroom.entry_id(head)
    errors = await newsroom.refusal(
        newsroom.publisher, publish_entry, entry_id, revision_id=moved.id
    )
    assert list(errors) == list(impact.errors)
    assert {error.code for error in errors} == {"WOULD_BREAK_LINKS"}


async def test_a_preview_says_all_that_a_refusal_would(newsroom: Newsroom) -> None:
    await newsroom.published(slug="taken")
    head = await newsroom.draft(title="", slug="taken", body="", related=["/articles/nowhere"])
    await newsroom.ask(head)
    await newsroom.object_to(head)
    entry_id = await newsroom.entry_id(head)

    async def refusal() -> list[UserError]:
        return list(
            await newsroom.refusal(newsroom.publisher, publish_entry, entry_id, revision_id=head.id)
        )

    assert list((await impact_of(newsroom, head)).errors) == await refusal()
    async with newsroom.desk.reading(newsroom.author) as work:
        checked = await check_publish(work, entry_id)
    assert [error for check in checked for error in check.errors] == await refusal()
    assert {check.gate.name: len(check.errors) for check in checked} == {
        "sign_off": 1,
        "change_requests": 1,
        "required_fields": 2,
        "referenced_entries_public": 0,
        "link_targets": 1,
        "path": 1,
        "incoming_links": 0,
    }
    await newsroom.do(newsroom.publisher, archive_entry, entry_id)
    assert [error.code for error in (await impact_of(newsroom, head)).errors][:1] == ["ARCHIVED"]
    assert [error.code for error in await refusal()] == ["ARCHIVED"]


async def test_taking_back_removes_a_page_with_its_links(newsroom: Newsroom) -> None:
    lost, kept = await newsroom.published(slug="lost"), await newsroom.published(slug="kept")
    source = await newsroom.published(
        slug="source", related=["/articles/lost", "/articles/kept"], body="[o](https://e.org)"
    )
    await newsroom.published(slug="other", related=["/articles/kept"])
    before, edges = await everything(newsroom), await public_edges(newsroom)
    lonely = await orphans(newsroom)
    impact = await impact_of_taking_back(newsroom, source)
    assert await everything(newsroom) == before
    assert (impact.old_path, impact.new_path) == ("/articles/source", None)
    assert (impact.links_added, impact.broken, impact.errors) == ((), [], [])
    await newsroom.unpublish(source)
    gone = edges - await public_edges(newsroom)
    assert gone == {("/articles/source", each) for each in targets(impact.links_removed)}
    assert await orphans(newsroom) - lonely == set(impact.orphans) == {lost.entry_id}
    assert kept.entry_id not in impact.orphans
    broken = await impact_of_taking_back(newsroom, kept)
    assert broken.broken == ["/articles/other"]
    errors = await newsroom.refusal(newsroom.publisher, unpublish_entry, kept.entry_id)
    assert list(errors) == list(broken.errors)


async def test_a_preview_is_for_whoever_may_see_the_entry(newsroom: Newsroom) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    limited = await newsroom.person("Lim", Grant(role="author", category_id=mine.id))
    head = await newsroom.draft(category=theirs)
    entry_id = await newsroom.entry_id(head)
    for question in (check_publish, preview_publish, preview_unpublish):
        assert await newsroom.codes(limited, question, entry_id) == ["NOT_FOUND"]
    assert await newsroom.codes(newsroom.author, preview_unpublish, entry_id) == ["NOT_PUBLISHED"]
    assert await newsroom.codes(
        newsroom.author,
        preview_publish,
        entry_id,
        revision_id="rev_" + "0" * 26,
    ) == ["NOT_FOUND"]


@pytest.mark.parametrize("is_public", [True, False])
async def test_publishing_what_is_public_would_change_nothing(
    newsroom: Newsroom, *, is_public: bool
) -> None:
    await newsroom.published(slug="target")
    head = await newsroom.draft(slug="page", related=["/articles/target"])
    if is_public:
        await newsroom.publish(head)
    else:
        await newsroom.review(head)
    impact = await impact_of(newsroom, head)
    is_nothing = not (impact.links_added or impact.links_removed or impact.orphans or impact.stale)
    assert is_nothing is is_public
    async with newsroom.database.reading() as session:
        count = await session.scalar(
            select(func.count()).where(Publication.content_type == "Article")
        )
    assert count == (2 if is_public else 1)
