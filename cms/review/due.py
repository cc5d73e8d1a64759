"""Due reviews: public pages that reviewers should read again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from cms.authorization.actions import Action, Subject
from cms.comparison.difference import difference
from cms.content.policy import Stage
from cms.drafts.loading import ancestry
from cms.reading.visibility import is_public_now
from cms.tables import Link, Publication, Revision, SignOff
from cms.work.work import Reading


@dataclass(frozen=True)
class Due:
    """A public page that lacks a sign-off that holds, or soon will.

    Attributes:
        publication: the page.
        expires_at: from when; what was published without has been due ever since.
        signers: the accounts that have signed off what it shows.
    """

    publication: Publication
    expires_at: datetime
    signers: frozenset[str]


@dataclass(frozen=True)
class Outdated:
    """A public page that leads to one whose content is not what its reviewers saw.

    Attributes:
        publication: the page.
        signers: the accounts that have signed off what it shows.
        causes: what is public now of the pages that it leads to, and says something else than
            what was public when the page was signed off.
    """

    publication: Publication
    signers: frozenset[str]
    causes: Sequence[Publication]


async def reviews_due(reading: Reading, within: timedelta) -> list[Due]:
    """Return the public pages whose sign-offs have expired or will soon, the first first.

    Args:
        reading: the snapshot and the actor.
        within: how far to look ahead; zero for what has expired.
    """
    limit = reading.now + within
    pages = await _pages_with_expiring(reading, limit)
    signed = await _signatures(reading, [page.id for page in pages])
    due = (_due(reading, page, signed[page.id]) for page in pages)
    found = [each for each in due if each.expires_at <= limit]
    seen = [each for each in found if await _may_read(reading, each.publication)]
    return sorted(seen, key=lambda each: (each.expires_at, each.publication.id))


async def outdated_reviews(reading: Reading) -> list[Outdated]:
    """Return the public pages that lead to something that has materially changed since."""
    found: dict[str, Outdated] = {}
    for page, before, cause in await _changed_targets(reading):
        if not await _is_material(reading, before, cause) or not await _may_read(reading, page):
            continue
        known = found.get(page.id, Outdated(page, frozenset(), ()))
        found[page.id] = replace(known, causes=(*known.causes, cause))
    signed = await _signatures(reading, list(found))
    return [
        replace(each, signers=frozenset(one.account_id for one in signed[identifier]))
        for identifier, each in found.items()
    ]


async def _pages_with_expiring(reading: Reading, limit: datetime) -> Sequence[Publication]:
    """Return the public pages of which a sign-off runs out until then, or that have none."""
    signs = _signs(Publication, Revision)
    running_out = exists().where(signs, SignOff.expires_at <= limit)
    found = await reading.session.scalars(
        select(Publication)
        .join(Revision, Revision.id == Publication.revision_id)
        .where(is_public_now(Publication), or_(running_out, not_(exists().where(signs))))
    )
    return found.all()


async def _signatures(
    reading: Reading, publication_ids: Sequence[str]
) -> Mapping[str, Sequence[SignOff]]:
    """Return the sign-offs on what pages show, by the ids of their publications."""
    signed: dict[str, list[SignOff]] = defaultdict(list)
    for start in range(0, len(publication_ids), _BATCH):
        rows = await reading.session.execute(
            select(Publication.id, SignOff)
            .join(Revision, Revision.id == Publication.revision_id)
            .join(SignOff, _signs(Publication, Revision))
            .where(Publication.id.in_(publication_ids[start : start + _BATCH]))
        )
        for identifier, sign_off in rows:
            signed[identifier].append(sign_off)
    return signed


_BATCH = 500


def _due(reading: Reading, page: Publication, signed: Sequence[SignOff]) -> Due:
    stages = reading.site.content_type(page.content_type).policy.stages
    return Due(
        publication=page,
        expires_at=min(_holds_until(stage, signed, page.published_at) for stage in stages),
        signers=frozenset(each.account_id for each in signed),
    )


def _holds_until(stage: Stage, signed: Iterable[SignOff], published_at: datetime) -> datetime:
    """Return until when as many people as the stage asks for have signed off."""
    latest: dict[str, datetime] = {}
    for each in signed:
        if each.stage == stage.name:
            before = latest.get(each.account_id, each.expires_at)
            latest[each.account_id] = max(before, each.expires_at)
    in_order = sorted(latest.values(), reverse=True)
    return in_order[stage.approvals - 1] if len(in_order) >= stage.approvals else published_at


async def _changed_targets(reading: Reading) -> Sequence[tuple[Publication, str, Publication]]:
    """Return pages with what they lead to: the revision that was public when they were signed
    off, and what is public by now, where that is another.
    """
    stage = (
        select(Publication.id, func.max(SignOff.signed_at).label("signed_at"))
        .join(Revision, Revision.id == Publication.revision_id)
        .join(SignOff, _signs(Publication, Revision))
        .where(is_public_now(Publication))
        .group_by(Publication.id, SignOff.stage)
        .subquery()
    )
    signed = (
        select(stage.c.id, func.min(stage.c.signed_at).label("signed_at"))
        .group_by(stage.c.id)
        .subquery()
    )
    now, then = aliased(Publication), aliased(Publication)
    rows = await reading.session.execute(
        select(Publication, then.revision_id, now)
        .join(signed, signed.c.id == Publication.id)
        .join(Link, Link.revision_id == Publication.revision_id)
        .join(
            now,
            and_(
                now.entry_id == Link.target_id,
                now.locale == Publication.locale,
                is_public_now(now),
                now.published_at > signed.c.signed_at,
                now.entry_id != Publication.entry_id,
            ),
        )
        .join(
            then,
            and_(
                then.edition_id == now.edition_id,
                then.published_at <= signed.c.signed_at,
                then.ended_at > signed.c.signed_at,
                then.revision_id != now.revision_id,
            ),
        )
        .order_by(Publication.id, now.position)
        .distinct()
    )
    return [(page, before, cause) for page, before, cause in rows]


async def _is_material(reading: Reading, before: str, publication: Publication) -> bool:
    """Return whether a publication differs for readers from an earlier revision."""
    old = await reading.session.get_one(Revision, before)
    new = await reading.session.get_one(Revision, publication.revision_id)
    content_type = reading.site.content_type(publication.content_type)
    return difference(content_type, old.content, new.content).is_material


def _signs(page: type[Publication], revision: type[Revision]) -> ColumnElement[bool]:
    return and_(SignOff.edition_id == page.edition_id, SignOff.digest == revision.digest)


async def _may_read(reading: Reading, page: Publication) -> bool:
    categories = await ancestry(reading, page.category_id)
    return reading.may(
        Action.ENTRY_READ, Subject(content_type=page.content_type, categories=categories)
    )
