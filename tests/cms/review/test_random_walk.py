"""Whatever people do, gate, state, queue and due pages are as plain bookkeeping has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cms.access.accounts import (
    disable_account,
    enable_account,
    grant_role,
    load_actor,
    revoke_role,
)
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.policy import SignOffPolicy, Stage
from cms.content.snapshot import Changes
from cms.drafts.entries import add_edition, archive_entry, create_entry, unarchive_entry
from cms.drafts.saving import restore_revision, update_entry
from cms.errors import Refused
from cms.publishing.publish_impact import check_publish
from cms.publishing.publishing import break_glass_publish, publish_entry
from cms.publishing.unpublishing import unpublish_entry
from cms.review.change_requests import request_changes, withdraw_change_request
from cms.review.due import reviews_due
from cms.review.invalidation import invalidate_sign_offs
from cms.review.queue import waiting_for_me
from cms.review.review_times import faults_of_review_times
from cms.review.reviews import request_review, withdraw_review
from cms.review.sign_offs import sign_off
from cms.site import Site
from cms.tables import RoleGrant
from cms.work.work import Work
from tests.builders import Rehearsals, draft_of
from tests.cms.review.bookkeeping import Asked, Page, Person, Policy, Saved
from tests.depth import IS_DEEP
from tests.standing import states_in

SETTINGS = settings(
    max_examples=100 if IS_DEEP else 4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # To shrink takes minutes; who looks for the cause has them.
    phases=set(Phase) - (set() if IS_DEEP else {Phase.shrink, Phase.explain}),
)
STEPS = 40 if IS_DEEP else 25

VALID_FOR = timedelta(days=30)
POLICIES: Mapping[str, Policy] = {
    "one": {"editorial": 1},
    "two": {"editorial": 2},
    "stages": {"technical": 1, "editorial": 1},
    "renamed": {"legal": 1},
}
ROLES: Mapping[str, Sequence[Grant]] = {
    "ann": (Grant(role="author"),),
    "bob": (Grant(role="author"), Grant(role="reviewer")),
    "rita": (Grant(role="reviewer"),),
    "rolf": (Grant(role="reviewer"),),
    "tess": (Grant(role="reviewer", stage="technical"),),
    "gerd": (Grant(role="reviewer", locale="de"),),
}
WRITERS, REVIEWERS = ("ann", "ann", "bob"), ("bob", "rita", "rolf", "tess", "gerd")
# Grants that are given meanwhile: wide ones, and narrow ones.
GRANTS = (
    Grant(role="reviewer"),
    Grant(role="reviewer", stage="editorial"),
    Grant(role="reviewer", stage="technical"),
    Grant(role="reviewer", locale="en"),
    Grant(role="reviewer", content_type="Page", locale="de"),
)
VERBS = (
    *("save", "save", "restore", "ask", "ask", "withdraw"),
    *("sign", "sign", "sign", "sign", "sign", "sign", "sign live", "object", "object"),
    *("take back the objection", "publish", "publish", "publish", "break the glass", "unpublish"),
    *("grant", "revoke", "narrow", "disable", "enable", "invalidate"),
    *("archive", "unarchive", "time", "policy"),
)


def site_with(policy: Policy) -> Site:
    stages = tuple(Stage(name, approvals=approvals) for name, approvals in policy.items())
    declared = SignOffPolicy(stages=stages, valid_for=VALID_FOR)

    class Page(ContentType, path="/{locale}/{slug}", policy=declared):
        """A page."""

        body = Markdown(required=True)

    return Site("Pages", content_types=(Page,), locales=("en", "de"))


SITES = {name: site_with(policy) for name, policy in POLICIES.items()}


@dataclass
class Walk:
    """Two editions of an entry, and people who do all sorts of things with them.

    Attributes:
        work: the transaction, which is undone in the end.
        ids: the accounts, by name.
        people: what is known of them.
        entry_id: the entry.
        pages: its editions, by locale.
        policy: the name of today's policy.
        at: the time; long ago, so that what expires has expired for the database's clock too.
    """

    work: Work
    ids: Mapping[str, str]
    people: Mapping[str, Person]
    entry_id: str
    pages: Mapping[str, Page]
    policy: str
    at: datetime
    count: int = field(default=0)

    @property
    def today(self) -> Policy:
        return POLICIES[self.policy]

    def as_(self, actor: Actor) -> Work:
        return replace(self.work.by(actor, self.at), site=SITES[self.policy])

    async def actor(self, who: str) -> Actor:
        if self.people[who].is_disabled:
            # As a server has it that loaded the account before.
            grants = tuple(
                Grant(role=role, stage=stage, locale=locale)
                for role, stage, locale in self.people[who].grants.values()
            )
            return replace(self._known[who], grants=grants)
        return await load_actor(self.work.session, self.ids[who])

    _known: dict[str, Actor] = field(default_factory=dict)

    async def attempt(
        self, actor: Actor, command: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Any:
        """Return what a command returns, or ``None`` if it is refused."""
        self.at += timedelta(seconds=1)
        try:
            return await command(self.as_(actor), *args, **kwargs)
        except Refused:
            return None

    async def step(self, verb: str, who: int, where: int, which: int) -> None:
        page = self.pages[("en", "de")[where]]
        writer, reviewer = WRITERS[who % len(WRITERS)], REVIEWERS[who % len(REVIEWERS)]
        chosen = page.saved[-1 - which % len(page.saved)] if which > 1 else page.head
        match verb:
            case "save" | "restore":
                await self.write(writer, page, chosen if verb == "restore" else None)
            case "ask" | "withdraw":
                await self.review(verb, page)
            case "sign":
                await self.sign(reviewer, page, chosen.digest)
            case "sign live" if page.live is not None:
                await self.sign(reviewer, page, page.live.saved.digest)
            case "object":
                await self.object_to(reviewer, page, chosen.digest)
            case "take back the objection":
                await self.take_back_objection(reviewer, page, which)
            case "publish" | "break the glass" | "unpublish":
                await self.publish(verb, page, chosen)
            case "grant" | "revoke" | "narrow" | "disable" | "enable":
                await self.change_rights(verb, reviewer, GRANTS[which % len(GRANTS)])
            case "invalidate":
                await self.invalidate(reviewer, which)
            case "archive" | "unarchive":
                await self.archive(verb)
            case "time":
                self.at += timedelta(days=(1, 10, 29, 31)[which % 4])
            case "policy":
                self.policy = list(POLICIES)[which % len(POLICIES)]

    async def write(self, who: str, page: Page, source: Saved | None) -> None:
        if self.people[who].is_disabled:
            return  # it has no session with which to write
        actor, base = await self.actor(who), page.head.id
        options = {"base_revision": base, "locale": page.locale}
        if source is None:
            self.count += 1
            changes = Changes(title=f"Version {self.count}")
            done = await self.attempt(actor, update_entry, self.entry_id, changes, **options)
        else:
            done = await self.attempt(actor, restore_revision, self.entry_id, source.id, **options)
            assert done is None or done.revision.digest == source.digest
        assert (done is None) == page.is_archived
        if done is not None:
            self.saved(page, done.revision, who)

    def saved(self, page: Page, revision: Any, who: str) -> None:
        if not page.saved or page.head.id != revision.id:
            page.saved.append(Saved(revision.id, revision.number, revision.digest, who))

    async def review(self, verb: str, page: Page) -> None:
        if verb == "ask":
            ann = await self.actor("ann")
            options = {"base_revision": page.head.id, "locale": page.locale}
            done = await self.attempt(ann, request_review, self.entry_id, **options)
            assert (done is None) == page.is_archived
            if done is not None and not page.is_in_review:
                page.reviews.append(Asked(dict(self.today)))
        else:
            done = await self.attempt(
                self._known["pia"], withdraw_review, self.entry_id, locale=page.locale
            )
            assert (done is not None) == page.is_in_review
            page.end_review()

    async def sign(self, who: str, page: Page, digest: str) -> None:
        self.at += timedelta(seconds=1)
        stage = page.stage_of(digest, self.today, self.at + timedelta(seconds=1))
        can = page.can_judge(who, self.people[who], digest, stage)
        can = can and (page.is_in_review or page.is_live(digest))
        options = {"digest": digest, "locale": page.locale}
        done = await self.attempt(await self.actor(who), sign_off, self.entry_id, **options)
        assert (done is not None) == can
        if done is not None:
            assert done.stage == stage
            page.sign(who, digest, stage, self.at, VALID_FOR)

    async def object_to(self, who: str, page: Page, digest: str) -> None:
        has_signed = any(
            each.is_open and each.who == who and each.digest == digest for each in page.signed
        )
        can = page.can_judge(who, self.people[who], digest, None)
        can = can and (page.is_in_review or page.is_live(digest) or has_signed)
        options = {"digest": digest, "locale": page.locale, "reason": "No."}
        done = await self.attempt(await self.actor(who), request_changes, self.entry_id, **options)
        assert (done is not None) == can
        if done is not None:
            page.object_to(done.id, who, digest)

    async def take_back_objection(self, who: str, page: Page, which: int) -> None:
        own = [each for each in page.objected if each.who == who]
        if not own:
            return
        objected = own[which % len(own)]
        actor = await self.actor(who)
        done = await self.attempt(actor, withdraw_change_request, objected.id)
        can = self.people[who].may_review(page.locale)
        assert done is None or can or not objected.is_open
        if done is not None:
            objected.is_open = False

    async def publish(self, verb: str, page: Page, chosen: Saved) -> None:
        place = {"locale": page.locale}
        if verb == "unpublish":
            done = await self.attempt(self._known["pia"], unpublish_entry, self.entry_id, **place)
            assert (done is not None) == (page.live is not None)
            page.take_back()
            return
        is_broken = verb == "break the glass"
        self.at += timedelta(seconds=1)
        at = self.at + timedelta(seconds=1)
        passes = is_broken or not (
            page.lacking(chosen, page.required(self.today), at) or page.objectors(chosen)
        )
        command = break_glass_publish if is_broken else publish_entry
        reason = {"reason": "It cannot wait."} if is_broken else {}
        actor = self._known["alma" if is_broken else "pia"]
        options = {"revision_id": chosen.id, **place, **reason}
        done = await self.attempt(actor, command, self.entry_id, **options)
        assert (done is not None) == (passes and not page.is_archived)
        if done is not None:
            page.publish(chosen, self.today, self.at, is_signed_off=not is_broken)

    async def change_rights(self, verb: str, who: str, grant: Grant) -> None:
        person, account_id = self.people[who], self.ids[who]
        if verb in ("disable", "enable"):
            command = disable_account if verb == "disable" else enable_account
            await self.attempt(OPERATOR, command, account_id)
            person.is_disabled = verb == "disable"
        if verb in ("grant", "narrow"):
            row = await self.attempt(OPERATOR, grant_role, account_id, grant)
            # Categories and people have the stage of the default policy.
            assert (row is None) == (grant.stage not in {None, "editorial", *self.today})
            if row is None:
                return
            person.grants[row.id] = (row.role, row.stage, row.locale)
        if verb in ("revoke", "narrow"):
            for key, (role, stage, locale) in list(person.grants.items()):
                is_kept = verb == "narrow" and (stage, locale) == (grant.stage, grant.locale)
                if role == "reviewer" and not is_kept:
                    await self.attempt(OPERATOR, revoke_role, key)
                    del person.grants[key]
        if verb in ("revoke", "narrow", "disable"):
            for page in self.pages.values():
                page.rights_changed(who, person)

    async def invalidate(self, who: str, which: int) -> None:
        since = self.at - timedelta(days=(0, 1, 20, 100)[which % 4])
        options = {"since": since, "reason": "Taken over."}
        await self.attempt(self._known["alma"], invalidate_sign_offs, self.ids[who], **options)
        for page in self.pages.values():
            page.invalidate(who, since)

    async def archive(self, verb: str) -> None:
        command = archive_entry if verb == "archive" else unarchive_entry
        done = await self.attempt(self._known["pia"], command, self.entry_id)
        is_live = any(page.live is not None for page in self.pages.values())
        assert (done is None) == (verb == "archive" and is_live)
        if done is not None:
            for page in self.pages.values():
                page.is_archived = verb == "archive"

    # What is compared after each step.

    async def check(self, present: datetime) -> None:
        await self.check_states(present)
        for page in self.pages.values():
            for saved in {each.id: each for each in (page.head, page.saved[0])}.values():
                await self.check_gate(page, saved)
        await self.check_queues()
        work = self.as_(self._known["alma"])
        due = {
            each.publication.locale
            for each in await reviews_due(work, timedelta(0))
            if each.publication.entry_id == self.entry_id
        }
        expected = {
            page.locale
            for page in self.pages.values()
            if page.live is not None and page.live.is_due(self.at)
        }
        assert due == expected
        assert await faults_of_review_times(work.session) == []

    async def check_states(self, present: datetime) -> None:
        rows = await self.work.session.execute(states_in(SITES[self.policy]))
        found = {row[0]: str(row[1]) for row in rows}
        for page in self.pages.values():
            for saved in page.saved:
                assert found[saved.id] == page.state(saved, self.today, present)

    async def check_gate(self, page: Page, saved: Saved) -> None:
        checks = await check_publish(
            self.as_(self._known["alma"]), self.entry_id, revision_id=saved.id, locale=page.locale
        )
        codes = [error.code for each in checks for error in each.errors]
        lacking = page.lacking(saved, page.required(self.today), self.at)
        assert codes.count("MISSING_SIGN_OFF") == len(lacking)
        assert codes.count("CHANGES_REQUESTED") == len(set(page.objectors(saved)))

    async def check_queues(self) -> None:
        for who in REVIEWERS:
            person = self.people[who]
            if person.is_disabled:
                continue
            queue = await waiting_for_me(self.as_(await self.actor(who)))
            expected = {
                page.locale
                for page in self.pages.values()
                if page.waits_for(who, person, self.today, self.at)
            }
            assert {each.locale for each in queue} == expected


@pytest.fixture(scope="module")
def crew(rehearsals: Rehearsals) -> Mapping[str, Actor]:
    """The people, by name."""
    newsroom = rehearsals.newsroom
    hired = {
        name: rehearsals.runner.run(newsroom.person(f"Walk {name}", *grants))
        for name, grants in ROLES.items()
    }
    rehearsals.runner.run(newsroom.publish_beside())
    return {**hired, "pia": newsroom.publisher, "alma": newsroom.administrator}


async def begin(work: Work, crew: Mapping[str, Actor]) -> Walk:
    """Return a walk with an entry in two locales."""
    at = work.now - timedelta(days=80)
    people: dict[str, Person] = {}
    for name in ROLES:
        rows = await work.session.scalars(
            select(RoleGrant).where(RoleGrant.account_id == crew[name].account_id)
        )
        people[name] = Person({row.id: (row.role, row.stage, row.locale) for row in rows})
    ids = {name: str(actor.account_id) for name, actor in crew.items()}
    pages = {locale: Page(locale) for locale in ("en", "de")}
    walk = Walk(work, ids, people, "", pages, "one", at, _known=dict(crew))
    created = await create_entry(walk.as_(crew["ann"]), "Page", draft_of(slug="page"))
    walk.entry_id = created.entry_id
    walk.saved(pages["en"], created.revision, "ann")
    begun = await add_edition(walk.as_(crew["bob"]), created.entry_id, "de")
    walk.saved(pages["de"], begun.revision, "bob")
    pages["de"].inherited = {"ann"}
    return walk


@SETTINGS
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(VERBS), st.integers(0, 4), st.sampled_from((0, 0, 1)), st.integers(0, 6)
        ),
        min_size=STEPS // 2,
        max_size=STEPS,
    )
)
def test_standing_is_as_plain_bookkeeping_has_it(
    rehearsals: Rehearsals, crew: Mapping[str, Actor], steps: Sequence[tuple[str, int, int, int]]
) -> None:
    async def attempt(work: Work) -> None:
        walk = await begin(work, crew)
        await walk.check(work.now)
        for step in steps:
            await walk.step(*step)
            await walk.check(work.now)

    rehearsals.rehearse(attempt)
