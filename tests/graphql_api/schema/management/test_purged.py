"""Editors see that words were purged, and get the error PURGED where they would need them."""

from __future__ import annotations

from sqlalchemy import select

from cms.tables import Comment, Edition, Publication, Review, Revision, SignOff
from tests.cms.purging.test_purging import purge, write_secret
from tests.graphql_api.conftest import Desk

REVISION = """query($id: ID!) { revision(id: $id) {
  number purgedAt content note digest entry { title } account { id } } }"""
REVISIONS = """query($id: ID!) { entry(by: {id: $id}) { title
  revisions(first: 10) { nodes { number purgedAt entry { title } } }
  publications(first: 10) { nodes {
    entry { title } path breakGlassReason claimedReview { reviewerNames } } }
  editions { title } } }"""
COMPARE = """query($old: ID!, $new: ID!) {
  compareRevisions(fromRevisionId: $old, toRevisionId: $new) { html } }"""
BLAME = "query($id: ID!) { blame(entryId: $id) { text revision { id } } }"
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
LISTS = """{ entries(first: 100) { nodes { id } } myQueue { entry { id } }
  waitingForOthers { entry { id } }
  accounts(first: 50) { nodes { id email purgedAt disabledAt } } }"""


async def test_a_purged_revision_has_its_time_and_no_content(desk: Desk) -> None:
    old = await desk.article(title="Zqold")
    new = await desk.update(old, title="New")
    made = await purge(desk.newsroom, old.revision)
    author = desk.newsroom.author
    data = await desk.data(author, REVISION, id=old.revision)
    moment = data["revision"].pop("purgedAt")
    assert moment is not None
    assert data["revision"] == {
        "number": 1,
        "content": {},
        "note": "",
        "entry": None,
        "digest": old.digest,
        "account": {"id": author.account_id},
    }
    listed = await desk.data(author, REVISIONS, id=old.entry)
    assert listed["entry"]["revisions"]["nodes"] == [
        {"number": 2, "purgedAt": None, "entry": {"title": "New"}},
        {"number": 1, "purgedAt": moment, "entry": None},
    ]
    assert made.keys == [old.revision]
    response = await desk.ask(author, COMPARE, old=old.revision, new=new.revision)
    assert response["data"] == {"compareRevisions": None}
    assert [each["extensions"] for each in response["errors"]] == [{"code": "PURGED"}]
    blamed = await desk.data(author, BLAME, id=old.entry)
    assert {each["revision"]["id"] for each in blamed["blame"]} == {new.revision}


async def test_a_purged_revision_is_not_restored(desk: Desk) -> None:
    old = await desk.article(title="Zqold")
    new = await desk.update(old, title="New")
    await purge(desk.newsroom, old.revision)
    (error,) = await desk.refusals(
        desk.newsroom.author,
        "restoreRevision",
        entryId=old.entry,
        revisionId=old.revision,
        baseRevision=new.revision,
    )
    assert (error["__typename"], error["code"]) == ("Purged", "PURGED")
    assert f"{old.revision} was purged at " in error["message"]


async def test_a_publication_of_a_purged_revision_has_no_entry(desk: Desk) -> None:
    newsroom = desk.newsroom
    live = await newsroom.published(slug="page", title="Zqold")
    async with newsroom.database.reading() as session:
        head = await session.get_one(Revision, live.revision_id)
    await newsroom.publish(await newsroom.update(head, title="New"))
    await purge(newsroom, live.revision_id)
    data = await desk.data(newsroom.author, REVISIONS, id=live.entry_id)
    assert [each["entry"] for each in data["entry"]["publications"]["nodes"]] == [
        {"title": "New"},
        None,
    ]


async def test_nothing_lists_or_finds_a_purged_entry(desk: Desk) -> None:
    newsroom = desk.newsroom
    entry_id = await write_secret(newsroom)
    waiting = await newsroom.draft(title="Zqwaiting")
    await newsroom.ask(waiting)
    waiting_id = await newsroom.entry_id(waiting)
    async with newsroom.database.reading() as session:
        editions = select(Edition.id).where(Edition.entry_id == entry_id)
        ids = [
            key
            for table in (Comment, SignOff, Review, Publication)
            for key in await session.scalars(
                select(table.id).where(table.__table__.c.edition_id.in_(editions))
            )
        ]
    for key in (entry_id, *ids):
        assert (await desk.data(newsroom.author, NODE, id=key))["node"] is not None
    await purge(newsroom, entry_id, waiting_id)
    for key in (entry_id, *ids):
        assert await desk.data(newsroom.author, NODE, id=key) == {"node": None}
    for actor in (newsroom.author, newsroom.reviewers[0]):
        lists = await desk.data(actor, LISTS)
        shown = {each["id"] for each in lists["entries"]["nodes"]}
        assert not shown & {entry_id, waiting_id}
        assert lists["myQueue"] == lists["waitingForOthers"] == []
    codes = await desk.codes(newsroom.publisher, "unarchiveEntry", entryId=entry_id)
    assert codes == ["PURGED"]


async def test_a_purged_account_has_its_id_for_an_address(desk: Desk) -> None:
    newsroom = desk.newsroom
    account_id = str(newsroom.second_author.account_id)
    await purge(newsroom, account_id)
    lists = await desk.data(newsroom.administrator, LISTS)
    (account,) = [each for each in lists["accounts"]["nodes"] if each["id"] == account_id]
    assert account["email"] == account_id
    assert account["purgedAt"] == account["disabledAt"] is not None
    assert await desk.codes(newsroom.administrator, "enableAccount", accountId=account_id) == [
        "PURGED"
    ]
