"""Four eyes: the contributors to a revision.

The rule is here twice, for one revision in Python and for whole lists in SQL; a property of the
tests holds the two together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    SQLColumnExpression,
    and_,
    exists,
    false,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from cms.reading.aliases import word
from cms.storage.dialects import is_among
from cms.tables import EditionContributor, Publication, Revision
from cms.work.work import Reading

_SIGNED_OFF = word("signed_off")
_ZERO: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")


@dataclass(frozen=True)
class Authored:
    """A revision, as far as authorship goes.

    Attributes:
        number: its number within its edition.
        author_id: the account that saved it; ``None`` for the operator.
        byline_id: the person whose byline is on it; ``None`` without one.
        digest: its digest.
    """

    number: int
    author_id: str | None
    byline_id: str | None
    digest: str

    def contributors(self) -> frozenset[str]:
        """Return its account and its person."""
        return frozenset(each for each in (self.author_id, self.byline_id) if each is not None)


def contributors(
    number: int,
    revisions: Iterable[Authored],
    published: Iterable[int],
    inherited: Iterable[str] = (),
) -> frozenset[str]:
    """Return the accounts and persons whose work is in revision ``number``.

    None of them may sign it off. They are the authors of all revisions since the one that was
    published before it. That the revision itself may have been public does not make its authors
    strangers to it. Where something older than that publication, which was never public, has come
    back since, its authors came back with it, and the publication before counts.

    Args:
        number: the revision in question.
        revisions: all revisions of the edition.
        published: the numbers of those that were ever public with complete sign-offs; reviewers
            read none of the other publications.
        inherited: the contributors to the text with which the edition began.
    """
    saved = [each for each in revisions if each.number <= number]
    earlier = {each for each in published if each < number}
    shown = {each.digest for each in saved if each.number in earlier}
    bases = (each for each in earlier if not _comes_back(saved, each, shown))
    base = max(bases, default=0)
    since = (each.contributors() for each in saved if base < each.number)
    authors = frozenset[str]().union(*since)
    return authors if base else authors.union(inherited)


def _comes_back(saved: Iterable[Authored], base: int, shown: AbstractSet[str]) -> bool:
    """Return whether a draft of before ``base`` has been restored after it."""
    before = {each.digest for each in saved if each.number < base} - shown
    return any(each.digest in before for each in saved if each.number > base)


async def contributors_of(reading: Reading, revision: Revision) -> frozenset[str]:
    """Return the accounts and persons whose work is in the revision."""
    return (await contributors_among(reading, [revision]))[revision.id]


async def contributors_among(
    reading: Reading, revisions: Collection[Revision]
) -> Mapping[str, frozenset[str]]:
    """Return the accounts and persons whose work is in revisions, by the revision's id."""
    if not revisions:
        return {}
    authored: defaultdict[str, list[Authored]] = defaultdict(list)
    published: defaultdict[str, list[int]] = defaultdict(list)
    inherited: defaultdict[str, list[str]] = defaultdict(list)
    rows = await reading.session.execute(_facts_of({each.edition_id for each in revisions}))
    for edition_id, number, author_id, byline_id, digest, is_reviewed in rows:
        if number is None:
            inherited[edition_id].append(author_id)
            continue
        authored[edition_id].append(Authored(number, author_id, byline_id, digest))
        if is_reviewed:
            published[edition_id].append(number)
    return {
        each.id: contributors(
            each.number,
            authored[each.edition_id],
            published[each.edition_id],
            inherited[each.edition_id],
        )
        for each in revisions
    }


def _facts_of(edition_ids: Collection[str]) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the revisions of editions, and without a number those who contributed before."""
    reviewed = select(Publication.id).where(
        Publication.revision_id == Revision.id, was_reviewed(Publication)
    )
    saved = select(
        *(Revision.edition_id, Revision.number, Revision.author_id, Revision.byline_id),
        *(Revision.digest, exists(reviewed)),
    ).where(is_among(Revision.edition_id, edition_ids))
    begun = select(
        *(EditionContributor.edition_id, null(), EditionContributor.contributor_id, null()),
        *(null(), false()),
    ).where(is_among(EditionContributor.edition_id, edition_ids))
    return union_all(saved, begun)


def was_reviewed(publication: type[Publication]) -> ColumnElement[bool]:
    """Return whether a publication had complete sign-offs."""
    return publication.basis == _SIGNED_OFF


def is_contributor(
    edition_id: ColumnElement[Any],
    number: ColumnElement[Any],
    account_id: SQLColumnExpression[Any],
    person_id: SQLColumnExpression[Any],
) -> ColumnElement[bool]:
    """Return whether :func:`contributors` names an account or a person, as a condition."""
    public, saved = aliased(Revision), aliased(Revision)
    base = (
        select(public.number)
        .join(Publication, Publication.revision_id == public.id)
        .where(
            public.edition_id == edition_id,
            public.number < number,
            was_reviewed(Publication),
            not_(_has_come_back(edition_id, number, public.number)),
        )
        .order_by(public.number.desc())
        .limit(_ONE)
        .scalar_subquery()
    )
    authored = select(saved.id).where(
        saved.edition_id == edition_id,
        saved.number > func.coalesce(base, _ZERO),
        saved.number <= number,
        or_(saved.author_id == account_id, saved.byline_id == person_id),
    )
    inherited = select(EditionContributor.contributor_id).where(
        EditionContributor.edition_id == edition_id,
        EditionContributor.contributor_id.in_((account_id, person_id)),
        base.is_(None),
    )
    return or_(exists(authored), exists(inherited))


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
            was_reviewed(Publication),
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
