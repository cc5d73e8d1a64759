"""Grounds of publications: why revisions may be public, and the checks of the operator's grounds.

A publication on any other basis than the sign-offs of its policy passes the sign-off gates alone.
It is recorded, attested and shown as what it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import aliased

from cms.authorization.actions import Action
from cms.content.canonical_json import JsonObject
from cms.drafts.loading import EditionKey
from cms.errors import InvalidValue, Refused, UserError, WrongBasis
from cms.hooks import Gate
from cms.publishing.gates import SIGN_OFF_GATES
from cms.publishing.loading import Proposal
from cms.storage.dialects import is_among
from cms.tables import Publication, Revision
from cms.tables.publication import Basis
from cms.work.arguments import check_texts
from cms.work.work import Work


@dataclass(frozen=True, kw_only=True)
class ClaimedReview:
    """A review that another system claims, shown as imported and counted by no gate.

    Attributes:
        reviewers: names of the reviewers, at least one.
        reviewed_on: day of the review, if it is known.
    """

    reviewers: Sequence[str]
    reviewed_on: date | None = None

    def to_json(self) -> JsonObject:
        """Return the claim as a publication keeps it."""
        day = self.reviewed_on.isoformat() if self.reviewed_on is not None else None
        return {"reviewers": [name.strip() for name in self.reviewers], "reviewedOn": day}


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """Why revisions are published.

    Attributes:
        basis: the basis of the publications.
        action: the action that the actor has to be allowed.
        reason: of a publication without sign-offs by an administrator.
        source: system that the revisions were imported from.
        claimed_review: review that this system claims, by entry and locale.
        review_due_at: when a page is due for review here, by entry and locale.
        first_published_at: when that system published a page first, by entry and locale.
    """

    basis: Basis
    action: Action
    reason: str | None = None
    source: str | None = None
    claimed_review: Mapping[EditionKey, ClaimedReview] = field(
        default_factory=lambda: MappingProxyType({})
    )
    review_due_at: Mapping[EditionKey, datetime] = field(
        default_factory=lambda: MappingProxyType({})
    )
    first_published_at: Mapping[EditionKey, datetime] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @property
    def passed_gates(self) -> frozenset[Gate]:
        """The gates that these publications pass without a check."""
        return frozenset() if self.basis == "signed_off" else SIGN_OFF_GATES


SIGNED_OFF = Grounds(basis="signed_off", action=Action.ENTRY_PUBLISH)
SETUP = Grounds(basis="setup", action=Action.ENTRY_PUBLISH_SETUP)


def check_claim(grounds: Grounds, key: EditionKey) -> None:
    """Check the review that an import claims for a page, if it claims one.

    Raises:
        Refused: if it has no reviewer, or a text that cannot be stored.
    """
    claim = grounds.claimed_review.get(key)
    if claim is None:
        return
    check_texts({"claimedReview": claim.to_json()})
    if not claim.reviewers or not all(name.strip() for name in claim.reviewers):
        message = "a claimed review must have the name of a reviewer"
        raise Refused(InvalidValue(message=message, path=("claimedReview",)))


async def errors_of_grounds(
    work: Work, grounds: Grounds, proposals: Mapping[int, Proposal]
) -> Mapping[int, UserError]:
    """Return the reasons why revisions cannot be published on these grounds, by index.

    Raises:
        Refused: if nothing can be published on them here.
    """
    check = _CHECKS.get(grounds.basis)
    return await check(work, proposals) if check is not None else {}


async def _import_errors(work: Work, proposals: Mapping[int, Proposal]) -> Mapping[int, UserError]:
    if not work.site.allow_imported:
        message = "this site does not publish imported pages; have them signed off"
        raise Refused(WrongBasis(message=message))
    published = await _last_publications(work, proposals.values())
    errors: dict[int, UserError] = {}
    for index, each in proposals.items():
        last = published.get(each.edition.id)
        if last is None or (last.basis == "imported" and not last.is_edited):
            continue
        reason = "has revisions by accounts" if last.basis == "imported" else "was published here"
        message = f"{each.entry.id} {reason}; have the import signed off like any other revision"
        errors[index] = WrongBasis(message=message)
    return errors


async def is_new_site(work: Work) -> bool:
    """Return whether no account has published on the site, so that SETUP is allowed."""
    by_account = select(Publication.id).where(Publication.basis.in_(("signed_off", "break_glass")))
    return await work.session.scalar(by_account.limit(1)) is None


async def _setup_errors(work: Work, proposals: Mapping[int, Proposal]) -> Mapping[int, UserError]:
    if not await is_new_site(work):
        message = "the site is not new: accounts have published on it; have this signed off"
        raise Refused(WrongBasis(message=message))
    published = await _last_publications(work, proposals.values())
    return {
        index: WrongBasis(message=f"{each.entry.id} was published here; have it signed off")
        for index, each in proposals.items()
        if each.edition.id in published
    }


_Check: TypeAlias = Callable[[Work, Mapping[int, Proposal]], Awaitable[Mapping[int, UserError]]]
_CHECKS: Mapping[Basis, _Check] = {"imported": _import_errors, "setup": _setup_errors}


@dataclass(frozen=True)
class _LastPublication:
    """The last publication of an edition, and whether an account has saved the edition since."""

    basis: Basis
    is_edited: bool


async def _last_publications(
    work: Work, proposals: Collection[Proposal]
) -> Mapping[str, _LastPublication]:
    """Return the last publication of each edition that was ever public, by the edition's id."""
    public, later = aliased(Revision), aliased(Revision)
    is_edited = (
        select(later.id)
        .where(
            later.edition_id == Publication.edition_id,
            later.number > public.number,
            later.author_id.is_not(None),
        )
        .exists()
    )
    rows = await work.session.execute(
        select(Publication.edition_id, Publication.basis, is_edited)
        .join(public, public.id == Publication.revision_id)
        .where(is_among(Publication.edition_id, [each.edition.id for each in proposals]))
        .order_by(Publication.position)  # of several, the last is kept
    )
    return {edition_id: _LastPublication(basis, edited) for edition_id, basis, edited in rows}
