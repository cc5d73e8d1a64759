"""A purge empties words for good, and the history can still be verified."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import literal_column, select

from cms.authorization.actor import OPERATOR
from cms.drafts.entries import archive_entry, create_entry, duplicate_entry, unarchive_entry
from cms.drafts.history import blame_entry, compare_revisions, find_revision
from cms.drafts.saving import restore_revision, update_entry
from cms.ledger.export import export_ledger
from cms.ledger.tombstones import purged_rows
from cms.publishing.grounds import ClaimedReview
from cms.publishing.publishing import break_glass_publish, publish_entry, publish_imported
from cms.publishing.redirects import create_redirect, remove_redirect
from cms.purging.purging import purge_words
from cms.reading import relations
from cms.reading.view import AsOf, Past, View
from cms.review.change_requests import request_changes
from cms.review.comments import CommentPlace, add_comment, resolve_comment
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.tables import (
    Address,
    AuditedRow,
    AuditRecord,
    CategoryPath,
    ClientMutation,
    Comment,
    Edition,
    Entry,
    Link,
    Publication,
    Purge,
    Rendition,
    Revision,
    RevisionTag,
    SearchDocument,
)
from cms.work.idempotency import once
from tests.builders import Newsroom, changes_of, draft_of, entry_id_of
from tests.cms.ledger.test_tampering import derived, findings
from tests.dumps import bytes_of, words_in
from tests.histories import make_history

# Words that stand in one place each, of an entry that is purged.
WORDS = {
    "title": "Zqtitle",
    "slug": "zqslug",
    "summary": "Zqsummary",
    "body": "Zqbody",
    "tag": "Zqtag",
    "label": "Zqlabel",
    "link note": "Zqlinknote",
    "url": "zqurl.example",
    "revision note": "Zqrevnote",
    "review note": "Zqreviewnote",
    "sign-off note": "Zqsignoffnote",
    "objection": "Zqobjection",
    "comment": "Zqcomment",
    "reason": "Zqreason",
    "earlier slug": "zqearlier",
    "earlier body": "Zqpast",
    "redirect": "zqredirect",
    "translation": "Zqgerman",
    "answer": "Zqanswer",
}


async def write_secret(newsroom: Newsroom) -> str:
    """Write, publish and take back an entry with each of the words; return its id."""
    w = WORDS
    links: dict[str, Any] = {
        "body": f"{w['body']} and [{w['label']}](https://{w['url']}/).",
        "related": [{"href": "/articles/other", "label": w["label"], "note": w["link note"]}],
    }
    await newsroom.published(title="Other", slug="other")
    first = await newsroom.published(
        title=w["title"], slug=w["earlier slug"], body=f"{w['earlier body']}.", tags=[w["tag"]]
    )
    entry_id = first.entry_id
    async with newsroom.as_(newsroom.author) as work:
        saved = await update_entry(
            work,
            entry_id,
            changes_of(slug=w["slug"], summary=w["summary"], **links),
            base_revision=first.revision_id,
            note=w["revision note"],
        )
        head = saved.revision
        await request_review(work, entry_id, base_revision=head.id, note=w["review note"])
    async with newsroom.as_(newsroom.reviewers[0]) as work:
        place = CommentPlace(head.id, "fields/body", 0, len(w["body"]))
        await add_comment(work, entry_id, w["comment"], place=place)
        await request_changes(work, entry_id, digest=head.digest, reason=w["objection"])
        await sign_off(work, entry_id, digest=head.digest, note=w["sign-off note"])
    async with newsroom.as_(newsroom.administrator) as work:
        await break_glass_publish(work, entry_id, revision_id=head.id, reason=w["reason"])
    german = w["translation"]
    await newsroom.translate(head, "de", title=german, slug=german.lower())
    async with newsroom.as_(newsroom.publisher) as work:
        await create_redirect(work, f"/{w['redirect']}", entry_id)
        await remove_redirect(work, f"/{w['redirect']}")
        await once(work, "key", "digest", lambda: _answer({"title": w["answer"]}))
    (live,) = await open_publications(newsroom, entry_id)
    await newsroom.unpublish(live)
    return entry_id


async def _answer(value: dict[str, Any]) -> dict[str, Any]:
    return value


async def open_publications(newsroom: Newsroom, entry_id: str) -> Sequence[Publication]:
    """Return the publications of an entry that are public now."""
    async with newsroom.database.reading() as session:
        rows = await session.scalars(
            select(Publication).where(
                Publication.entry_id == entry_id, Publication.ended_position.is_(None)
            )
        )
        return rows.all()


async def purge(newsroom: Newsroom, *keys: str, reason: str = "A request.") -> Purge:
    """Purge what the keys name."""
    return await newsroom.do(OPERATOR, purge_words, keys, reason=reason)


async def every_fault(newsroom: Newsroom) -> list[str]:
    """Return what the whole verification finds."""
    found = [*await findings(newsroom.database), *await derived(newsroom.database)]
    return [each.words for each in found if type(each).__name__ == "Invalid"]


async def test_no_word_of_a_purged_entry_is_left_in_any_byte(newsroom: Newsroom) -> None:
    await make_history(newsroom)
    entry_id = await write_secret(newsroom)
    before = await bytes_of(newsroom.database)
    assert words_in(before, list(WORDS.values())) == list(WORDS.values())
    await purge(newsroom, entry_id)
    assert await newsroom.database.erase_deleted()
    after = await bytes_of(newsroom.database)
    assert words_in(after, list(WORDS.values())) == []
    assert await every_fault(newsroom) == []


async def test_the_verification_names_the_hole_and_the_digests_stay(newsroom: Newsroom) -> None:
    entry_id = await write_secret(newsroom)
    async with newsroom.database.reading() as session:
        of_entry = (
            select(Revision.id, Revision.digest)
            .join(Edition, Edition.id == Revision.edition_id)
            .where(Edition.entry_id == entry_id)
            .order_by(Revision.id)
        )
        digests = (await session.execute(of_entry)).all()
    made = await purge(newsroom, entry_id)
    async with newsroom.database.reading() as session:
        assert (await session.execute(of_entry)).all() == digests
        rows = await purged_rows(session, made.id)
        record = await session.scalar(
            select(AuditRecord.sequence).where(AuditRecord.subject == made.id)
        )
    (hole,) = [each.words for each in await findings(newsroom.database) if made.id in each.words]
    assert f"{made.id} emptied {entry_id} at " in hole
    assert f"(audit record {record}): " in hole
    assert rows.counts == {
        "address": 3,
        "attestation": 1,
        "audit_record": 1,
        "change_request": 1,
        "comment": 1,
        "edition": 2,
        "entry": 1,
        "publication": 2,
        "review": 2,
        "revision": 4,
        "sign_off": 2,
    }
    assert all(f"{count} {table}" in hole for table, count in rows.counts.items())


async def test_an_export_has_no_word_of_what_was_purged(newsroom: Newsroom) -> None:
    entry_id = await write_secret(newsroom)
    await purge(newsroom, entry_id)
    async with newsroom.database.reading() as session:
        lines = [json.dumps(each) async for each in export_ledger(session)]
    assert words_in("\n".join(lines).encode(), list(WORDS.values())) == []


async def test_purged_rows_are_emptied_and_keep_their_ids(newsroom: Newsroom) -> None:
    entry_id = await write_secret(newsroom)
    made = await purge(newsroom, entry_id, reason=" A request. ")
    assert (made.reason, made.keys) == ("A request.", [entry_id])
    async with newsroom.database.reading() as session:
        entry = await session.get_one(Entry, entry_id)
        assert entry.archived_at == made.purged_at
        editions = list(await session.scalars(select(Edition).where(Edition.entry_id == entry_id)))
        ids = [each.id for each in editions]
        revisions = list(
            await session.scalars(select(Revision).where(Revision.edition_id.in_(ids)))
        )
        assert {each.purged_at for each in revisions} == {made.purged_at}
        assert {(each.title, each.slug, each.note) for each in revisions} == {("", "", "")}
        assert all(each.content == {} for each in revisions)
        own = [each.id for each in revisions]
        for table in (Link, RevisionTag, Rendition, SearchDocument):
            rows = await session.scalars(select(table).where(table.revision_id.in_(own)))
            assert list(rows) == []
        publications = await session.scalars(
            select(Publication).where(Publication.entry_id == entry_id)
        )
        assert {(each.title, each.break_glass_reason) for each in publications} == {
            ("", None),
            ("", ""),
        }
        salts = await session.scalars(
            select(AuditedRow.salt).where(
                AuditedRow.table_name == "revision",
                AuditedRow.key.in_(own),
                AuditedRow.sequence
                < select(AuditedRow.sequence)
                .where(AuditedRow.table_name == "purge", AuditedRow.key == made.id)
                .scalar_subquery(),
            )
        )
        assert set(salts) == {""}
        assert await session.scalar(select(ClientMutation.answer)) == {}


async def test_an_attestation_of_a_purge_has_ids_and_no_reason(newsroom: Newsroom) -> None:
    entry_id = await write_secret(newsroom)
    made = await purge(newsroom, entry_id, reason="Zqwhy")
    async with newsroom.database.reading() as session:
        lines = [json.dumps(each) async for each in export_ledger(session)]
        record = await session.scalar(select(AuditRecord).where(AuditRecord.subject == made.id))
    assert record is not None
    assert (record.action, record.actor) == ("words:purge", "operator")
    assert record.detail == {
        "event": "WordsPurged",
        "keys": [entry_id],
        "rows": 20,
        "position": made.position,
    }
    assert words_in("\n".join(lines).encode(), ["Zqwhy"]) == []
    assert words_in(await bytes_of(newsroom.database), ["Zqwhy"]) == ["Zqwhy"]
    await purge(newsroom, made.id)
    await newsroom.database.erase_deleted()
    assert words_in(await bytes_of(newsroom.database), ["Zqwhy"]) == []
    assert await every_fault(newsroom) == []


async def test_a_purged_page_is_in_no_view_of_the_past(newsroom: Newsroom) -> None:
    entry_id = await write_secret(newsroom)
    async with newsroom.database.reading() as session:
        publications = list(
            await session.scalars(select(Publication).where(Publication.entry_id == entry_id))
        )
    await purge(newsroom, entry_id)
    async with newsroom.database.reading() as session:
        for each in publications:
            past = Past(AsOf.POSITION, literal_column(str(each.position)))
            shown = relations.entries(View(locales=("en",), past=past)).subquery()
            assert entry_id not in set(await session.scalars(select(shown.c.id)))


async def test_whoever_asks_for_a_purged_entry_is_told_so(newsroom: Newsroom) -> None:
    entry_id = await write_secret(newsroom)
    async with newsroom.database.reading() as session:
        revision_id = await session.scalar(
            select(Edition.head_id).where(Edition.entry_id == entry_id, Edition.locale == "en")
        )
    await purge(newsroom, entry_id)
    author, publisher = newsroom.author, newsroom.publisher
    changes = changes_of(title="Back")
    for actor, command, more in (
        (author, update_entry, {"changes": changes, "base_revision": revision_id}),
        (author, duplicate_entry, {}),
        (author, restore_revision, {"revision_id": revision_id, "base_revision": revision_id}),
        (author, request_review, {"base_revision": revision_id}),
        (author, blame_entry, {"locale": "en"}),
        (publisher, publish_entry, {"revision_id": revision_id}),
        (publisher, unarchive_entry, {}),
        (publisher, archive_entry, {}),
    ):
        assert await newsroom.codes(actor, command, entry_id, **more) == ["PURGED"]  # type: ignore[arg-type]
    assert await newsroom.codes(author, find_revision, str(revision_id)) == ["PURGED"]


async def test_a_singleton_that_was_purged_can_be_made_again(newsroom: Newsroom) -> None:
    first = await newsroom.draft("Settings", brand="Zq")
    await purge(newsroom, await newsroom.entry_id(first))
    again = await newsroom.draft("Settings", brand="Another")
    assert again.edition_id != first.edition_id


async def test_an_earlier_revision_is_purged_alone(newsroom: Newsroom) -> None:
    old = await newsroom.published(
        title="Zqold", slug="zqold", body="Zqpast words that are commented on.", tags=["Zqtag"]
    )
    entry_id = old.entry_id
    async with newsroom.as_(newsroom.reviewers[0]) as work:
        place = CommentPlace(old.revision_id, "fields/body", 0, 6)
        gone = await add_comment(work, entry_id, "About Zqpast", place=place)
        await add_comment(work, entry_id, "About the whole.")
    async with newsroom.as_(newsroom.author) as work:
        saved = await update_entry(
            work,
            entry_id,
            changes_of(title="New", slug="new", body="Other words."),
            base_revision=old.revision_id,
        )
        await update_entry(
            work, entry_id, changes_of(summary="More."), base_revision=saved.revision.id
        )
    async with newsroom.database.reading() as session:
        head_id = await session.scalar(select(Edition.head_id).where(Edition.entry_id == entry_id))
        head = await session.get_one(Revision, head_id)
    await newsroom.publish(head)
    words = ["Zqold", "zqold", "Zqpast"]
    await purge(newsroom, old.revision_id)
    await newsroom.database.erase_deleted()
    assert words_in(await bytes_of(newsroom.database), words) == []
    assert await every_fault(newsroom) == []
    author = newsroom.author
    compared = await newsroom.codes(author, compare_revisions, old.revision_id, str(head_id))
    assert compared == ["PURGED"]
    restored = await newsroom.codes(
        author, restore_revision, entry_id, old.revision_id, base_revision=str(head_id)
    )
    assert restored == ["PURGED"]
    blamed = await newsroom.do(author, blame_entry, entry_id, None)
    assert {each.revision_id for each in blamed} <= {saved.revision.id, str(head_id)}
    async with newsroom.database.reading() as session:
        bodies = await session.scalars(select(Comment.body).where(Comment.id != gone.id))
        assert list(bodies) == ["About the whole."]


async def test_an_address_stays_while_a_revision_has_its_slug(newsroom: Newsroom) -> None:
    old = await newsroom.published(title="Zqold", slug="kept")
    async with newsroom.database.reading() as session:
        revision = await session.get_one(Revision, old.revision_id)
    between = await newsroom.update(revision, title="Between")
    await newsroom.publish(between)
    moved = await newsroom.update(between, slug="moved")
    await newsroom.publish(moved)
    await purge(newsroom, old.revision_id)
    async with newsroom.database.reading() as session:
        paths = await session.scalars(
            select(Address.path).where(Address.entry_id == old.entry_id).order_by(Address.id)
        )
        assert list(paths) == ["/articles/kept", "/articles/moved"]


async def test_a_comment_is_purged_alone(newsroom: Newsroom) -> None:
    head = await newsroom.draft(body="Some words.")
    async with newsroom.as_(newsroom.reviewers[0]) as work:
        entry_id = await entry_id_of(work, head)
        comment = await add_comment(work, entry_id, "Zqcomment")
    await purge(newsroom, comment.id)
    await newsroom.database.erase_deleted()
    assert words_in(await bytes_of(newsroom.database), ["Zqcomment"]) == []
    await newsroom.do(newsroom.reviewers[0], resolve_comment, comment.id)
    assert await every_fault(newsroom) == []


async def test_what_was_imported_is_emptied_in_its_attestation(newsroom: Newsroom) -> None:
    async with newsroom.as_(OPERATOR) as work:
        made = await create_entry(work, "Article", draft_of(title="Page", slug="page"))
        claim = ClaimedReview(reviewers=["Zqclaimed"])
        await publish_imported(
            work,
            {made.entry_id: made.revision.id},
            source="Zqsource",
            claimed_review={made.entry_id: claim},
        )
    (live,) = await open_publications(newsroom, made.entry_id)
    await newsroom.unpublish(live)
    assert words_in(await bytes_of(newsroom.database), ["Zqclaimed", "Zqsource"]) == [
        "Zqclaimed",
        "Zqsource",
    ]
    await purge(newsroom, made.entry_id)
    await newsroom.database.erase_deleted()
    assert words_in(await bytes_of(newsroom.database), ["Zqclaimed", "Zqsource"]) == []
    assert await every_fault(newsroom) == []


async def test_a_purged_category_loses_its_tree_paths(newsroom: Newsroom) -> None:
    topic = await newsroom.category("Zqtopic")
    below = await newsroom.category("Below", topic)
    for each in (below, topic):
        (live,) = await open_publications(newsroom, each.id)
        await newsroom.unpublish(live)
    await purge(newsroom, topic.id)
    await newsroom.database.erase_deleted()
    assert words_in(await bytes_of(newsroom.database), ["zqtopic"]) == []
    async with newsroom.database.reading() as session:
        paths = await session.scalars(
            select(CategoryPath.path).where(CategoryPath.category_id == below.id)
        )
        assert set(paths) == {f"{topic.id}/below"}
    assert await every_fault(newsroom) == []


async def test_sqlite_overwrites_what_is_deleted(newsroom: Newsroom) -> None:
    if newsroom.database.engine.dialect.name != "sqlite":
        pytest.skip("this database is vacuumed")
    async with newsroom.database.engine.connect() as connection:
        assert (await connection.exec_driver_sql("pragma secure_delete")).scalar() == 1
