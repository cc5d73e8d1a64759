"""Four eyes: whose work a revision is.

The rule is here twice, for one revision in Python and for whole lists in SQL; a property of the
tests holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    SQLColumnExpression,
    and_,
    func,
    literal_column,
    not_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from cms.tables import EditionContributor, Publication, Revision
from cms.work.work import Reading


@dataclass(frozen=True)
class Authored:
    """A revision's number within its edition, the account that saved it, and its digest."""

    number: int
    author_id: str
    digest: str


def contributors(
    number: int,
    revisions: Iterable[Authored],
    published: Iterable[int],
    inherited: Iterable[str] = (),
) -> frozenset[str]:
    """Return the accounts whose work is in revision ``number``: none of them may sign it off.

    They are the authors of all revisions since the one that was published before it. That
    the revision itself may have been public does not make its authors strangers to it. Where
    something older than that publication, which was never public, has come back since, its
    authors came back with it, and the publication before counts.

    Args:
        number: the revision in question.
        revisions: all revisions of the edition.
        published: the numbers of those that were ever public with the sign-offs that they
            needed; a break-glass publication was read by no reviewer.
        inherited: the accounts with whose text the edition began.
    """
    saved = [each for each in revisions if each.number <= number]
    earlier = {each for each in published if each < number}
    shown = {each.digest for each in saved if each.number in earlier}
    bases = (each for each in earlier if not _comes_back(saved, each, shown))
    base = max(bases, default=0)
    authors = frozenset(each.author_id for each in saved if base < each.number)
    return authors if base else authors.union(inherited)


def _comes_back(saved: Iterable[Authored], base: int, shown: AbstractSet[str]) -> bool:
    """Return whether a draft of before ``base`` has been restored after it."""
    before = {each.digest for each in saved if each.number < base} - shown
    return any(each.digest in before for each in saved if each.number > base)


async def contributors_of(reading: Reading, revision: Revision) -> frozenset[str]:
    """Return the accounts whose work is in the revision."""
    saved = await reading.session.execute(
        select(Revision.number, Revision.author_id, Revision.digest).where(
            Revision.edition_id == revision.edition_id
        )
    )
    published = await reading.session.scalars(
        select(Revision.number)
        .join(Publication, Publication.revision_id == Revision.id)
        .where(
            Revision.edition_id == revision.edition_id,
            Publication.break_glass_reason.is_(None),
        )
    )
    inherited = await reading.session.scalars(
        select(EditionContributor.account_id).where(
            EditionContributor.edition_id == revision.edition_id
        )
    )
    authored = [Authored(*row) for row in saved]
    return contributors(revision.number, authored, published, inherited)


def contributor_ids(
    edition_id: ColumnElement[Any], number: ColumnElement[Any]
) -> CompoundSelect[Any]:
    """Return the ids of the accounts that :func:`contributors` names, as a query."""
    public, saved = aliased(Revision), aliased(Revision)
    base = (
        select(public.number)
        .join(Publication, Publication.revision_id == public.id)
        .where(
            public.edition_id == edition_id,
            public.number < number,
            Publication.break_glass_reason.is_(None),
            not_(_has_come_back(edition_id, number, public.number)),
        )
        .order_by(public.number.desc())
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    authors = select(saved.author_id).where(
        saved.edition_id == edition_id,
        saved.number > func.coalesce(base, literal_column("0")),
        saved.number <= number,
    )
    inherited = select(EditionContributor.account_id).where(
        EditionContributor.edition_id == edition_id, base.is_(None)
    )
    return union_all(authors, inherited)


def _has_come_back(
    edition_id: ColumnElement[Any], number: ColumnElement[Any], base: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """Return whether a draft of before a publication has been restored after it."""
    before, since, public = aliased(Revision), aliased(Revision), aliased(Revision)
    shown = (
        select(public.digest)
        .join(Publication, Publication.revision_id == public.id)
        .where(
            public.edition_id == edition_id,
            public.number < number,
            Publication.break_glass_reason.is_(None),
        )
    )
    return (
        select(since.id)
        .join(before, and_(before.edition_id == edition_id, before.digest == since.digest))
        .where(
            since.edition_id == edition_id,
            since.number > base,
            since.number <= number,
            before.number < base,
            before.digest.not_in(shown),
        )
        .exists()
    )
