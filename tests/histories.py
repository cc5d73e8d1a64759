"""A history in which everything has happened that a newsroom can do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from cms.access.accounts import disable_account, grant_role, revoke_role
from cms.access.tokens import issue_preview, issue_token, revoke_token
from cms.authorization.actor import OPERATOR, Grant
from cms.clock import now
from cms.drafts.deleting import delete_entry
from cms.drafts.entries import archive_entry, duplicate_entry
from cms.drafts.new_entries import begin_entries
from cms.drafts.saving import restore_revision
from cms.importing.recording import FileOfEntry, record_files
from cms.publishing.publishing import break_glass_publish
from cms.purging.purging import purge_words
from cms.review.comments import CommentPlace, add_comment, reply_to_comment, resolve_comment
from cms.review.reviews import request_review, withdraw_review
from cms.tables import Revision
from cms.taxonomy.categories import move_category
from cms.type_versions.changing import change_types
from tests.builders import Newsroom, Topic
from tests.rewording import reword, translate_words
from tests.signing_in import enter, give_password

PROFILE = {"name": "Elsewhere", "url": "https://example.org/abe"}


async def make_history(newsroom: Newsroom) -> None:
    """Have people do a little of everything, so that each table of facts has rows."""
    await newsroom.do(OPERATOR, change_types)
    await _hire_and_fire(newsroom)
    root = await newsroom.category("Topics")
    leaf = await newsroom.category("Deep learning", root)
    tags = ["Basics", "Rare"]
    one = await newsroom.draft(title="One", slug="one", category=leaf, tags=tags)
    links: dict[str, Any] = {
        "body": "See [One](/articles/one) and [outside](https://example.org/).",
        "related": ["/articles/one", {"href": "/articles/one", "label": "L", "note": "N"}],
    }
    two = await newsroom.draft(title="Two", slug="two", summary="The second.", tags=tags, **links)
    await newsroom.publish(one, two)
    await _write(newsroom, two)
    await _judge(newsroom)
    german = await newsroom.translate(two, "de", title="Zwei", slug="zwei")
    await newsroom.publish(german, locale="de")
    await _reorder(newsroom, root, leaf)
    await newsroom.unpublish(await newsroom.published(title="Withdrawn", slug="withdrawn"))
    note = await newsroom.draft("Note", title="A note", slug="a-note", text="Words")
    await newsroom.publish(note)
    await _forget(newsroom)


async def _reorder(newsroom: Newsroom, root: Topic, leaf: Topic) -> None:
    """Rename, translate and move categories, and give a person another name."""
    await reword(newsroom, root.id, slug="subjects", summary="All of them.")
    await translate_words(newsroom, root.id, "de", title="Themen", slug="themen")
    other = await newsroom.category("Others")
    await newsroom.do(newsroom.administrator, move_category, leaf.id, parent_id=other.id)
    await newsroom.do(newsroom.administrator, move_category, other.id, ordinal=0)
    person_id = str(newsroom.second_author.person_id)
    await reword(newsroom, person_id, title="Abe A. Author", profiles=[PROFILE])


async def _hire_and_fire(newsroom: Newsroom) -> None:
    await give_password(newsroom, newsroom.author)
    await enter(newsroom)
    temp = await newsroom.person("Tim Temp", Grant(role="author"), byline=False)
    async with newsroom.as_(OPERATOR) as work:
        grant = Grant(role="reviewer", stage="editorial", content_type="Note")
        narrow = await grant_role(work, str(temp.account_id), grant)
        await revoke_role(work, narrow.id)
        await disable_account(work, str(temp.account_id))
    async with newsroom.as_(newsroom.author) as work:
        scopes = ["entry:read"]
        issued = await issue_token(work, "A script", scopes=scopes, valid_for=timedelta(days=1))
        await issue_token(work, "Another", scopes=None, valid_for=timedelta(days=2))
        await revoke_token(work, issued.token.id)


async def _write(newsroom: Newsroom, page: Revision) -> None:
    """Type, restore, copy, archive and delete."""
    entry_id = await newsroom.entry_id(page)
    typed = await newsroom.autosave(page, summary="Typed.")
    typed = await newsroom.autosave(typed, summary="Typed on.")
    async with newsroom.as_(newsroom.author) as work:
        await restore_revision(work, entry_id, page.id, base_revision=typed.id)
        copied = await duplicate_entry(work, entry_id, slug="copy")
        await issue_preview(work, copied.entry_id)
    async with newsroom.as_(newsroom.publisher) as work:
        await archive_entry(work, copied.entry_id)
    async with newsroom.as_(OPERATOR) as work:
        await begin_entries(work, ["Article"])
        file = FileOfEntry(path="page.md", locale="en", entry_id=entry_id)
        (record,) = await record_files(work, "The old site", [file])
        moved = replace(file, path="pages/page.md")
        await record_files(work, "The old site", [moved], ended=[record])
    gone = await newsroom.draft(title="Gone", slug="gone")
    gone_id = await newsroom.entry_id(gone)
    async with newsroom.as_(newsroom.administrator) as work:
        await delete_entry(work, gone_id)


async def _judge(newsroom: Newsroom) -> None:
    """Comment, ask, object, withdraw, and break the glass."""
    head = await newsroom.draft(title="Three", slug="three", body="Some words to speak of.")
    entry_id = await newsroom.entry_id(head)
    async with newsroom.as_(newsroom.author) as work:
        reviewer = str(newsroom.reviewers[1].account_id)
        await request_review(
            work,
            entry_id,
            base_revision=head.id,
            note="Please.",
            assignees=[reviewer],
            due_at=now() + timedelta(days=3),
        )
    async with newsroom.as_(newsroom.reviewers[0]) as work:
        place = CommentPlace(head.id, "fields/body", 5, 10)
        comment = await add_comment(work, entry_id, "Really?", place=place)
        await reply_to_comment(work, comment.id, "Yes.")
        await resolve_comment(work, comment.id)
        await add_comment(work, entry_id, "And the whole?")
    await newsroom.object_to(head)
    async with newsroom.as_(newsroom.publisher) as work:
        await withdraw_review(work, entry_id)
    better = await newsroom.update(head, title="Three, again")
    async with newsroom.as_(newsroom.administrator) as work:
        options = {"revision_id": better.id, "reason": "A fire."}
        await break_glass_publish(work, entry_id, **options)


async def _forget(newsroom: Newsroom) -> None:
    """Purge a page that was public, with all that was said of it, and an account."""
    page = await newsroom.published(title="Forgotten", slug="forgotten", tags=["Forgotten"])
    await newsroom.do(newsroom.author, add_comment, page.entry_id, "Is this right?")
    await newsroom.unpublish(page)
    leaver = await newsroom.person("Lea Leaver", Grant(role="author"), byline=False)
    keys = [page.entry_id, str(leaver.account_id)]
    await newsroom.do(OPERATOR, purge_words, keys, reason="A request.")
