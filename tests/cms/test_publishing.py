"""Nothing reaches a reader without what the policy asks for, and links stay whole."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from cms.commands.publishing import publish_entry, publish_together, unpublish_entry
from cms.errors import Refused
from cms.tables import Publication, Revision
from tests.builders import Newsroom, entry_id_of


async def refusal(newsroom: Newsroom, *heads: Revision) -> list[tuple[str, str]]:
    """Return why these are not published together."""
    async with newsroom.as_(newsroom.publisher) as work:
        chosen = {await entry_id_of(work, head): head.id for head in heads}
        with pytest.raises(Refused) as refused:
            await publish_together(work, chosen)
    return [(error.code, error.message) for error in refused.value.errors]


async def publications(newsroom: Newsroom) -> list[Publication]:
    async with newsroom.as_(newsroom.publisher) as work:
        found = await work.session.scalars(
            select(Publication).order_by(Publication.position, Publication.id)
        )
        return list(found)


async def test_a_draft_says_every_reason_why_it_is_not_published(newsroom: Newsroom) -> None:
    await newsroom.published(slug="taken")
    draft = await newsroom.draft(
        title="", slug="taken", body="", byline={"year": 1}, related=["/articles/nowhere"]
    )
    assert [code for code, _ in await refusal(newsroom, draft)] == [
        "MISSING_SIGN_OFF",
        "MISSING_FIELD",
        "MISSING_FIELD",
        "MISSING_FIELD",
        "BROKEN_LINK",
        "PATH_IN_USE",
    ]
    assert len(await publications(newsroom)) == 1


async def test_a_new_revision_takes_the_place_of_the_old(newsroom: Newsroom) -> None:
    first = await newsroom.draft(title="One", slug="page")
    await newsroom.publish(first)
    second = await newsroom.save(first, title="Two", slug="page")
    await newsroom.publish(second)
    old, new = await publications(newsroom)
    assert (old.revision_id, old.ended_position, old.ended_at) == (
        first.id,
        new.position,
        new.published_at,
    )
    assert (new.revision_id, new.ended_at) == (second.id, None)
    assert new.first_published_at == old.published_at


async def test_publishing_what_is_public_changes_nothing(newsroom: Newsroom) -> None:
    publication = await newsroom.published()
    async with newsroom.as_(newsroom.publisher) as work:
        again = await publish_entry(work, publication.entry_id, revision_id=publication.revision_id)
    assert again.id == publication.id
    assert len(await publications(newsroom)) == 1


async def test_positions_order_everything_without_gaps(newsroom: Newsroom) -> None:
    first = await newsroom.published(slug="one")
    second = await newsroom.published(slug="two")
    ended = await newsroom.unpublish(first)
    await refusal(newsroom, await newsroom.draft(slug="three"))
    third = await newsroom.published(slug="four")
    assert [first.position, second.position, ended.ended_position, third.position] == [1, 2, 3, 4]


async def test_entries_that_link_each_other_are_published_together(newsroom: Newsroom) -> None:
    one = await newsroom.draft(slug="one")
    two = await newsroom.draft(slug="two", related=["/articles/one"])
    one = await newsroom.save(one, slug="one", body="See [two](/articles/two).")
    await newsroom.review(one)
    ((code, message),) = await refusal(newsroom, one)
    assert code == "BROKEN_LINK"
    assert "which is not public" in message
    assert len({each.position for each in await newsroom.publish(one, two)}) == 1


async def test_together_is_all_or_nothing(newsroom: Newsroom) -> None:
    good, bad = await newsroom.draft(slug="good"), await newsroom.draft(slug="bad", body="")
    await newsroom.review(good)
    await newsroom.review(bad)
    async with newsroom.as_(newsroom.publisher) as work:
        chosen = {await entry_id_of(work, head): head.id for head in (good, bad)}
        with pytest.raises(Refused) as refused:
            await publish_together(work, chosen)
        assert {error.path[0] for error in refused.value.errors} == {await entry_id_of(work, bad)}
    assert await publications(newsroom) == []


async def test_two_entries_do_not_take_one_path(newsroom: Newsroom) -> None:
    one, other = await newsroom.draft(slug="same"), await newsroom.draft(slug="same")
    await newsroom.review(one)
    await newsroom.review(other)
    assert [code for code, _ in await refusal(newsroom, one, other)] == ["PATH_IN_USE"]


async def test_of_two_who_publish_at_one_path_at_once_one_wins(newsroom: Newsroom) -> None:
    heads = [await newsroom.draft(slug="same") for _ in range(2)]
    for head in heads:
        await newsroom.review(head)

    async def publish(head: Revision) -> Publication:
        async with newsroom.as_(newsroom.publisher) as work:
            return await publish_entry(work, await entry_id_of(work, head), revision_id=head.id)

    results = await asyncio.gather(*map(publish, heads), return_exceptions=True)
    assert {type(each) for each in results} == {Publication, Refused}


async def test_two_entries_swap_their_paths(newsroom: Newsroom) -> None:
    one, other = await newsroom.draft(slug="one"), await newsroom.draft(slug="other")
    await newsroom.publish(one, other)
    one = await newsroom.save(one, slug="other")
    other = await newsroom.save(other, slug="one")
    swapped = await newsroom.publish(one, other)
    assert {each.path for each in swapped} == {"/articles/one", "/articles/other"}


async def test_what_public_pages_link_to_is_not_taken_away(newsroom: Newsroom) -> None:
    target = await newsroom.published(slug="target")
    source = await newsroom.published(slug="source", related=["/articles/target"])
    async with newsroom.as_(newsroom.publisher) as work:
        with pytest.raises(Refused) as refused:
            await unpublish_entry(work, target.entry_id)
    (error,) = refused.value.errors
    assert (error.code, error.message) == (
        "WOULD_BREAK_LINKS",
        "/articles/source links to /articles/target",
    )
    await newsroom.unpublish(source)
    assert (await newsroom.unpublish(target)).ended_at is not None


async def test_a_link_leads_to_an_anchor_that_is_there(newsroom: Newsroom) -> None:
    await newsroom.published(slug="target", body="# Part")
    good = await newsroom.draft(slug="good", body="[x](/articles/target#part)")
    await newsroom.publish(good)
    bad = await newsroom.draft(slug="bad", body="[x](/articles/target#gone)")
    await newsroom.review(bad)
    ((code, message),) = await refusal(newsroom, bad)
    assert code == "BROKEN_LINK"
    assert "#gone" in message


async def test_an_anchor_that_pages_link_to_stays(newsroom: Newsroom) -> None:
    target = await newsroom.draft(slug="target", body="# Part")
    await newsroom.publish(target)
    await newsroom.published(slug="source", related=["/articles/target#part"])
    target = await newsroom.save(target, slug="target", body="# Other")
    await newsroom.review(target)
    assert [code for code, _ in await refusal(newsroom, target)] == ["WOULD_BREAK_LINKS"]


async def test_a_path_that_texts_link_to_stays(newsroom: Newsroom) -> None:
    target = await newsroom.draft(slug="target")
    await newsroom.publish(target)
    await newsroom.published(slug="source", body="[x](/articles/target)")
    target = await newsroom.save(target, slug="moved")
    await newsroom.review(target)
    assert [code for code, _ in await refusal(newsroom, target)] == ["WOULD_BREAK_LINKS"]


async def test_a_link_list_follows_an_entry_that_moves(newsroom: Newsroom) -> None:
    target = await newsroom.draft(slug="target")
    await newsroom.publish(target)
    await newsroom.published(slug="source", related=["/articles/target"])
    target = await newsroom.save(target, slug="moved")
    (moved,) = await newsroom.publish(target)
    assert moved.path == "/articles/moved"


async def test_only_publishers_publish(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    await newsroom.review(head)
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await entry_id_of(work, head)
        for attempt in (
            publish_entry(work, entry_id, revision_id=head.id),
            unpublish_entry(work, entry_id),
        ):
            with pytest.raises(Refused) as refused:
                await attempt
            assert [error.code for error in refused.value.errors] == ["NOT_ALLOWED"]


async def test_a_revision_of_another_entry_is_not_published(newsroom: Newsroom) -> None:
    mine, theirs = await newsroom.draft(slug="mine"), await newsroom.draft(slug="theirs")
    async with newsroom.as_(newsroom.publisher) as work:
        with pytest.raises(Refused) as refused:
            await publish_entry(work, await entry_id_of(work, mine), revision_id=theirs.id)
    assert [error.code for error in refused.value.errors] == ["NOT_FOUND"]


async def test_what_is_not_public_is_not_taken_back(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    async with newsroom.as_(newsroom.publisher) as work:
        with pytest.raises(Refused) as refused:
            await unpublish_entry(work, await entry_id_of(work, head))
    assert [error.code for error in refused.value.errors] == ["NOT_PUBLISHED"]
