"""People, drafts and published entries, made through the commands only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import select

from cms.access.accounts import create_account, grant_role, load_actor
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.snapshot import Changes, Draft
from cms.copydesk import desk_of
from cms.drafts.entries import add_edition, create_entry
from cms.drafts.people import create_person
from cms.drafts.saving import autosave_entry, save_draft, update_entry
from cms.errors import Refused, UserError
from cms.publishing.grounds import is_new_site
from cms.publishing.publishing import publish_imported, publish_setup, publish_together
from cms.publishing.unpublishing import unpublish_entry
from cms.review.change_requests import request_changes
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.site import Site
from cms.storage.database import Database
from cms.tables import (
    Address,
    ChangeRequest,
    Edition,
    Publication,
    Rendition,
    Review,
    Revision,
    SignOff,
)
from cms.taxonomy.categories import create_category
from cms.work.work import Desk, Work

P = ParamSpec("P")
T = TypeVar("T")

# When the people of each newsroom became public: before anything that tests do.
FOUNDED = datetime(2001, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Topic:
    """A category with its first revision.

    Attributes:
        id: the category.
        revision: the revision.
    """

    id: str
    revision: Revision

    @property
    def name(self) -> str:
        """The name."""
        return self.revision.title

    @property
    def slug(self) -> str:
        """The slug."""
        return self.revision.slug


@dataclass
class Newsroom:
    """A database with a few people who can do things in it.

    Attributes:
        database: where it is.
        site: its declaration.
        author: writes.
        second_author: writes too.
        reviewers: three people who may sign off at any stage.
        publisher: publishes.
        administrator: may do everything but sign off.
    """

    database: Database
    site: Site
    author: Actor = field(init=False)
    second_author: Actor = field(init=False)
    reviewers: Sequence[Actor] = field(init=False)
    publisher: Actor = field(init=False)
    administrator: Actor = field(init=False)
    _beside: dict[str, str] = field(default_factory=dict)

    @property
    def desk(self) -> Desk:
        """The site with its database, where commands begin."""
        return desk_of(self.database, self.site)

    def moved_to(self, database: Database) -> Newsroom:
        """Return the same people in a copy of the database."""
        moved = copy(self)
        moved.database, moved._beside = database, {}
        return moved

    def at(self, site: Site) -> Newsroom:
        """Return the same people, whose site is declared in another way."""
        moved = self.moved_to(self.database)
        moved.site = site
        return moved

    async def hire(self) -> None:
        """Create the people, and publish their bylines."""
        await self.employ()
        await self.publish_beside()

    async def employ(self) -> None:
        """Create the people, whose bylines are drafts."""
        self._beside = {}
        self.author = await self.person("Ada Author", Grant(role="author"))
        self.second_author = await self.person("Abe Author", Grant(role="author"))
        self.reviewers = [
            await self.person(f"{name} Reviewer", Grant(role="reviewer"))
            for name in ("Rita", "Rolf", "Runa")
        ]
        self.publisher = await self.person("Pia Publisher", Grant(role="publisher"))
        self.administrator = await self.person("Alma Admin", Grant(role="administrator"))

    async def person(self, name: str, *grants: Grant, byline: bool = True) -> Actor:
        """Create an account with these roles, tied to a person of this name, who is no draft."""
        async with self.as_(OPERATOR, FOUNDED) as work:
            person = await create_person(work, Draft(title=name)) if byline else None
            if person is not None:
                self._beside[person.entry_id] = person.revision.id
            email = f"{name.replace(' ', '.').lower()}@example.org"
            account = await create_account(
                work, email, person_id=person.entry_id if person is not None else None
            )
            for grant in grants:
                await grant_role(work, account.id, grant)
            return await load_actor(work.session, account.id)

    async def publish_beside(self) -> None:
        """Publish the people and categories that were created, as a new site would."""
        if self._beside:
            async with self.as_(OPERATOR, FOUNDED) as work:
                if await is_new_site(work):
                    await publish_setup(work, self._beside)
                else:
                    await publish_imported(work, self._beside, source="elsewhere")
            self._beside = {}

    @asynccontextmanager
    async def as_(self, actor: Actor, now: datetime | None = None) -> AsyncIterator[Work]:
        """Give somebody a transaction to work in."""
        async with self.desk.work(actor, now) as work:
            yield work

    async def do(
        self,
        actor: Actor,
        command: Callable[Concatenate[Work, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Have somebody do one thing in a transaction of its own."""
        async with self.as_(actor) as work:
            return await command(work, *args, **kwargs)

    async def do_at(
        self,
        moment: datetime | None,
        actor: Actor,
        command: Callable[Concatenate[Work, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Have somebody do one thing at another time than now."""
        async with self.as_(actor, moment) as work:
            return await command(work, *args, **kwargs)

    async def refusal(
        self,
        actor: Actor,
        command: Callable[Concatenate[Work, P], Awaitable[object]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Sequence[UserError]:
        """Return why somebody is refused what they attempt, which they have to be."""
        try:
            await self.do(actor, command, *args, **kwargs)
        except Refused as refused:
            return refused.errors
        raise AssertionError("it was not refused")

    async def codes(
        self,
        actor: Actor,
        command: Callable[Concatenate[Work, P], Awaitable[object]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> list[str]:
        """Return the codes of why somebody is refused what they attempt."""
        return [error.code for error in await self.refusal(actor, command, *args, **kwargs)]

    async def entry_id(self, revision: Revision) -> str:
        """Return the entry that a revision is a revision of."""
        return await self.do(self.author, lambda work: entry_id_of(work, revision))

    async def rendition(self, revision: Revision) -> Rendition:
        """Return the rendition of a revision."""
        async with self.database.reading() as session:
            return await session.get_one(Rendition, revision.id)

    async def path(self, written: Revision | Publication) -> str | None:
        """Return where the edition of a revision or publication stands."""
        async with self.database.reading() as session:
            return await session.scalar(
                select(Address.path).where(
                    Address.edition_id == written.edition_id, Address.ended_position.is_(None)
                )
            )

    async def category(self, name: str, parent: Topic | None = None, slug: str = "") -> Topic:
        """Create a category, and publish it."""
        async with self.as_(OPERATOR, FOUNDED) as work:
            made = await create_category(
                work, Draft(title=name, slug=slug), parent_id=parent.id if parent else None
            )
        self._beside[made.entry_id] = made.revision.id
        await self.publish_beside()
        return Topic(made.entry_id, made.revision)

    async def draft(self, content_type: str = "Article", **values: Any) -> Revision:
        """Create an entry with one revision."""
        async with self.as_(self.author) as work:
            saved = await create_entry(work, content_type, draft_of(**values))
            return saved.revision

    async def save(
        self,
        head: Revision,
        actor: Actor | None = None,
        locale: str | None = None,
        **values: Any,
    ) -> Revision:
        """Save another revision on top of one, by default in the default locale."""
        async with self.as_(actor or self.author) as work:
            saved = await save_draft(
                work,
                await entry_id_of(work, head),
                draft_of(**values),
                base_revision=head.id,
                locale=locale,
            )
            return saved.revision

    async def update(self, head: Revision, actor: Actor | None = None, **values: Any) -> Revision:
        """Save another revision on top of one, with only some fields changed."""
        async with self.as_(actor or self.author) as work:
            saved = await update_entry(
                work, await entry_id_of(work, head), changes_of(**values), base_revision=head.id
            )
            return saved.revision

    async def autosave(
        self,
        head: Revision,
        actor: Actor | None = None,
        now: datetime | None = None,
        **values: Any,
    ) -> Revision:
        """Save what somebody is typing on top of a revision."""
        async with self.as_(actor or self.author, now) as work:
            saved = await autosave_entry(
                work, await entry_id_of(work, head), changes_of(**values), base_revision=head.id
            )
            return saved.revision

    async def ask(self, head: Revision, actor: Actor | None = None, **more: Any) -> Review:
        """Request a review of the newest revision."""
        async with self.as_(actor or self.author) as work:
            entry_id = await entry_id_of(work, head)
            return await request_review(work, entry_id, base_revision=head.id, **more)

    async def sign(
        self, head: Revision, actor: Actor | None = None, stage: str | None = None
    ) -> SignOff:
        """Sign off a revision."""
        async with self.as_(actor or self.reviewers[0]) as work:
            entry_id = await entry_id_of(work, head)
            return await sign_off(work, entry_id, digest=head.digest, stage=stage)

    async def object_to(self, head: Revision, actor: Actor | None = None) -> ChangeRequest:
        """Ask for changes to a revision."""
        async with self.as_(actor or self.reviewers[0]) as work:
            entry_id = await entry_id_of(work, head)
            return await request_changes(work, entry_id, digest=head.digest, reason="Unclear.")

    async def translate(self, head: Revision, locale: str, **values: Any) -> Revision:
        """Begin an edition in another locale, and save a first translation."""
        async with self.as_(self.author) as work:
            begun = await add_edition(work, await entry_id_of(work, head), locale)
        return await self.save(begun.revision, locale=locale, **values)

    async def review(self, head: Revision, locale: str | None = None) -> None:
        """Request a review, and have every stage signed off by as many as it takes."""
        async with self.as_(self.author) as work:
            entry_id = await entry_id_of(work, head)
            await request_review(work, entry_id, base_revision=head.id, locale=locale)
        stages = self.site.stored_type(str(head.content["type"])).policy.stages
        for stage in stages:
            for reviewer in self.reviewers[: stage.approvals]:
                async with self.as_(reviewer) as work:
                    await sign_off(work, entry_id, digest=head.digest, locale=locale)

    async def publish(self, *heads: Revision, locale: str | None = None) -> Sequence[Publication]:
        """Have revisions reviewed, and publish them together."""
        for head in heads:
            await self.review(head, locale)
        async with self.as_(self.publisher) as work:
            chosen = {await entry_id_of(work, head): head.id for head in heads}
            return await publish_together(work, chosen, locale=locale)

    async def published(self, content_type: str = "Article", **values: Any) -> Publication:
        """Create an entry and publish it."""
        (publication,) = await self.publish(await self.draft(content_type, **values))
        return publication

    async def unpublish(self, publication: Publication) -> Publication:
        """Take an entry back."""
        async with self.as_(self.publisher) as work:
            return await unpublish_entry(work, publication.entry_id, locale=publication.locale)


class _Undo(Exception):
    """Ends a transaction that is not to be committed."""


@dataclass(frozen=True)
class Rehearsals:
    """A newsroom for properties: every example begins anew, without a database of its own.

    Attributes:
        runner: runs what is tried.
        newsroom: where.
    """

    runner: asyncio.Runner
    newsroom: Newsroom

    def rehearse(
        self, attempt: Callable[[Work], Awaitable[None]], actor: Actor | None = None
    ) -> None:
        """Try something in one transaction, by default of an author, and undo it."""
        self.runner.run(self._rehearse(attempt, actor or self.newsroom.author))

    async def _rehearse(self, attempt: Callable[[Work], Awaitable[None]], actor: Actor) -> None:
        with suppress(_Undo):
            async with self.newsroom.as_(actor) as work:
                await attempt(work)
                raise _Undo


async def entry_id_of(work: Work, revision: Revision) -> str:
    """Return the entry that a revision is a revision of."""
    edition = await work.session.get_one(Edition, revision.edition_id)
    return edition.entry_id


def changes_of(
    title: str | None = None,
    slug: str | None = None,
    summary: str | None = None,
    category: Topic | None = None,
    **fields: Any,
) -> Changes:
    """Return changes; what is not a part of every entry is a field."""
    return Changes(
        title=title,
        slug=slug,
        summary=summary,
        category=category.id if category else None,
        fields=fields,
    )


def draft_of(
    title: str = "A title",
    slug: str = "",
    summary: str = "",
    category: Topic | None = None,
    tags: Sequence[str] = (),
    **fields: Any,
) -> Draft:
    """Return a draft; what is not a part of every entry is a field."""
    if "body" not in fields and "text" not in fields and "brand" not in fields:
        fields["body"] = "Some *text*."
    return Draft(
        title=title,
        slug=slug,
        summary=summary,
        category=category.id if category else None,
        tags=tuple(tags),
        fields=fields,
    )
