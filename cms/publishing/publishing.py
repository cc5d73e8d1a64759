"""Publishing and unpublishing."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cms.authorization.actions import Action
from cms.content.builtin import CATEGORY, PERSON
from cms.drafts.loading import (
    EditionKey,
    Held,
    ancestries_beside,
    authorise_in,
    held_in,
    hold_all,
    refuse_archived,
)
from cms.errors import InvalidValue, Refused, UserError
from cms.ledger.counters import wait_for_turn
from cms.publishing.assessing import Assessed, Assessment, assess
from cms.publishing.deciding import Errors, refuse_failing
from cms.publishing.gates import checks
from cms.publishing.grounds import (
    SETUP,
    SIGNED_OFF,
    ClaimedReview,
    Grounds,
    check_claim,
    errors_of_grounds,
)
from cms.publishing.loading import Proposal, proposals_of
from cms.publishing.opening import begin_publications
from cms.review.reviews import check_reason
from cms.tables import Publication
from cms.work.bulk import Batch, Mode, NoneDone, Outcome, alone, check_items, check_once
from cms.work.work import Work, command


@dataclass(frozen=True, kw_only=True)
class PublishItem:
    """A revision of one edition to publish.

    Attributes:
        entry_id: the entry.
        revision_id: the revision; it need not be the newest.
        locale: the edition; by default the site's default locale.
    """

    entry_id: str
    revision_id: str
    locale: str | None = None


@dataclass(frozen=True, kw_only=True)
class ImportedItem(PublishItem):
    """An imported revision of one edition to publish.

    Attributes:
        claimed_review: what the system that it comes from says of its review.
        review_due_at: when the page is due for review here; without a date, at once.
        first_published_at: when that system published the page first, if it says so and the page
            was not public here before.
    """

    claimed_review: ClaimedReview | None = None
    review_due_at: datetime | None = None
    first_published_at: datetime | None = None


@command(Action.ENTRY_PUBLISH)
async def publish_entry(
    work: Work, entry_id: str, *, revision_id: str, locale: str | None = None
) -> Publication:
    """Make a revision public in place of the one that is, and return the publication.

    Publishing what is public already changes nothing.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        revision_id: the revision to publish; it need not be the newest.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not, or with everything that every failing gate has to say.
    """
    item = PublishItem(entry_id=entry_id, revision_id=revision_id, locale=locale)
    return await alone(_publish(work, [item], "all", SIGNED_OFF))


@command(Action.ENTRY_PUBLISH)
async def publish_entries(
    work: Work, items: Sequence[PublishItem], *, mode: Mode = "all"
) -> Sequence[Outcome[Publication]]:
    """Publish many revisions together; return an outcome for each, in their order.

    Those that link to each other are published together. If each is refused by itself, one that
    needs another, which is refused, is refused too.

    Args:
        work: the transaction and the actor.
        items: the revisions, at most 1,000.
        mode: whether all are refused when one is, or each by itself.

    Raises:
        Refused: if there are too many items, or an edition twice; with
            :class:`~cms.work.bulk.NoneDone` if one is refused, and all are to be then.
    """
    check_items(items, work.site.default_locale)
    return await _publish(work, items, mode, SIGNED_OFF)


@command(Action.ENTRY_BREAK_GLASS)
async def break_glass_publish(
    work: Work, entry_id: str, *, revision_id: str, reason: str, locale: str | None = None
) -> Publication:
    """Make a revision public without the sign-offs that it lacks, and return the publication.

    Every other gate still stands. The reason is public for as long as the revision is.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        revision_id: the revision to publish.
        reason: why this cannot wait for a reviewer.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not, gives no reason, or another gate fails.
    """
    work.account_id()  # a reason is an account's, and never the operator's
    grounds = Grounds(
        basis="break_glass", action=Action.ENTRY_BREAK_GLASS, reason=check_reason(reason)
    )
    item = PublishItem(entry_id=entry_id, revision_id=revision_id, locale=locale)
    return await alone(_publish(work, [item], "all", grounds))


@command(Action.ENTRY_PUBLISH)
async def publish_together(
    work: Work, revisions: Mapping[str, str], *, locale: str | None = None
) -> Sequence[Publication]:
    """Publish revisions of several entries at once: entries that link each other have to.

    Args:
        work: the transaction and the actor.
        revisions: the id of the revision to publish, by the id of its entry.
        locale: the editions; by default the site's default locale.

    Raises:
        Refused: as for one entry; the path of every error begins with the entry's id.
    """
    return await _publish_together(work, revisions, locale, SIGNED_OFF)


@command(Action.ENTRY_PUBLISH_IMPORTED)
async def publish_imported(
    work: Work,
    revisions: Mapping[str, str],
    *,
    source: str,
    claimed_review: Mapping[str, ClaimedReview] | None = None,
    review_due_at: Mapping[str, datetime] | None = None,
    locale: str | None = None,
) -> Sequence[Publication]:
    """Publish imported revisions without sign-offs, all at once; the operator's alone.

    Every other gate is checked. Readers see the source, and the claimed review as imported, for as
    long as the revisions are public.

    Args:
        work: the transaction and the operator.
        revisions: the id of the revision to publish, by the id of its entry.
        source: the system that they come from, in words for readers.
        claimed_review: what that system says of its review, by the id of the entry.
        review_due_at: when a page is due for review here, by the id of the entry; without a
            date, at once.
        locale: the editions; by default the site's default locale.

    Raises:
        Refused: if the actor is not the operator, the site forbids it, an edition was published
            here on another basis or has a revision by an account since, or another gate fails.
    """
    claims, due_at = claimed_review or {}, review_due_at or {}
    for entry_id in {*claims, *due_at} - revisions.keys():
        message = f"{entry_id} is not among the entries to publish"
        raise Refused(InvalidValue(message=message, path=(entry_id,)))
    items = [
        ImportedItem(
            entry_id=entry_id,
            revision_id=revisions[entry_id],
            locale=locale,
            claimed_review=claims.get(entry_id),
            review_due_at=due_at.get(entry_id),
        )
        for entry_id in sorted(revisions)
    ]
    return await _by_entry(items, _publish_imported(work, items, "all", source))


@command(Action.ENTRY_PUBLISH_IMPORTED)
async def publish_imported_entries(
    work: Work, items: Sequence[ImportedItem], *, source: str, mode: Mode = "all"
) -> Sequence[Outcome[Publication]]:
    """Publish any number of imported revisions together, without sign-offs; the operator's alone.

    Every other gate is checked. Return an outcome for each, in their order. If each is refused by
    itself, one that needs another, which is refused, is refused too.

    Args:
        work: the transaction and the operator.
        items: the revisions, with what is known of their reviews.
        source: the system that they come from, in words for readers.
        mode: whether all are refused when one is, or each by itself.

    Raises:
        Refused: if the actor is not the operator, or the site forbids it; with
            :class:`~cms.work.bulk.NoneDone` if one is refused, and all are to be then.
    """
    return await _publish_imported(work, items, mode, source)


async def _publish_imported(
    work: Work, items: Sequence[ImportedItem], mode: Mode, source: str
) -> list[Outcome[Publication]]:
    words = source.strip()
    if not words:
        message = "the source is empty; name the system that the pages come from"
        raise Refused(InvalidValue(message=message, path=("source",)))
    check_once(items, work.site.default_locale)
    keys = [(each.entry_id, each.locale or work.site.default_locale) for each in items]
    grounds = Grounds(
        basis="imported",
        action=Action.ENTRY_PUBLISH_IMPORTED,
        source=words,
        claimed_review={
            key: each.claimed_review
            for key, each in zip(keys, items, strict=True)
            if each.claimed_review is not None
        },
        review_due_at={
            key: each.review_due_at
            for key, each in zip(keys, items, strict=True)
            if each.review_due_at is not None
        },
        first_published_at={
            key: each.first_published_at
            for key, each in zip(keys, items, strict=True)
            if each.first_published_at is not None
        },
    )
    return await _publish(work, items, mode, grounds)


@command(Action.ENTRY_PUBLISH_SETUP)
async def publish_setup(
    work: Work, revisions: Mapping[str, str], *, locale: str | None = None
) -> Sequence[Publication]:
    """Publish the first content of a new site without sign-offs, all at once; the operator's alone.

    A site is new until an account has published on it: while it has no publication with sign-offs
    or by an administrator without them. Only editions that were never public here are accepted.
    Every gate but those of the sign-offs is checked.

    Args:
        work: the transaction and the operator.
        revisions: the id of the revision to publish, by the id of its entry.
        locale: the editions; by default the site's default locale.

    Raises:
        Refused: if the actor is not the operator, the site is not new, an edition was published
            here before, or another gate fails.
    """
    return await _publish_together(work, revisions, locale, SETUP)


async def _publish_together(
    work: Work, revisions: Mapping[str, str], locale: str | None, grounds: Grounds
) -> list[Publication]:
    items = [
        PublishItem(entry_id=entry_id, revision_id=revisions[entry_id], locale=locale)
        for entry_id in sorted(revisions)
    ]
    return await _by_entry(items, _publish(work, items, "all", grounds))


async def _by_entry(
    items: Sequence[PublishItem], publishing: Awaitable[Sequence[Outcome[Publication]]]
) -> list[Publication]:
    """Return the publications of several entries; the paths of errors begin with the entry's id."""
    try:
        outcomes = await publishing
    except NoneDone as refused:
        raise Refused(
            *(
                replace(error, path=(item.entry_id, *error.path)) if len(items) > 1 else error
                for item, each in zip(items, refused.outcomes, strict=True)
                for error in each.errors
            )
        ) from None
    return [each.result for each in outcomes if each.result is not None]


