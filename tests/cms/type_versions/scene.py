"""A site with pages in every state, whose content types change; and all that is done with it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from types import new_class
from typing import Any

from graphql import GraphQLSchema
from sqlalchemy import select

from cms import clock
from cms.content.content_type import ContentType
from cms.content.fields import Field, Markdown
from cms.content.snapshot import draft_of
from cms.drafts.entries import archive_entry, create_entry
from cms.drafts.saving import save_draft
from cms.ledger.verification import Invalid, verify_ledger
from cms.publishing.moving import faults_of_addresses
from cms.publishing.publishing import publish_entry
from cms.publishing.unpublishing import unpublish_entry
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.search.page_fields import faults_of_fields
from cms.search.verification import faults_in, stored_revisions, stray_rows, verify_counts
from cms.site import Site
from cms.tables import Base, Edition, Link, Publication, Review, Revision, SignOff
from cms.type_versions.checking import Problem, TypesReport
from graphql_api.management import Management
from tests.builders import Newsroom
from tests.builders import draft_of as built_draft
from tests.changing import Changing
from tests.depth import IS_DEEP
from tests.forging import no_progress
from tests.graphql_api.conftest import Api, CountingReader, Desk, api_of
from tests.schemas import management_schema_of

# When the older content of public pages was published, and a time at which readers saw it.
PAST = datetime(2020, 1, 1, tzinfo=UTC)
THEN = "2020-06-01T00:00:00Z"
# The facts that no change of types may touch.
_FACTS: tuple[type[Base], ...] = (Revision, Link, Publication, SignOff)
# Their columns that derive from the content types as well.
_DERIVED = {(Revision, "path"), (Publication, "field_values")}

# The titles of the entries, of which each is in another state.
STATES = ("Public", "Edited", "Reviewed", "Approved", "Draft", "Archived")

_QUEUES = """{
  myQueue { entry { id __typename title type state } lacking { stage missing } }
  waitingForOthers { entry { id __typename title } lacking { stage missing } }
  reviewDue(withinDays: 100000) { publication { path entry { __typename type title } } }
  staleReviews { reason publication { path } }
}"""
_LOOK = """query($id: ID!) {
  entry(by: {id: $id}) {
    __typename type state title
    public { __typename title }
    revisions(first: 50) { nodes { id number entry { __typename title } } }
  }
  checkPublish(entryId: $id) { gate passed errors { code message path } }
  blame(entryId: $id) { label text revision { number } }
  commentThreads(entryId: $id) { fieldPath start end }
}"""
_COMPARE = """query($old: ID!, $new: ID!) {
  compareRevisions(fromRevisionId: $old, toRevisionId: $new) {
    isMaterial changes { kind label old new } links { kind old new } html
  }
}"""
_SAVED = "entry { id __typename state } revision { id digest }"
_SYNC = """query($since: SitePosition, $after: String, $first: Int) {
  sync(since: $since, after: $after, first: $first) {
    until nodes { kind entryId type localeName path entry { __typename id title } }
    pageInfo { hasNextPage endCursor }
  }
}"""


def content_type(
    name: str = "Article",
    path: str | None = "/articles/{slug}",
    arguments: Mapping[str, Any] | None = None,
    /,
    **fields: Field,
) -> type[ContentType]:
    """Return a content type with a body and other fields.

    Args:
        name: its name.
        path: the pattern of its paths.
        arguments: other class arguments.
        fields: its fields.
    """
    body = {"body": Markdown()} if "body" not in fields else {}
    given = {"path": path, **(arguments or {})}
    return new_class(name, (ContentType,), given, lambda names: names.update(body, **fields))


def site_of(*content_types: type[ContentType], **more: Any) -> Site:
    """Return a site with these content types."""
    return Site("S", content_types=content_types, **more)


def changed(**fields: Field) -> Site:
    """Return a site of articles with these fields, and topics."""
    return site_of(content_type("Topic", "/topics/{slug}"), content_type(**fields))


@dataclass
class Scene:
    """A newsroom with entries of one type in every state.

    Attributes:
        newsroom: the newsroom.
        changing: its site, which changes.
        type_name: the name of the type of the entries.
        entries: the ids of the entries by their titles, those of :data:`STATES` and others;
            ``Public`` had other content in the past.
        cursor: where a client that syncs is, in the middle.
    """

    newsroom: Newsroom
    changing: Changing
    type_name: str = "Article"
    entries: dict[str, str] = field(default_factory=dict)
    cursor: str = ""
    _api: tuple[Site, Api] | None = None
    _schema: tuple[Site, GraphQLSchema] | None = None

    async def opened(
        self, site: Site, values: Mapping[str, Any], older: Mapping[str, Any] | None = None
    ) -> Scene:
        """Migrate to a site, and fill it.

        Args:
            site: the site as it is first.
            values: the values of the fields of every entry.
            older: the values that were public before; by default the same.
        """
        await self.changing.migrate(site)
        await self.published("Public", older if older is not None else values, at=PAST)
        await self.published("Public", {**values, "summary": "Newer."})
        await self.published("Edited", values)
        await self.draft("Edited", {**values, "body": "Another draft."})
        await self.draft("Reviewed", values)
        await self.in_review("Reviewed")
        await self.draft("Approved", values)
        await self.signed("Approved")
        await self.draft("Draft", values)
        await self.draft("Archived", values)
        await self.newsroom.do(self.newsroom.administrator, archive_entry, self.entries["Archived"])
        page = (await self.api.data(_SYNC, first=1))["sync"]
        self.cursor = page["pageInfo"]["endCursor"]
        return self

    # Editors, by commands.

    async def draft(
        self,
        title: str,
        values: Mapping[str, Any],
        at: datetime | None = None,
        content_type: str | None = None,
        **more: Any,
    ) -> Revision:
        """Save an entry with this title, a new one if there is none; return the revision."""
        author, draft = self.newsroom.author, built_draft(title=title, **values)
        if title not in self.entries:
            name = content_type or self.type_name
            saved = await self.newsroom.do_at(at, author, create_entry, name, draft, **more)
            self.entries[title] = saved.entry_id
            return saved.revision
        head = await self.head(title)
        saved = await self.newsroom.do_at(
            at, author, save_draft, self.entries[title], draft, base_revision=head.id, **more
        )
        return saved.revision

    async def updated(self, title: str, at: datetime | None = None, **values: Any) -> Revision:
        """Save an entry with some values changed."""
        head = await self.head(title)
        declared = self.newsroom.site.stored_type(str(head.content["type"]))
        fields = draft_of(declared, head.content).fields
        return await self.draft(title, {**fields, **values}, at)

    async def in_review(self, title: str, at: datetime | None = None) -> None:
        """Request a review of an entry, unless one is open."""
        newsroom, head = self.newsroom, await self.head(title)
        async with newsroom.database.reading() as session:
            is_open = (Review.edition_id == head.edition_id, Review.ended_at.is_(None))
            if await session.scalar(select(Review.id).where(*is_open)):
                return
        await newsroom.do_at(
            at, newsroom.author, request_review, self.entries[title], base_revision=head.id
        )

    async def signed(
        self, title: str, at: datetime | None = None, stages: Sequence[str] = ()
    ) -> None:
        """Have an entry signed off at some stages, by default at every one."""
        await self.in_review(title, at)
        newsroom, head = self.newsroom, await self.head(title)
        policy = newsroom.site.stored_type(str(head.content["type"])).policy
        for stage in policy.stages:
            for reviewer in newsroom.reviewers[: stage.approvals]:
                if stage.name in stages or not stages:
                    await newsroom.do_at(
                        at,
                        reviewer,
                        sign_off,
                        self.entries[title],
                        digest=head.digest,
                        stage=stage.name,
                    )

    async def published(
        self,
        title: str,
        values: Mapping[str, Any] | None = None,
        at: datetime | None = None,
        **more: Any,
    ) -> Publication:
        """Have an entry signed off and published, with other values if there are any."""
        if values is not None:
            await self.draft(title, values, at, **more)
        await self.signed(title, at)
        head = await self.head(title)
        return await self.newsroom.do_at(
            at,
            self.newsroom.publisher,
            publish_entry,
            self.entries[title],
            revision_id=head.id,
        )

    async def unpublished(self, *titles: str) -> None:
        """Take public entries back."""
        for title in titles:
            await self.newsroom.do(self.newsroom.publisher, unpublish_entry, self.entries[title])

    async def archived(self, *titles: str) -> None:
        """Archive entries."""
        for title in titles:
            await self.newsroom.do(self.newsroom.administrator, archive_entry, self.entries[title])

    async def head(self, title: str) -> Revision:
        """Return the newest revision of an entry."""
        async with self.newsroom.database.reading() as session:
            chosen = (
                select(Revision)
                .join(Edition, Edition.head_id == Revision.id)
                .where(Edition.entry_id == self.entries[title])
                .order_by(Edition.id)
            )
            return (await session.scalars(chosen)).first()  # type: ignore[return-value]

    async def first(self, title: str) -> Revision:
        """Return the oldest revision of an entry."""
        head = await self.head(title)
        async with self.newsroom.database.reading() as session:
            chosen = select(Revision).where(
                Revision.edition_id == head.edition_id, Revision.number == 1
            )
            return (await session.scalars(chosen)).one()

    # The change.

    async def migrated(self, site: Site) -> TypesReport:
        """Migrate to a site; no fact changes by it, and everything can be verified after it."""
        before = await self.facts()
        report = await self.changing.migrate(site)
        assert await self.facts() == before
        assert await self.faults() == []
        return report

    async def problems(self, site: Site) -> Sequence[Problem]:
        """Return why a site cannot be migrated to, which leaves everything as it is."""
        before = await self.facts(), self.newsroom.site
        problems = await self.changing.problems(site)
        assert (await self.facts(), self.newsroom.site) == before
        return problems

    def titles(self, problem: Problem) -> set[str]:
        """Return the titles of the entries of the scene that a problem names."""
        named = {entry_id: title for title, entry_id in self.entries.items()}
        assert problem.count >= len(problem.entries)
        return {named[each.entry_id] for each in problem.entries if each.entry_id in named}

    async def facts(self) -> Mapping[str, Sequence[Any]]:
        """Return the facts that changed types leave as they are."""
        async with self.newsroom.database.reading() as session:
            return {
                table.__tablename__: [
                    tuple(row)
                    for row in await session.execute(
                        select(
                            *(
                                each
                                for each in table.__table__.c
                                if (table, each.name) not in _DERIVED
                            )
                        ).order_by(*table.__table__.primary_key)
                    )
                ]
                for table in _FACTS
            }

    async def faults(self) -> Sequence[str]:
        """Return what the verification of the ledger and of derived values finds."""
        database, site = self.newsroom.database, self.newsroom.site
        key = database.key_file.load().public_key_pem()
        async with database.reading() as session:
            found = [
                each.words
                async for each in verify_ledger(session, key, no_progress)
                if isinstance(each, Invalid)
            ]
            async for batch in stored_revisions(session):
                found += faults_in(site.stored_types, batch)
            found += await stray_rows(session)
            found += await faults_of_addresses(session, site, clock.now())
            found += await faults_of_fields(session, site)
            return found + [each async for each in verify_counts(session, lambda _: None)]

    # Readers.

    @property
    def api(self) -> Api:
        """The delivery API of today's types."""
        if self._api is None or self._api[0] is not self.newsroom.site:
            self._api = (self.newsroom.site, api_of(self.newsroom.site, self.newsroom))
        return self._api[1]

    async def seen(self, selection: str, title: str = "Public") -> Any:
        """Return what readers see of an entry now."""
        return (await self.api.data(_entry(selection), id=self.entries[title]))["entry"]

    async def seen_then(self, selection: str, title: str = "Public") -> Any:
        """Return what they saw of it in the past."""
        query = (
            f'query($id: ID!) @view(asOf: "{THEN}") {{ entry(by: {{id: $id}}) {{ {selection} }} }}'
        )
        return (await self.api.data(query, id=self.entries[title]))["entry"]

    async def rest_of_sync(self) -> Sequence[Any]:
        """Return the changes that the client in the middle still gets, page by page."""
        api, nodes, after = self.api, [], self.cursor
        while True:
            page = (await api.data(_SYNC, after=after, first=2))["sync"]
            nodes += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes

    # Editors, by the API.

    async def compared(self, old: Revision, new: Revision) -> Any:
        """Return the difference of two revisions as editors see it."""
        data = await self.desk.data(self.newsroom.author, _COMPARE, old=old.id, new=new.id)
        return data["compareRevisions"]

    @property
    def desk(self) -> Desk:
        """The management API of today's types."""
        newsroom = self.newsroom
        if self._schema is None or self._schema[0] is not newsroom.site:
            self._schema = (newsroom.site, management_schema_of(newsroom.site))
        management = Management(newsroom.desk, self._schema[1])
        return Desk(newsroom, management, CountingReader(newsroom.database.reader))

    async def can_be_edited(
        self, name: str | None = None, restore: str = "oldest", besides: Sequence[str] = ()
    ) -> None:
        """Check that everything can be done that editors do with entries in all states.

        That takes long, so unless tests run deep, a test takes ``Public`` and chooses another state
        by its name.

        Args:
            name: the name of their type by now.
            restore: which revision is restored and published at last: the oldest or the newest.
            besides: the titles of entries that are left out.
        """
        desk = self.desk
        await self.rest_of_sync()
        titles = [each for each in STATES if each not in besides]
        if not IS_DEEP:
            chosen = Random(os.environ["PYTEST_CURRENT_TEST"]).choice(titles)  # noqa: S311
            titles = [each for each in titles if each in {"Public", chosen}]
        for title in titles:
            await self._can_be_edited(desk, title, name or self.type_name, restore)
        await self.has_queues(desk)
        assert await self.faults() == []

    async def refusals_to_publish(self, title: str) -> Sequence[Any]:
        """Return the codes and paths of the reasons why an entry cannot be published."""
        payload = await self.desk.attempt(
            self.newsroom.publisher,
            "publishEntry",
            entryId=self.entries[title],
            revisionId=(await self.head(title)).id,
        )
        return [{"code": each["code"], "path": each["path"]} for each in payload["errors"]]

    async def has_queues(self, desk: Desk | None = None) -> Any:
        """Ask for all queues, and return what a reviewer gets."""
        newsroom, desk = self.newsroom, desk or self.desk
        for actor in (newsroom.author, newsroom.publisher, newsroom.administrator):
            await desk.data(actor, _QUEUES)
        return await desk.data(newsroom.reviewers[2], _QUEUES)

    async def _can_be_edited(self, desk: Desk, title: str, name: str, restore: str) -> None:
        newsroom, entry_id = self.newsroom, self.entries[title]
        author = newsroom.author
        if title == "Archived":
            await desk.do(newsroom.administrator, "unarchiveEntry", entryId=entry_id)
        seen = await desk.data(author, _LOOK, id=entry_id)
        assert seen["entry"]["__typename"] == name
        revisions = seen["entry"]["revisions"]["nodes"]
        head, first = revisions[0]["id"], revisions[-1 if restore == "oldest" else 0]["id"]
        await desk.data(author, _COMPARE, old=first, new=head)
        if title == "Approved":
            await desk.do(
                newsroom.publisher, "publishEntry", _SAVED, entryId=entry_id, revisionId=head
            )
        for values in ({"summary": "Anew."}, {"summary": "Saved.", "body": "Saved *anew*."}):
            saved = await desk.do(
                author,
                f"update{name}",
                _SAVED,
                entryId=entry_id,
                baseRevision=head,
                values=values,
                isAutosave=values["summary"] == "Anew.",
            )
            head = saved["revision"]["id"]
        await desk.data(author, _COMPARE, old=first, new=head)
        await desk.do(author, "duplicateEntry", _SAVED, entryId=entry_id)
        tagged = {"entryId": entry_id, "baseRevision": head, "tags": ["Retrieval"]}
        await desk.do(author, "tagEntry", _SAVED, **tagged)
        await self._publish(desk, entry_id)
        restored = await desk.do(
            author,
            "restoreRevision",
            _SAVED,
            entryId=entry_id,
            baseRevision=await self._head(entry_id),
            revisionId=first,
        )
        await desk.data(author, _COMPARE, old=head, new=restored["revision"]["id"])
        await self._publish(desk, entry_id)

    async def _publish(self, desk: Desk, entry_id: str) -> None:
        newsroom, head = self.newsroom, await self._head(entry_id)
        async with newsroom.database.reading() as session:
            digest = (await session.get_one(Revision, head)).digest
        await desk.attempt(newsroom.author, "requestReview", entryId=entry_id, baseRevision=head)
        first, second, _ = newsroom.reviewers
        for reviewer in (first, first, second):  # each signs at the first stage that is open
            await desk.attempt(reviewer, "signOff", entryId=entry_id, digest=digest)
            payload = await desk.attempt(
                newsroom.publisher, "publishEntry", entryId=entry_id, revisionId=head
            )
            if payload["errors"] == []:
                return
        raise AssertionError(payload["errors"])

    async def _head(self, entry_id: str) -> str:
        async with self.newsroom.database.reading() as session:
            chosen = (
                select(Edition.head_id).where(Edition.entry_id == entry_id).order_by(Edition.id)
            )
            return str((await session.scalars(chosen)).first())


def _entry(selection: str) -> str:
    return f"query($id: ID!) {{ entry(by: {{id: $id}}) {{ {selection} }} }}"
