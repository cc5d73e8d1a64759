"""An entry is copied, put away and deleted, and what was public is never lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from cms.content.snapshot import Changes
from cms.drafts.deleting import delete_entry
from cms.drafts.entries import (
    add_edition,
    archive_entry,
    create_entry,
    duplicate_entry,
    unarchive_entry,
)
from cms.drafts.presence import announce_presence, mark_seen
from cms.drafts.saving import autosave_entry, restore_revision, save_draft, update_entry
from cms.publishing.publishing import break_glass_publish, publish_entry
from cms.review.change_requests import request_changes
from cms.review.comments import add_comment, reply_to_comment
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.tables import Comment, Edition, Entry, Link, Look, Presence, Revision
from cms.work.work import Work
from tests.builders import Newsroom, draft_of
from tests.signing_in import records


async def rows_in(newsroom: Newsroom, *tables: Any) -> list[int]:
    async with newsroom.database.reading() as session:
        counts = [await session.scalar(select(func.count()).select_from(each)) for each in tables]
    return [each or 0 for each in counts]


async def test_a_copy_holds_what_the_original_does_under_another_slug(newsroom: Newsroom) -> None:
    category = await newsroom.category("Topic")
    head = await newsroom.draft(
        title="T",
        slug="page",
        summary="S",
        category=category,
        tags=["Word"],
        sources=["https://x.org"],
    )
    entry_id = await newsroom.entry_id(head)
    made = await newsroom.do(newsroom.second_author, duplicate_entry, entry_id)
    copy = made.revision
    assert copy.content == {**head.content, "slug": "page-copy"}
    assert (copy.number, copy.author_id) == (1, newsroom.second_author.account_id)
    assert made.entry_id == await newsroom.entry_id(copy) != entry_id
    named = await newsroom.do(newsroom.author, duplicate_entry, entry_id, slug="other")
    assert named.revision.slug == "other"


async def test_a_copy_is_no_publication_and_carries_no_sign_off(newsroom: Newsroom) -> None:
    publication = await newsroom.published(slug="page")
    copy = await newsroom.do(newsroom.author, duplicate_entry, publication.entry_id)
    assert await newsroom.codes(
        newsroom.publisher, publish_entry, copy.entry_id, revision_id=copy.revision.id
    ) == ["MISSING_SIGN_OFF"]


async def test_an_untitled_draft_can_be_copied(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="")
    entry_id = await newsroom.entry_id(head)
    copy = await newsroom.do(newsroom.author, duplicate_entry, entry_id)
    assert (copy.revision.title, copy.revision.slug) == ("", "")


async def test_a_singleton_has_no_copy(newsroom: Newsroom) -> None:
    head = await newsroom.draft("Settings", title="Settings", brand="x")
    entry_id = await newsroom.entry_id(head)
    assert await newsroom.codes(newsroom.author, duplicate_entry, entry_id) == ["DUPLICATE_NAME"]


async def test_an_edition_begins_with_the_text_of_another(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="T", slug="page", summary="S")
    entry_id = await newsroom.entry_id(head)
    made = await newsroom.do(newsroom.author, add_edition, entry_id, "de")
    german = made.revision
    assert german.content == {**head.content, "locale": "de"}
    assert german.note == "Begun from en revision 1."
    assert made.entry_id == await newsroom.entry_id(german) == entry_id
    # What is written in one of them leaves the other as it is.
    await newsroom.do(
        newsroom.author,
        update_entry,
        entry_id,
        Changes(title="Titel"),
        base_revision=german.id,
        locale="de",
    )
    assert (await newsroom.save(head, title="U", slug="page")).number == 2


async def test_an_edition_is_there_once_and_in_a_known_locale(newsroom: Newsroom) -> None:
    entry_id = await newsroom.entry_id(await newsroom.draft())
    before = await rows_in(newsroom, Edition)
    for locale, code in (("en", "DUPLICATE_NAME"), ("xx", "INVALID_VALUE")):
        (error,) = await newsroom.refusal(newsroom.author, add_edition, entry_id, locale)
        assert (error.code, error.path) == (code, ("locale",))
    assert await rows_in(newsroom, Edition) == before


def every_write(entry_id: str, head: Revision) -> list[Callable[[Work], Awaitable[object]]]:
    """Return all that writes to an entry or would make it public."""
    base = head.id
    return [
        lambda work: save_draft(work, entry_id, draft_of(title="x"), base_revision=base),
        lambda work: update_entry(work, entry_id, Changes(title="x"), base_revision=base),
        lambda work: autosave_entry(work, entry_id, Changes(title="x"), base_revision=base),
        lambda work: restore_revision(work, entry_id, base, base_revision=base),
        lambda work: add_edition(work, entry_id, "de"),
        lambda work: request_review(work, entry_id, base_revision=base),
        lambda work: publish_entry(work, entry_id, revision_id=base),
        lambda work: break_glass_publish(work, entry_id, revision_id=base, reason="Now."),
    ]


async def test_nothing_is_written_to_what_is_archived_until_it_is_back(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    await newsroom.review(head)
    entry_id = await newsroom.entry_id(head)
    await newsroom.do(newsroom.publisher, archive_entry, entry_id)
    before = await rows_in(newsroom, Revision, Edition)
    for write in every_write(entry_id, head):
        assert await newsroom.codes(newsroom.administrator, write) == ["ARCHIVED"]
    for judge in (
        lambda work: sign_off(work, entry_id, digest=head.digest),
        lambda work: request_changes(work, entry_id, digest=head.digest, reason="Why now?"),
    ):
        assert await newsroom.codes(newsroom.reviewers[1], judge) == ["ARCHIVED"]
    assert await rows_in(newsroom, Revision, Edition) == before
    back = await newsroom.do(newsroom.publisher, unarchive_entry, entry_id)
    assert back.archived_at is None
    saved = await newsroom.save(head, title="Back")
    assert saved.number == 2
    # What was signed before still is.
    await newsroom.do(newsroom.publisher, publish_entry, entry_id, revision_id=head.id)


async def test_archiving_twice_is_archiving_once(newsroom: Newsroom) -> None:
    entry_id = await newsroom.entry_id(await newsroom.draft())
    first = await newsroom.do(newsroom.publisher, archive_entry, entry_id)
    again = await newsroom.do(newsroom.publisher, archive_entry, entry_id)
    assert first.archived_at is not None
    assert again.archived_at == first.archived_at


async def test_what_is_public_in_any_locale_is_not_archived(newsroom: Newsroom) -> None:
    publication = await newsroom.published()
    entry_id = publication.entry_id
    await newsroom.do(newsroom.author, add_edition, entry_id, "de")
    for locale in (None, "de"):
        (error,) = await newsroom.refusal(
            newsroom.publisher, archive_entry, entry_id, locale=locale
        )
        assert error.code == "STILL_PUBLIC"
        assert "public in en" in error.message
    await newsroom.unpublish(publication)
    archived = await newsroom.do(newsroom.publisher, archive_entry, entry_id)
    assert archived.archived_at is not None


async def test_only_publishers_archive(newsroom: Newsroom) -> None:
    entry_id = await newsroom.entry_id(await newsroom.draft())
    for attempt in (archive_entry, unarchive_entry):
        assert await newsroom.codes(newsroom.author, attempt, entry_id) == ["NOT_ALLOWED"]


async def test_a_draft_is_deleted_with_all_that_hangs_on_it(newsroom: Newsroom) -> None:
    await newsroom.published(slug="target")
    kept = await rows_in(newsroom, Entry, Edition, Revision, Link, Comment, Look, Presence)
    head = await newsroom.draft(slug="draft", related=["/articles/target"])
    head = await newsroom.save(head, slug="draft", body="See [me](/articles/draft).")
    entry_id = await newsroom.entry_id(head)
    async with newsroom.as_(newsroom.author) as work:
        await add_edition(work, entry_id, "de")
        comment = await add_comment(work, entry_id, "Well?")
        await reply_to_comment(work, comment.id, "Well.")
        await mark_seen(work, entry_id, revision_id=head.id)
        await announce_presence(work, entry_id)
    deleted = await newsroom.do(newsroom.author, delete_entry, entry_id)
    assert deleted.id == entry_id
    assert kept == await rows_in(newsroom, Entry, Edition, Revision, Link, Comment, Look, Presence)
    assert await newsroom.codes(newsroom.author, delete_entry, entry_id) == ["NOT_FOUND"]
    assert [each.subject for each in await records(newsroom, "entry:delete")] == [entry_id]


async def test_an_author_deletes_only_what_is_theirs_alone(newsroom: Newsroom) -> None:
    before = await rows_in(newsroom, Entry)
    mine = await newsroom.draft(slug="mine")
    shared = await newsroom.save(
        await newsroom.draft(slug="shared"), newsroom.second_author, title="Ours", slug="shared"
    )
    shared_id, mine_id = await newsroom.entry_id(shared), await newsroom.entry_id(mine)
    for author in (newsroom.author, newsroom.second_author):
        assert await newsroom.codes(author, delete_entry, shared_id) == ["NOT_ALLOWED"]
    assert await newsroom.codes(newsroom.second_author, delete_entry, mine_id) == ["NOT_ALLOWED"]
    await newsroom.do(newsroom.administrator, delete_entry, shared_id)
    await newsroom.do(newsroom.author, delete_entry, mine_id)
    assert await rows_in(newsroom, Entry) == before


async def test_what_was_public_or_in_review_is_history(newsroom: Newsroom) -> None:
    publication = await newsroom.published()
    await newsroom.unpublish(publication)
    reviewed = await newsroom.draft(slug="reviewed")
    await newsroom.ask(reviewed)
    before = await rows_in(newsroom, Entry)
    for entry_id, words in (
        (publication.entry_id, "was public"),
        (await newsroom.entry_id(reviewed), "has been in review"),
    ):
        for actor in (newsroom.author, newsroom.administrator):
            (error,) = await newsroom.refusal(actor, delete_entry, entry_id)
            assert error.code == "HAS_HISTORY"
            assert words in error.message
    assert await rows_in(newsroom, Entry) == before


@pytest.mark.parametrize("is_old", [True, False])
async def test_what_others_lead_to_is_not_deleted(newsroom: Newsroom, *, is_old: bool) -> None:
    target = await newsroom.draft(slug="target")
    source = await newsroom.draft(slug="source", related=["/articles/target"])
    if is_old:  # an earlier revision can be restored, so it counts as well
        await newsroom.save(source, slug="source")
    entry_id = await newsroom.entry_id(target)
    assert await newsroom.codes(newsroom.author, delete_entry, entry_id) == ["STILL_LINKED"]
    source_id = await newsroom.entry_id(source)
    await newsroom.do(newsroom.author, delete_entry, source_id)
    await newsroom.do(newsroom.author, delete_entry, entry_id)


async def test_a_note_comes_with_the_first_revision(newsroom: Newsroom) -> None:
    saved = await newsroom.do(newsroom.author, create_entry, "Article", draft_of(), note="For May.")
    made = saved.revision
    assert (made.number, made.note, made.is_autosave) == (1, "For May.", False)