async def _publish(
    work: Work, items: Sequence[PublishItem], mode: Mode, grounds: Grounds
) -> list[Outcome[Publication]]:
    # Whoever publishes waits here, so what the gates see stays true until the commit; and the
    # order of times is that of positions.
    work = await work.in_turn()
    batch = Batch(items, mode, work.site.default_locale)
    batch.decide(batch.open(), lambda index, _: check_claim(grounds, batch.keys[index]))
    proposals = await _propose(work, batch, grounds.action)
    if any(each.content_type.name == PERSON for each in proposals.values()):
        await wait_for_turn(work.session, "people")
    new = {index: each for index, each in proposals.items() if not each.is_live}
    for index, error in (await errors_of_grounds(work, grounds, new) if new else {}).items():
        batch.refuse(index, error)
    # All errors of all gates are told, if all are refused when one is.
    checked = proposals if mode == "all" else batch.still(proposals)
    assessed = await _check(work, batch, checked, grounds)
    batch.settle()
    kept = batch.still(assessed)
    public = {
        index: each.proposal.live
        for index, each in kept.items()
        if each.proposal.live is not None and each.proposal.is_live
    }
    opened = {index: each for index, each in kept.items() if index not in public}
    if opened:
        public |= await begin_publications(work, opened, grounds)
    return batch.outcomes(public)


