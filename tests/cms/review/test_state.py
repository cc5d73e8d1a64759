"""The word for where a revision stands is the same in SQL as by the facts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cms.authorization.actor import Actor, Grant
from cms.content.snapshot import Changes
from cms.drafts.entries import archive_entry, create_entry, unarchive_entry
from cms.drafts.loading import Held, hold
from cms.drafts.saving import autosave_entry, restore_revision, save_draft
from cms.errors import Refused
from cms.publishing.publishing import break_glass_publish
from cms.publishing.unpublishing import unpublish_entry
from cms.review.change_requests import request_changes
from cms.review.reviews import request_review, withdraw_review
from cms.review.sign_offs import sign_off
from cms.review.standing import STATES, standing_of
from cms.tables import Revision
from cms.work.work import Work
from tests.builders import Newsroom, Rehearsals, draft_of
from tests.depth import EXAMPLES
from tests.standing import standing_by_sql

TYPES = {"Article": "body", "Note": "text"}
VERBS = (
    *("save", "autosave", "restore", "ask", "ask", "withdraw"),
    *("sign", "sign", "sign", "sign", "sign long ago", "object"),
    *("publish", "unpublish", "archive", "unarchive"),
)
_STEPS = st.tuples(st.sampled_from(VERBS), st.integers(0, 3), st.integers(0, 3))


@dataclass
class Desk:
    """One entry, and people who do all sorts of things with it, a second apart.

    Attributes:
        work: the transaction, at its present time.
        newsroom: the people.
        both: somebody who writes and reviews.
        content_type: the type of the entry.
        entry_id: the entry.
        seconds: for how long it has been going on.
    """

    work: Work
    newsroom: Newsroom
    both: Actor
    content_type: str
    entry_id: str
    seconds: int = field(default=0)

    def as_(self, actor: Actor, ago: timedelta = timedelta(0)) -> Work:
        return replace(self.work, actor=actor, now=self.moment() - ago)

    def moment(self) -> datetime:
        # In the past, so that the database's own clock is later.
        return self.work.now - timedelta(hours=1) + timedelta(seconds=self.seconds)

    async def held(self) -> Held:
        return await hold(self.as_(self.newsroom.administrator), self.entry_id, None)

    async def revisions(self) -> Sequence[Revision]:
        held = await self.held()
        found = await self.work.session.scalars(
            select(Revision)
            .where(Revision.edition_id == held.edition.id)
            .order_by(Revision.number.desc())
        )
        return found.all()

    async def step(self, verb: str, who: int, place: int) -> None:
        """Try something; that it is refused is no matter."""
        self.seconds += 1
        writers = (self.newsroom.author, self.newsroom.second_author, self.both, self.both)
        judges = (*self.newsroom.reviewers, self.both)
        revisions = await self.revisions()
        with suppress(Refused):
            chosen = revisions[place % len(revisions)]
            await self._write(verb, writers[who], revisions[0], chosen)
            await self._judge(verb, judges[who], revisions[0], chosen)
            await self._decide(verb, chosen)

    async def _write(self, verb: str, actor: Actor, head: Revision, chosen: Revision) -> None:
        work, entry, base = self.as_(actor), self.entry_id, head.id
        title = f"Version {self.seconds}"
        text: Any = {TYPES[self.content_type]: title}
        if verb == "save":
            draft = draft_of(title=title, slug="page", **text)
            await save_draft(work, entry, draft, base_revision=base)
        elif verb == "autosave":
            await autosave_entry(work, entry, Changes(title=title), base_revision=base)
        elif verb == "restore":
            await restore_revision(work, entry, chosen.id, base_revision=base)

    async def _judge(self, verb: str, actor: Actor, head: Revision, chosen: Revision) -> None:
        work, entry = self.as_(actor), self.entry_id
        if verb == "ask":
            await request_review(self.as_(self.newsroom.author), entry, base_revision=head.id)
        elif verb == "withdraw":
            await withdraw_review(self.as_(self.newsroom.publisher), entry)
        elif verb == "sign":
            await sign_off(work, entry, digest=chosen.digest)
        elif verb == "sign long ago":
            long_ago = self.as_(actor, timedelta(days=400))
            await sign_off(long_ago, entry, digest=chosen.digest)
        elif verb == "object":
            await request_changes(work, entry, digest=chosen.digest, reason="No.")

    async def _decide(self, verb: str, chosen: Revision) -> None:
        entry, work = self.entry_id, self.as_(self.newsroom.administrator)
        if verb == "publish":
            await break_glass_publish(work, entry, revision_id=chosen.id, reason="Now.")
        elif verb == "unpublish":
            await unpublish_entry(work, entry)
        elif verb == "archive":
            await archive_entry(work, entry)
        elif verb == "unarchive":
            await unarchive_entry(work, entry)


@pytest.fixture(scope="module")
def both(rehearsals: Rehearsals) -> Actor:
    """Somebody who writes and reviews, and is public."""
    person = rehearsals.newsroom.person("Bo", Grant(role="author"), Grant(role="reviewer"))
    both = rehearsals.runner.run(person)
    rehearsals.runner.run(rehearsals.newsroom.publish_beside())
    return both


async def a_desk(work: Work, newsroom: Newsroom, both: Actor, content_type: str) -> Desk:
    text: Any = {TYPES[content_type]: "Words."}
    created = await create_entry(work, content_type, draft_of(slug="page", **text))
    return Desk(work, newsroom, both, content_type, created.entry_id)


@settings(max_examples=EXAMPLES // 2)
@given(
    content_type=st.sampled_from(sorted(TYPES)),
    steps=st.lists(_STEPS, min_size=3, max_size=15),
)
def test_sql_and_python_have_the_same_word_for_it(
    rehearsals: Rehearsals, both: Actor, content_type: str, steps: Sequence[tuple[str, int, int]]
) -> None:
    async def attempt(work: Work) -> None:
        desk = await a_desk(work, rehearsals.newsroom, both, content_type)
        for step in steps:
            await desk.step(*step)
        held = await desk.held()
        for revision in await desk.revisions():
            standing = await standing_of(desk.as_(both), held, revision)
            state, lacks = await standing_by_sql(work, revision)
            assert (state, lacks) == (standing.state(), bool(standing.lacking))

    rehearsals.rehearse(attempt)


def test_every_word_is_said_at_its_time(rehearsals: Rehearsals, both: Actor) -> None:
    """A history in which each step leads to another word."""
    story = [
        (("save", 0, 0), "DRAFT"),
        (("ask", 0, 0), "IN_REVIEW"),
        (("object", 1, 0), "CHANGES_REQUESTED"),
        (("withdraw", 0, 0), "CHANGES_REQUESTED"),  # the objection outlives the review
        (("ask", 0, 0), "CHANGES_REQUESTED"),
        (("save", 0, 0), "IN_REVIEW"),
        (("sign long ago", 0, 0), "IN_REVIEW"),
        (("sign", 0, 0), "APPROVED"),
        (("save", 2, 0), "IN_REVIEW"),
        (("sign", 3, 0), "IN_REVIEW"),  # their own work
        (("sign", 1, 0), "APPROVED"),
        (("withdraw", 0, 0), "APPROVED"),  # what is signed stays signed
        (("publish", 0, 0), "PUBLISHED"),
        (("unpublish", 0, 0), "UNPUBLISHED"),
        (("archive", 0, 0), "ARCHIVED"),
        (("unarchive", 0, 0), "UNPUBLISHED"),
        (("save", 0, 0), "DRAFT"),
    ]
    told: list[str] = []

    async def attempt(work: Work) -> None:
        desk = await a_desk(work, rehearsals.newsroom, both, "Article")
        for step, _ in story:
            await desk.step(*step)
            told.append((await standing_by_sql(work, (await desk.revisions())[0]))[0])

    rehearsals.rehearse(attempt)
    assert told == [word for _, word in story]
    assert set(told) == set(STATES)
