"""Autosaves go when nothing needs them, and never with anybody's name on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cms.authorization.actor import Actor
from cms.clock import now
from cms.content.snapshot import Changes
from cms.drafts.contributors import Authored, contributors, contributors_of
from cms.drafts.entries import create_entry
from cms.drafts.pruning import prune_autosaves
from cms.drafts.saving import autosave_entry, restore_revision, save_draft
from cms.publishing.publishing import break_glass_publish, publish_entry
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.tables import Revision
from cms.work.work import Work
from tests.builders import Newsroom, Rehearsals, draft_of, entry_id_of
from tests.depth import EXAMPLES

NOTHING = timedelta(0)
DAY = timedelta(days=1)


async def numbers(newsroom: Newsroom, revision: Revision) -> list[int]:
    """Return the numbers of the revisions that are left of an edition."""
    async with newsroom.database.reading() as session:
        found = await session.scalars(
            select(Revision.number)
            .where(Revision.edition_id == revision.edition_id)
            .order_by(Revision.number)
        )
        return list(found)


async def prune(
    newsroom: Newsroom, revision: Revision, older_than: timedelta = NOTHING
) -> list[int]:
    """Prune an edition and return the numbers of what went."""
    async with newsroom.as_(newsroom.administrator) as work:
        entry_id = await entry_id_of(work, revision)
        gone = await prune_autosaves(work, entry_id, older_than=older_than)
        return [each.number for each in gone]


async def test_autosaves_in_a_row_are_one(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Start")
    first = await newsroom.autosave(head, title="S")
    assert (first.is_autosave, first.number) == (True, 2)
    second = await newsroom.autosave(first, title="St")
    third = await newsroom.autosave(second, body="Sto")
    assert await numbers(newsroom, head) == [1, third.number]
    assert (third.title, third.content["fields"]["body"]) == ("St", "Sto")  # type: ignore[index,call-overload]  # JSON


async def test_what_is_saved_on_purpose_is_a_revision_of_its_own(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Start")
    typed = await newsroom.autosave(head, title="Typed")
    saved = await newsroom.save(typed, title="Typed", slug=typed.slug)
    assert (saved.number, saved.is_autosave, saved.digest) == (3, False, typed.digest)
    assert (await newsroom.autosave(saved, title="Typed")).id == saved.id
    assert await prune(newsroom, head) == [2]
    assert await numbers(newsroom, head) == [1, 3]


async def test_somebody_elses_autosave_stays(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Start")
    mine = await newsroom.autosave(head, title="Mine")
    theirs = await newsroom.autosave(mine, newsroom.second_author, title="Theirs")
    await newsroom.autosave(theirs, title="Mine again")
    assert await numbers(newsroom, head) == [1, 2, 3, 4]
    # Each is the only trace of somebody's part in the page.
    assert await prune(newsroom, head) == []


async def test_only_what_is_old_enough_goes_and_the_newest_stays(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Start")
    old = await newsroom.autosave(head, title="Old", now=now() - 2 * DAY)
    saved = await newsroom.save(old, title="Saved")
    fresh = await newsroom.autosave(saved, title="Fresh")
    last = await newsroom.save(fresh, title="Last")
    await newsroom.autosave(last, title="On top")
    assert await prune(newsroom, head, DAY) == [old.number]
    assert await prune(newsroom, head, DAY) == []
    assert await prune(newsroom, head) == [fresh.number]
    assert await numbers(newsroom, head) == [1, 3, 5, 6]


async def test_what_was_public_signed_or_reviewed_stays(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Start", slug="page")
    public = await newsroom.autosave(head, title="Public")
    await newsroom.publish(public)
    reviewed = await newsroom.autosave(public, title="Reviewed")
    await newsroom.ask(reviewed)
    signed = await newsroom.autosave(reviewed, title="Signed")
    await newsroom.sign(signed)
    refused = await newsroom.autosave(signed, title="Refused")
    await newsroom.object_to(refused, newsroom.reviewers[1])
    await newsroom.save(refused, title="Last", slug="page")
    assert await prune(newsroom, head) == []
    assert await numbers(newsroom, head) == [1, 2, 3, 4, 5, 6]


async def test_only_administrators_prune(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)
    for actor in (newsroom.author, newsroom.publisher, newsroom.reviewers[0]):
        assert await newsroom.codes(actor, prune_autosaves, entry_id, older_than=NOTHING) == [
            "NOT_ALLOWED"
        ]


# What may happen to a page, and by whose hand.
_AUTHORS = st.integers(0, 2)
VERBS = (
    *("save", "autosave", "autosave", "restore", "restore"),
    *("publish", "publish", "break glass", "prune", "sign"),
)
_PLACES = st.integers(0, 5)
_STEPS = st.tuples(
    st.sampled_from(VERBS),
    _AUTHORS,
    _PLACES,
)


@dataclass
class History:
    """A page's history, with what has been pruned from the database meanwhile.

    Attributes:
        work: the transaction.
        authors: who writes.
        newsroom: who else there is.
        entry_id: the page.
        head: its newest revision.
        saved: every revision that there ever was.
        published: the numbers of those that were public, and not in an emergency.
    """

    work: Work
    authors: Sequence[Actor]
    newsroom: Newsroom
    entry_id: str
    head: Revision
    saved: list[Authored]
    published: set[int]

    def as_(self, actor: Actor) -> Work:
        return replace(self.work, actor=actor)

    async def step(self, verb: str, author: int, place: int) -> None:
        """Let something happen."""
        actor = self.authors[author]
        title = f"Version {len(self.saved)}"
        if verb == "save":
            await self._save(save_draft, actor, draft_of(title=title, slug="page"))
        elif verb == "autosave":
            await self._save(autosave_entry, actor, Changes(title=title))
        elif verb == "restore":
            left = await self.left()
            earlier = left[place % len(left)]
            await self._save(restore_revision, actor, earlier.id)
        elif verb == "publish":
            await self._sign()
            work = self.as_(self.newsroom.publisher)
            made = await publish_entry(work, self.entry_id, revision_id=self.head.id)
            if made.break_glass_reason is None:
                self.published.add(self.head.number)
        elif verb == "break glass":
            await break_glass_publish(
                self.as_(self.newsroom.administrator),
                self.entry_id,
                revision_id=self.head.id,
                reason="Now.",
            )
        elif verb == "sign":
            await self._sign()
        else:
            work = self.as_(self.newsroom.administrator)
            await prune_autosaves(work, self.entry_id, older_than=NOTHING)

    async def left(self) -> Sequence[Revision]:
        """Return the revisions that have not been pruned."""
        found = await self.work.session.scalars(
            select(Revision)
            .where(Revision.edition_id == self.head.edition_id)
            .order_by(Revision.number)
        )
        return found.all()

    async def _sign(self) -> None:
        work = self.as_(self.newsroom.publisher)
        await request_review(work, self.entry_id, base_revision=self.head.id)
        work = self.as_(self.newsroom.reviewers[0])
        await sign_off(work, self.entry_id, digest=self.head.digest)

    async def _save(self, command: Any, actor: Actor, what: object) -> None:
        work = self.as_(actor)
        saved = (await command(work, self.entry_id, what, base_revision=self.head.id)).revision
        if saved.id != self.head.id:
            self.saved.append(
                Authored(saved.number, saved.author_id, saved.byline_id, saved.digest)
            )
        self.head = saved


@settings(max_examples=EXAMPLES // 2)
@given(steps=st.lists(_STEPS, min_size=1, max_size=10))
def test_no_pruning_changes_who_may_sign_off(
    rehearsals: Rehearsals, steps: Sequence[tuple[str, int, int]]
) -> None:
    newsroom = rehearsals.newsroom

    async def attempt(work: Work) -> None:
        created = await create_entry(work, "Article", draft_of(title="Version 0", slug="page"))
        head = created.revision
        history = History(
            work=work,
            authors=(newsroom.author, newsroom.second_author, newsroom.administrator),
            newsroom=newsroom,
            entry_id=created.entry_id,
            head=head,
            saved=[Authored(1, head.author_id, head.byline_id, head.digest)],
            published=set(),
        )
        for verb, author, place in steps:
            await history.step(verb, author, place)
        for revision in await history.left():
            found = await contributors_of(work, revision)
            assert found == contributors(revision.number, history.saved, history.published)

    rehearsals.rehearse(attempt)
