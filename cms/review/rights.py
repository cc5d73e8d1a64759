"""Rights of reviewers: checked when they judge; what they gave ends when a command takes rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from sqlalchemy import Row, select

from cms.authorization.actions import Action, Allowed, Subject, decide
from cms.authorization.actor import Actor, Grant
from cms.content.canonical_json import Json
from cms.drafts.subjects import ancestries, place_of
from cms.errors import NotAllowed, Refused
from cms.events import ChangeRequestEnded, SignOffEnded
from cms.review.standing import stages_that_apply
from cms.storage.database import ReadSession
from cms.tables import (
    Account,
    ChangeRequest,
    Edition,
    Entry,
    Review,
    Revision,
    RoleGrant,
    SignOff,
)
from cms.work.work import Reading, Work

# Why rights end what was given by them.
RightsEnd: TypeAlias = Literal["role_revoked", "account_disabled"]


@dataclass(frozen=True)
class _Judgement:
    """A sign-off or change request, with what roles are checked against.

    Attributes:
        row: the sign-off or change request.
        entry_id: its entry.
        locale: its edition's locale.
        action: the action that it was.
        subject: the object of the action.
    """

    row: SignOff | ChangeRequest
    entry_id: str
    locale: str
    action: Action
    subject: Subject


async def grants_of(session: ReadSession, account_id: str) -> tuple[Grant, ...]:
    """Return the current grants of an account."""
    rows = await session.execute(
        select(*GRANT_COLUMNS)
        .where(RoleGrant.account_id == account_id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.id)
    )
    return tuple(map(grant_of, rows))


# The columns of a grant, as :func:`grant_of` reads them.
GRANT_COLUMNS = (
    RoleGrant.role,
    RoleGrant.stage,
    RoleGrant.content_type,
    RoleGrant.category_id,
    RoleGrant.locale,
)


def grant_of(row: RoleGrant | Row[*tuple[Any, ...]]) -> Grant:
    """Return the grant of a row of its table, or of one with :data:`GRANT_COLUMNS`."""
    return Grant(
        role=row.role,
        stage=row.stage,
        content_type=row.content_type,
        category_id=row.category_id,
        locale=row.locale,
    )


async def as_judge(work: Work) -> Work:
    """Return the work with the rights that the actor's account has at this moment.

    The account and its grants are locked, so that a command that takes rights away ends before or
    begins after.

    Raises:
        Refused: with :class:`~cms.errors.NotAllowed` if the account is disabled.
    """
    rows = await work.session.execute(
        select(Account.disabled_at, RoleGrant)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(Account.id == work.account_id(), RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.id)
        .with_for_update(read=True)  # of both: a grant that is revoked meanwhile is left out
        .execution_options(populate_existing=True)
    )
    found = rows.all()
    if any(disabled_at is not None for disabled_at, _ in found):
        raise _disabled()
    grants = tuple(grant_of(row) for _, row in found) or await _grants_now(work)
    return replace(work, actor=replace(work.actor, grants=grants))


async def _grants_now(work: Work) -> tuple[Grant, ...]:
    """Return the grants of the actor's account, which has got all of them since, or has none."""
    account = await work.session.scalar(
        select(Account)
        .where(Account.id == work.account_id())
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if account is None or account.disabled_at is not None:
        raise _disabled()
    return await grants_of(work.session, account.id)


def _disabled() -> Refused:
    return Refused(NotAllowed(message="this account is disabled; ask an administrator"))


async def end_unfounded(
    work: Work, account_id: str, grants: Sequence[Grant], cause: RightsEnd
) -> None:
    """Close the sign-offs and change requests of an account for which no right is left.

    Args:
        work: the transaction of the command that takes rights away.
        account_id: the account.
        grants: the grants that are left.
        cause: why they end.
    """
    actor = Actor(account_id=account_id, grants=tuple(grants))
    sign_offs = [
        each
        for each in await _sign_offs(work, account_id)
        if not isinstance(decide(actor, each.action, each.subject, work.site.roles), Allowed)
    ]
    change_requests = [
        each
        for each in await _change_requests(work, account_id)
        if not isinstance(decide(actor, each.action, each.subject, work.site.roles), Allowed)
    ]
    for found in (sign_offs, change_requests):
        await work.close(
            *(each.row for each in found),
            ended_at=work.now,
            ended_by=work.actor.account_id,
            end_cause=cause,
        )
    for each in (*sign_offs, *change_requests):
        event = SignOffEnded if isinstance(each.row, SignOff) else ChangeRequestEnded
        work.emit(event(subject=each.row.id, entry=each.entry_id, locale=each.locale, cause=cause))


async def _sign_offs(work: Work, account_id: str) -> list[_Judgement]:
    rows = await work.session.execute(
        select(SignOff, Entry, Edition, Revision.category_id, Review.stages)
        .join(Edition, Edition.id == SignOff.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == SignOff.revision_id)
        .outerjoin(Review, Review.id == SignOff.review_id)
        .where(SignOff.account_id == account_id, SignOff.ended_at.is_(None))
        .order_by(SignOff.id)
        .with_for_update(of=SignOff)
    )
    found = [
        (row, place_of(entry, edition, category_id), asked_for or [])
        for row, entry, edition, category_id, asked_for in rows
    ]
    above = await ancestries(work, [place.category_in_rights for _, place, _ in found])
    return [
        _Judgement(
            row,
            place.entry_id,
            place.locale,
            Action.REVIEW_SIGN_OFF,
            replace(
                place.subject(above),
                stage=row.stage,
                role=_role_at(work, place.content_type, row.stage, asked_for),
            ),
        )
        for row, place, asked_for in found
    ]


async def _change_requests(work: Work, account_id: str) -> list[_Judgement]:
    rows = await work.session.execute(
        select(ChangeRequest, Entry, Edition, Revision.category_id)
        .join(Edition, Edition.id == ChangeRequest.edition_id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.id == ChangeRequest.revision_id)
        .where(ChangeRequest.account_id == account_id, ChangeRequest.ended_at.is_(None))
        .order_by(ChangeRequest.id)
        .with_for_update(of=ChangeRequest)
    )
    found = [
        (row, place_of(entry, edition, category_id)) for row, entry, edition, category_id in rows
    ]
    above = await ancestries(work, [place.category_in_rights for _, place in found])
    return [
        _Judgement(
            row,
            place.entry_id,
            place.locale,
            Action.REVIEW_REQUEST_CHANGES,
            place.subject(above),
        )
        for row, place in found
    ]


def _role_at(reading: Reading, type_name: str, stage: str, asked_for: Sequence[Json]) -> str | None:
    """Return the role of a stage; ``None`` if neither the review nor today's policy has it."""
    content_type = reading.site.find_stored_type(type_name)
    if content_type is None:
        return None
    stages = stages_that_apply(asked_for, content_type)
    return next((each.role for each in stages if each.name == stage), None)
