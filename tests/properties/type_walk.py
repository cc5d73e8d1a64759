"""A newsroom that goes on working while its content types change at random."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from sqlalchemy import select

from cms.authorization.actor import Actor
from cms.content.canonical_json import digest_of
from cms.content.policy import Stage
from cms.content.snapshot import Changes, Draft
from cms.drafts.entries import add_edition, archive_entry, create_entry, unarchive_entry
from cms.drafts.history import blame_entry, compare_revisions
from cms.drafts.saving import autosave_entry, restore_revision, update_entry
from cms.errors import Refused, SiteError
from cms.ledger.verification import Invalid, verify_ledger
from cms.publishing.moving import faults_of_addresses
from cms.publishing.publish_impact import check_publish, preview_publish
from cms.publishing.publishing import publish_entry
from cms.publishing.unpublishing import unpublish_entry
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.search.page_fields import faults_of_fields
from cms.search.verification import faults_in, stored_revisions, stray_rows, verify_counts
from cms.site import Site
from cms.tables import Edition, Entry, Publication, Revision
from cms.type_versions.changing import TypesDoNotFit
from cms.type_versions.checking import TypesReport
from cms.type_versions.versions import newest_types
from cms.work.work import Work
from tests.builders import Newsroom
from tests.changing import Changing
from tests.forging import no_progress
from tests.properties.changing_types import POLICIES, Plan, TypePlan, site_of
from tests.properties.random_types import Changed, changed_plan, first_plan
from tests.properties.random_values import Values
from tests.properties.type_reading import agree, read_all

WRITES = (
    *("create", "create", "create", "update", "update", "update", "autosave", "restore"),
    *("publish", "publish", "publish", "publish", "publish", "unpublish", "translate"),
    *("translate", "ask", "archive", "unarchive"),
)


class _Undo(Exception):
    """Ends a transaction that is not to be committed."""


@dataclass(frozen=True)
class Page:
    """An edition of a content type of the site, as it is stored.

    Attributes:
        entry_id: its entry.
        locale: its locale.
        stored_type: the stored name of its content type.
        head: its newest revision.
        live: the revision that readers see; ``None`` for none.
        is_archived: whether its entry is archived.
        revisions: its revisions, the oldest first.
    """

    entry_id: str
    locale: str
    stored_type: str
    head: str
    live: str | None
    is_archived: bool
    revisions: Sequence[str]


@dataclass
class Walk:
    """A site with its content, over one database.

    Attributes:
        lot: chance.
        newsroom: the people.
        plan: the code of the site.
        plans: the code that was migrated to before.
        moments: positions and times in the past, as the API takes them.
        digests: the digests of all revisions.
        done: the steps, for whoever looks for the cause of a failure.
        accepted: the number of changes that were migrated to.
        refused: the number of those that were refused.
    """

    lot: Random
    newsroom: Newsroom
    plan: Plan
    plans: list[Plan] = field(default_factory=list)
    moments: list[Mapping[str, str]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0

    @property
    def site(self) -> Site:
        """The site with its stored names."""
        return self.newsroom.site

    async def step(self) -> None:
        """Do something that editors do, or change the content types."""
        if self.lot.random() < 0.6:
            await self.write()
        else:
            await self.remember()
            await self.declare()

    # What people do.

    async def write(self) -> None:
        """Do something that editors do; it can be refused."""
        verb = self.lot.choice(WRITES)
        pages = await self.pages()
        page = self.lot.choice(pages) if pages else None
        with suppress(Refused):
            if page is None or verb == "create":
                verb = "create"
                await self._create()
            else:
                await self._write_page(verb, page)
            self.done.append(f"{verb} {page.entry_id if page else ''}")

    async def _write_page(self, verb: str, page: Page) -> None:
        author, publisher = self.newsroom.author, self.newsroom.publisher
        where: dict[str, Any] = {"locale": page.locale}
        on_head = {**where, "base_revision": page.head}
        match verb:
            case "update":
                changes = await self._changes(page)
                await self._do(author, update_entry, page.entry_id, changes, **on_head)
            case "autosave":
                changes = await self._changes(page)
                await self._do(author, autosave_entry, page.entry_id, changes, **on_head)
            case "restore":
                earlier = self.lot.choice(page.revisions)
                await self._do(author, restore_revision, page.entry_id, earlier, **on_head)
            case "ask":
                await self._do(author, request_review, page.entry_id, **on_head)
            case "publish":
                await self._publish(page)
            case "unpublish":
                await self._do(publisher, unpublish_entry, page.entry_id, **where)
            case "archive":
                await self._do(publisher, archive_entry, page.entry_id)
            case "unarchive":
                await self._do(publisher, unarchive_entry, page.entry_id)
            case "translate":
                locale = self.lot.choice(self.plan.locales)
                await self._do(author, add_edition, page.entry_id, locale)

    async def _do(
        self, actor: Actor, command: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Any:
        async with self.newsroom.as_(actor) as work:
            return await command(work, *args, **kwargs)

    async def _publish(self, page: Page) -> None:
        async with self.newsroom.as_(self.newsroom.author) as work:
            await self._publish_in(work, page, page.head)

    async def _publish_in(self, work: Work, page: Page, revision_id: str) -> None:
        """Have the newest revision reviewed, and publish it."""
        revision = await work.session.get_one(Revision, revision_id)
        where: dict[str, Any] = {"locale": page.locale}
        with suppress(Refused):
            await request_review(work, page.entry_id, base_revision=revision_id, **where)
        policy = self.site.stored_type(page.stored_type).policy
        await self._sign(work, page, revision.digest, policy.stages)
        publisher = work.by(self.newsroom.publisher, work.now)
        try:
            await publish_entry(publisher, page.entry_id, revision_id=revision_id, **where)
        except Refused:
            # An open review keeps the stages of an earlier policy.
            for one in POLICIES:
                await self._sign(work, page, revision.digest, one.stages)
            await publish_entry(publisher, page.entry_id, revision_id=revision_id, **where)

    async def _sign(self, work: Work, page: Page, digest: str, stages: Sequence[Stage]) -> None:
        for stage in stages:
            for reviewer in self.newsroom.reviewers[: stage.approvals]:
                signing = {"digest": digest, "stage": stage.name, "locale": page.locale}
                with suppress(Refused):
                    await sign_off(work.by(reviewer, work.now), page.entry_id, **signing)

    async def _create(self) -> None:
        plan = self.lot.choice(self.plan.types)
        draft = Draft(title=self._title(), slug=self._slug(), fields=await self._values(plan))
        await self._do(self.newsroom.author, create_entry, plan.name, draft)

    async def _changes(self, page: Page) -> Changes:
        plan = self._plan_of(page)
        values = await self._values(plan)
        chosen = self.lot.sample(sorted(values), self.lot.randint(0, len(values)))
        return Changes(title=self._title(), fields={name: values[name] for name in chosen})

    async def _values(self, plan: TypePlan) -> dict[str, Any]:
        targets: dict[int, list[str]] = {}
        for page in await self.pages():
            if not page.is_archived:
                targets.setdefault(self._plan_of(page).key, []).append(page.entry_id)
        return Values(self.lot, self.plan, targets).of(plan.fields)

    def _plan_of(self, page: Page) -> TypePlan:
        name = self.site.stored_type(page.stored_type).name
        return next(each for each in self.plan.types if each.name == name)

    def _title(self) -> str:
        return f"Title {self.lot.randint(1, 999)}"

    def _slug(self) -> str:
        return f"s{self.lot.randint(1, 9_999)}"

    async def pages(self) -> Sequence[Page]:
        """Return the editions of content types and in locales that are declared."""
        async with self.newsroom.database.reading() as session:
            revisions: dict[str, list[str]] = {}
            for row in await session.execute(
                select(Revision.edition_id, Revision.id).order_by(Revision.number)
            ):
                revisions.setdefault(row.edition_id, []).append(row.id)
            live = {
                row.edition_id: row.revision_id
                for row in await session.execute(
                    select(Publication.edition_id, Publication.revision_id).where(
                        Publication.ended_at.is_(None)
                    )
                )
            }
            rows = await session.execute(
                select(
                    *(Edition.id, Edition.entry_id, Edition.locale, Edition.head_id),
                    *(Entry.content_type, Entry.archived_at),
                )
                .join(Entry, Entry.id == Edition.entry_id)
                .order_by(Edition.id)
            )
            own = {
                each.stored_name
                for each in self.site.content_types.values()
                if not each.is_built_in()
            }
            return [
                Page(
                    *(row.entry_id, row.locale, row.content_type, row.head_id, live.get(row.id)),
                    *(row.archived_at is not None, revisions[row.id]),
                )
                for row in rows
                if row.content_type in own and row.locale in self.site.locales
            ]

    # What is declared.

    async def declare(self) -> None:
        """Change the content types, and check what follows."""
        changed = self._chosen()
        self.done.append(" and ".join(changed.names))
        moments = [{}, *self.lot.sample(self.moments, min(len(self.moments), 4))]
        before = await read_all(self.newsroom, self.site, moments)
        pages = [each for each in await self.pages() if not each.is_archived]
        pages = self.lot.sample(pages, min(4, len(pages)))
        savable = await self._savable(pages)
        number, newest = await self._version()
        try:
            report = await Changing(self.newsroom).migrate(changed.site)
        except (TypesDoNotFit, SiteError) as refused:
            self.done.append(f"refused: {refused}")
            self.refused += 1
            await self._check_refusal(
                changed, refused.report if isinstance(refused, TypesDoNotFit) else None
            )
            assert await self._version() == (number, newest)
            agree(before, await read_all(self.newsroom, self.site, [{}]))
            return
        self.accepted += 1
        self.done.append("accepted")
        self.plans.append(deepcopy(self.plan))
        changed.plan.known |= self.plan.known
        self.plan = changed.plan
        assert (await self._version())[0] - number in ({1} if report.changes else {0})
        agree(before, await read_all(self.newsroom, self.site, moments))
        await self._check_digests()
        await self._check_editing(pages, savable)
        await self._check_publishing()

    def _chosen(self) -> Changed:
        if self.plans and self.lot.random() < 0.15:
            plan = deepcopy(self.lot.choice(self.plans))
            plan.count, plan.known = self.plan.count, {*self.plan.known}
            return Changed(plan, site_of(plan), ("go back",), fits=False)
        return changed_plan(self.lot, self.plan)

    async def _version(self) -> tuple[int, object]:
        async with self.newsroom.database.reading() as session:
            known = await newest_types(session)
        return (known.number, known.declaration) if known is not None else (0, None)

    async def _check_refusal(self, changed: Changed, report: TypesReport | None) -> None:
        """Check that a refusal names entries of the site where entries are the cause.

        Args:
            changed: the change.
            report: the report; ``None`` if the declaration contradicts itself.
        """
        if report is None:
            return
        assert report.problems
        assert not changed.fits, (changed.names, report.to_json())
        async with self.newsroom.database.reading() as session:
            known = set(await session.scalars(select(Entry.id)))
        for problem in report.problems:
            assert problem.reason
            assert problem.remedy
            assert bool(problem.entries) == bool(problem.count)
            assert {each.entry_id for each in problem.entries} <= known

    # What has to be true after a change.

    async def remember(self) -> None:
        """Keep the present position and time, and the digests of new revisions."""
        seen = await read_all(self.newsroom, self.site, [{}])
        self.moments.append({"position": seen.position})
        self.moments.append({"asOf": datetime.now(UTC).isoformat()})  # noqa: TID251  # of a reader
        async with self.newsroom.database.reading() as session:
            for row in await session.execute(select(Revision.id, Revision.digest)):
                self.digests.setdefault(row.id, row.digest)

    async def _check_digests(self) -> None:
        async with self.newsroom.database.reading() as session:
            rows = (
                await session.execute(select(Revision.id, Revision.digest, Revision.content))
            ).all()
        digests = {row.id: row.digest for row in rows}
        assert all(digests.get(key, digest) == digest for key, digest in self.digests.items())
        assert all(digest_of(row.content) == row.digest for row in rows)

    async def _undone(self, attempt: Callable[[Work], Awaitable[None]]) -> None:
        with suppress(_Undo):
            async with self.newsroom.as_(self.newsroom.author) as work:
                await attempt(work)
                raise _Undo

    async def _savable(self, pages: Sequence[Page]) -> Sequence[Page]:
        """Return the editions whose heads can be saved with another title."""
        found: list[Page] = []

        async def attempt(work: Work) -> None:
            found.extend([each for each in pages if await self._is_saved(work, each, each.head)])

        await self._undone(attempt)
        return found

    async def _is_saved(self, work: Work, page: Page, head: str) -> bool:
        """Return whether a revision can be saved with another title; a refusal names a field."""
        changes = Changes(title=f"Other than {head}")
        try:
            await update_entry(work, page.entry_id, changes, base_revision=head, locale=page.locale)
        except Refused as refused:
            fields = self.site.stored_type(page.stored_type).fields
            for error in refused.errors:
                assert error.path[:1] == ("fields",), error
                assert error.path[1] in fields, error
            return False
        return True

    async def _check_editing(self, pages: Sequence[Page], savable: Sequence[Page]) -> None:
        """Check that heads can be saved, and earlier revisions restored and then saved."""

        async def attempt(work: Work) -> None:
            for page in pages:
                if self._is_declared(page):
                    await self._check_questions(work, page)
                    assert await self._is_saved(work, page, page.head) or page not in savable, page
                    await self._check_restoring(work, page)

        await self._undone(attempt)

    def _is_declared(self, page: Page) -> bool:
        has_type = self.site.find_stored_type(page.stored_type) is not None
        return has_type and page.locale in self.site.locales

    async def _check_questions(self, work: Work, page: Page) -> None:
        await compare_revisions(work, self.lot.choice(page.revisions), page.head)
        await compare_revisions(work, page.revisions[0], page.head)
        await blame_entry(work, page.entry_id, page.locale)
        await check_publish(work, page.entry_id, locale=page.locale)
        await preview_publish(work, page.entry_id, locale=page.locale)

    async def _check_restoring(self, work: Work, page: Page) -> None:
        for earlier in self.lot.sample(page.revisions, 1):
            head = await work.session.scalar(
                select(Edition.head_id).where(
                    Edition.entry_id == page.entry_id, Edition.locale == page.locale
                )
            )
            restored = await restore_revision(
                work, page.entry_id, earlier, base_revision=str(head), locale=page.locale
            )
            digest = (await work.session.get_one(Revision, earlier)).digest
            assert restored.revision.digest == digest
            await self._is_saved(work, page, restored.revision.id)

    async def _check_publishing(self) -> None:
        """Check that what is public can be published again, after it is saved."""

        async def attempt(work: Work) -> None:
            public = [each for each in await self.pages() if each.live is not None]
            for page in self.lot.sample(public, min(2, len(public))):
                held = {"base_revision": page.head, "locale": page.locale}
                head = page.head
                if page.live != page.head:
                    saved = await restore_revision(work, page.entry_id, str(page.live), **held)
                    head = saved.revision.id
                changes = Changes(title=f"Other than {head}")
                held["base_revision"] = head
                saved = await update_entry(work, page.entry_id, changes, **held)
                await self._publish_in(work, page, saved.revision.id)

        await self._undone(attempt)

    async def verify(self) -> None:
        """Check the ledger, the contents and all that derives from them."""
        database = self.newsroom.database
        async with database.reading() as session:
            key = database.key_file.load().public_key_pem()
            found = [each async for each in verify_ledger(session, key, no_progress)]
            faults = [str(each) for each in found if isinstance(each, Invalid)]
            async for batch in stored_revisions(session):
                faults += faults_in(self.site.stored_types, batch)
            faults += await stray_rows(session)
            faults += await faults_of_addresses(session, self.site, datetime.now(UTC))  # noqa: TID251
            faults += [each async for each in verify_counts(session, lambda _count: None)]
            faults += await faults_of_fields(session, self.site)
        assert faults == [], faults


async def walk_of(seed: int, newsroom: Newsroom) -> Walk:
    """Return a walk at its beginning, with a few entries."""
    lot = Random(seed)  # noqa: S311  # the same walk for the same seed
    walk = Walk(lot, newsroom, first_plan(lot))
    await Changing(newsroom).migrate(site_of(walk.plan))
    for _ in range(3):
        with suppress(Refused):
            await walk._create()
    return walk