async def _propose(work: Work, batch: Batch[PublishItem], action: Action) -> dict[int, Proposal]:
    found = await hold_all(work, batch.keys)

    def check(index: int, _: PublishItem) -> Held:
        held = held_in(found, batch.keys[index])
        # Whoever may not publish here at all learns nothing about revisions.
        authorise_in(work, {}, action, held)
        return held

    held = batch.decide(batch.open(), check)
    loaded = await proposals_of(
        work, [(each, batch.items[index].revision_id) for index, each in held.items()]
    )
    proposals = batch.decide(dict(zip(held, loaded, strict=True)), lambda _, each: _found(each))
    categories = {index: _categories(each) for index, each in proposals.items()}
    above = await ancestries_beside(
        [(held[index], each) for index, each in categories.items()], work
    )

    def authorise(index: int, others: Collection[str | None]) -> None:
        authorise_in(work, above, action, held[index], *others)
        refuse_archived(held[index])

    batch.decide(categories, authorise)
    return batch.still(proposals)


def _found(proposal: Proposal | Refused) -> Proposal:
    if isinstance(proposal, Refused):
        raise proposal
    return proposal


def _categories(proposal: Proposal) -> Collection[str | None]:
    """Return the categories of a revision and of the one that it replaces."""
    replaced = {proposal.live.category_id} if proposal.live is not None else set()
    return {proposal.revision.category_id, *replaced}


