"""Which public pages somebody should look at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from cms.commands.lookups import ancestry
from cms.commands.work import Work
from cms.content.difference import difference
from cms.editorial.authorization import Action, Subject
from cms.tables import Link, Publication, Revision, SignOff


@dataclass(frozen=True)
class Due:
    """A public page whose sign-offs run out.

    Attributes:
        publication: the page.
        expires_at: when the first stage's newest sign-off does, or did.
    """

    publication: Publication
    expires_at: datetime


@dataclass(frozen=True)
class Outdated:
    """A public page that leads to one whose content is not what its reviewers saw.

    Attributes:
        publication: the page.
        signed_at: when its newest sign-off was given.
        causes: the publications since then of the pages that it leads to, which say
            something else than what was public before.
    """

    publication: Publication
    signed_at: datetime
    causes: Sequence[Publication]


async def reviews_due(work: Work, within: timedelta) -> list[Due]:
    """Return the public pages whose sign-offs have expired or will soon, the first first.

    Args:
        work: the snapshot and the actor.
        within: how far to look ahead; zero for what has expired.
    """
    stage = (
        select(Publication.id, func.max(SignOff.expires_at).label("expires_at"))
        .join(Revision, Revision.id == Publication.revision_id)
        .join(SignOff, _signs(Publication, Revision))
        .where(Publication.ended_position.is_(None))
        .group_by(Publication.id, SignOff.stage)
        .subquery()
    )
    page = (
        select(stage.c.id, func.min(stage.c.expires_at).label("expires_at"))
        .group_by(stage.c.id)
        .subquery()
    )
    rows = await work.session.execute(
        select(Publication, page.c.expires_at)
        .join(page, page.c.id == Publication.id)
        .where(page.c.expires_at <= work.now + within)
        .order_by(page.c.expires_at, Publication.id)
    )
    return [Due(live, at) for live, at in rows if await _may_read(work, live)]


async def outdated_reviews(work: Work) -> list[Outdated]:
    """Return the public pages that lead to something that has materially changed since."""
    signed = (
        select(Publication.id, func.max(SignOff.signed_at).label("signed_at"))
        .join(Revision, Revision.id == Publication.revision_id)
        .join(SignOff, _signs(Publication, Revision))
        .where(Publication.ended_position.is_(None))
        .group_by(Publication.id)
        .subquery()
    )
    target = aliased(Publication)
    rows = await work.session.execute(
        select(Publication, signed.c.signed_at, target)
        .join(signed, signed.c.id == Publication.id)
        .join(Link, Link.revision_id == Publication.revision_id)
        .join(
            target,
            and_(
                target.entry_id == Link.target_id,
                target.locale == Publication.locale,
                target.published_at > signed.c.signed_at,
                target.entry_id != Publication.entry_id,
            ),
        )
        .order_by(Publication.id, target.position)
        .distinct()
    )
    material: dict[str, bool] = {}
    found: dict[str, Outdated] = {}
    for page, signed_at, cause in rows:
        if cause.id not in material:
            material[cause.id] = await _is_material(work, cause)
        if material[cause.id] and await _may_read(work, page):
            known = found.get(page.id, Outdated(page, signed_at, ()))
            found[page.id] = Outdated(page, signed_at, (*known.causes, cause))
    return list(found.values())


async def _is_material(work: Work, publication: Publication) -> bool:
    """Say whether a publication tells readers something else than the one before it did."""
    before = await work.session.scalar(
        select(Revision)
        .join(Publication, Publication.revision_id == Revision.id)
        .where(
            Publication.edition_id == publication.edition_id,
            Publication.position < publication.position,
        )
        .order_by(Publication.position.desc())
        .limit(1)
    )
    if before is None:
        return False
    revision = await work.session.get_one(Revision, publication.revision_id)
    content_type = work.site.content_type(publication.content_type)
    return difference(content_type, before.content, revision.content).is_material


def _signs(page: type[Publication], revision: type[Revision]) -> ColumnElement[bool]:
    return and_(SignOff.edition_id == page.edition_id, SignOff.digest == revision.digest)


async def _may_read(work: Work, page: Publication) -> bool:
    categories = await ancestry(work, page.category_id)
    return work.may(
        Action.ENTRY_READ, Subject(content_type=page.content_type, categories=categories)
    )