async def _check(
    work: Work, batch: Batch[PublishItem], proposals: Mapping[int, Proposal], grounds: Grounds
) -> dict[int, Assessed]:
    """Refuse the proposals of which a gate fails, and return the facts about the others."""
    if not proposals:
        return {}
    gates = _Gates(work, proposals, await assess(work, list(proposals.values())), grounds)
    await refuse_failing(batch, proposals.keys(), gates)
    kept = batch.still(proposals)
    if batch.mode == "each" and len(kept) < len(proposals):
        await gates.errors(kept, kept)  # which were also checked together with others
    return batch.still(gates.assessed)


class _Gates:
    """The rules for proposals: each gate is open, and none has the path or slug of another.

    Args:
        work: the transaction and the actor.
        proposals: the proposals by index.
        assessment: their facts.
        grounds: what they are published on.

    Attributes:
        assessed: the facts about each of them, when it was checked last.
    """

    def __init__(
        self,
        work: Work,
        proposals: Mapping[int, Proposal],
        assessment: Assessment,
        grounds: Grounds,
    ) -> None:
        self.assessed: dict[int, Assessed] = {}
        self._work, self._proposals = work, proposals
        self._assessment, self._grounds = assessment, grounds
        self._indexes = {each.key: index for index, each in proposals.items()}
        self._dependents: Mapping[str, Collection[EditionKey]] = {}
        # What moves with categories that are published as well.
        self._in_tree = {
            index
            for index, each in proposals.items()
            if assessment.tree is not None
            and (each.content_type.name == CATEGORY or each.content_type.stands_in_category())
        }

    async def errors(self, together: Collection[int], wanted: Collection[int]) -> Errors:
        """Return why proposals cannot be published together with others."""
        assessed = await self._assessment.assessed(self._keys(together), self._keys(wanted))
        self.assessed |= {self._indexes[key]: each for key, each in assessed.items()}
        return self._failing(assessed)

    async def errors_at_best(self, together: Collection[int], wanted: Collection[int]) -> Errors:
        """Return why proposals cannot be published whichever of the others are refused."""
        keys = self._keys(together), self._keys(wanted)
        return self._failing(await self._assessment.assessed_at_best(*keys))

    def dependents(self, refused: Collection[int]) -> Collection[int]:
        """Return the proposals whose facts can change when some are refused."""
        if any(self._proposals[index].content_type.name == CATEGORY for index in refused):
            return self._proposals.keys()  # the paths of all can change
        self._dependents = self._dependents or self._assessment.dependents()
        return {
            self._indexes[key]
            for index in refused
            for each in [self._proposals[index]]
            for name in (each.entry.id, each.edition.id)
            for key in self._dependents.get(name, ())
        } | self._in_tree

    def _keys(self, indexes: Collection[int]) -> list[EditionKey]:
        return [self._proposals[index].key for index in sorted(indexes)]

    def _failing(self, assessed: Mapping[EditionKey, Assessed]) -> Errors:
        found = {self._indexes[key]: self._errors(each) for key, each in assessed.items()}
        return {index: errors for index, errors in found.items() if errors}

    def _errors(self, assessed: Assessed) -> list[UserError]:
        errors = [
            error
            for check in checks(assessed.candidate, self._work.site.gates)
            if check.gate not in self._grounds.passed_gates
            for error in check.errors
        ]
        return [*errors, *assessed.rivals]
