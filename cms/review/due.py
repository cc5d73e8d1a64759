"""Due reviews: public pages that reviewers should read again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, select, tuple_
from sqlalchemy.orm import aliased

from cms.comparison.difference import is_materially_different
from cms.content.canonical_json import JsonObject
from cms.reading.periods import counts_now, is_public_now
from cms.reading.scopes import Subjects, may_read
from cms.storage.dialects import is_among
from cms.tables import Link, Publication, PublicationSignOff, Revision, SignOff
from cms.work.work import Reading

# The most pages that are returned at once, and that are looked at.
MOST = 100
_BATCH = 200
# The pairs of contents that are compared at once.
_CONTENTS = 20


@dataclass(frozen=True)
class Due:
    """A public page that lacks a sign-off that holds, or soon will.

    Attributes:
        publication: the page.
        expires_at: the time from which a stage has too few sign-offs; for a page that was not
            published on sign-offs, the time from which reviewers should read it.
        signers: the accounts whose sign-offs count for the page.
    """

    publication: Publication
    expires_at: datetime
    signers: frozenset[str]

    @property
    def place(self) -> tuple[datetime, str]:
        """The place among pages that are due."""
        return self.expires_at, self.publication.id


@dataclass(frozen=True)
class Outdated:
    """A public page that leads to one whose content is not what its reviewers saw.

    Attributes:
        publication: the page.
        signers: the accounts whose sign-offs count for the page.
        causes: what is public now of the pages that it leads to, and says something else than
            what was public when the page was signed off; the newest last.
    """

    publication: Publication
    signers: frozenset[str]
    causes: Sequence[Publication]

    @property
    def place(self) -> tuple[int, str]:
        """The place among outdated pages: that of their newest cause."""
        return self.causes[-1].position, self.publication.revision_id


async def reviews_due(
    reading: Reading,
    within: timedelta,
    *,
    first: int = MOST,
    after: tuple[datetime, str] | None = None,
    signed_by: str | None = None,
) -> list[Due]:
    """Return the public pages whose sign-offs have expired or will soon, the first first.

    Args:
        reading: the snapshot and the actor.
        within: how far to look ahead; zero for what has expired.
        first: the most pages to return.
        after: the place after which they come; ``None`` for the beginning.
        signed_by: only pages for which sign-offs of this account count.
    """
    found = await reading.session.scalars(
        select(Publication)
        .where(
            is_public_now(Publication),
            Publication.due_at <= reading.now + within,
            _may_read(reading),
            *_is_signed_by(signed_by),
            *([tuple_(Publication.due_at, Publication.id) > after] if after else []),
        )
        .order_by(Publication.due_at, Publication.id)
        .limit(first)
    )
    pages = found.all()
    signers = await _signers_of(reading, [page.id for page in pages])
    return [Due(page, page.due_at or page.published_at, signers[page.id]) for page in pages]


async def outdated_reviews(
    reading: Reading,
    *,
    first: int = MOST,
    after: tuple[int, str] | None = None,
    signed_by: str | None = None,
) -> list[Outdated]:
    """Return the public pages that lead to something that has materially changed since.

    Those that lead to the newest change come first.

    Args:
        reading: the snapshot and the actor.
        first: the most pages to return.
        after: the place after which they come; ``None`` for the beginning.
        signed_by: only pages for which sign-offs of this account count.
    """
    found: list[Outdated] = []
    differences = _Differences(reading)
    size = min(first, _BATCH)
    while len(found) < first:
        places = await _changed_links(reading, after, size, signed_by)
        pages = await _outdated_among(reading, {revision_id for _, revision_id in places})
        await differences.compare(pages.values())
        # A page can lead to another several times.
        for place in dict.fromkeys(places):
            page = pages.get(place[1])
            causes = [] if page is None else differences.material(page)
            if page is not None and causes and causes[-1].position == place[0]:
                found.append(Outdated(page.publication, frozenset(), causes))
            if len(found) == first:
                break
        if len(places) < size:
            break
        # Few of them may say something else to readers.
        after, size = places[-1], _BATCH
    signers = await _signers_of(reading, [each.publication.id for each in found])
    return [replace(each, signers=signers[each.publication.id]) for each in found]


@dataclass
class _Changed:
    """A public page, and what it leads to that has changed since it was reviewed.

    Attributes:
        publication: the page.
        targets: the revision that its reviewers saw, and what is public by now, of each.
    """

    publication: Publication
    targets: list[tuple[str, Publication]] = field(default_factory=list)


class _Differences:
    """Compares what was public with what is; each pair once, however many pages lead to it."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[tuple[str, str], bool] = {}

    async def compare(self, pages: Iterable[_Changed]) -> None:
        """Compare the targets of pages, whose contents are read some at a time."""
        new = {
            (before, now.revision_id): now.content_type
            for page in pages
            for before, now in page.targets
            if (before, now.revision_id) not in self._known
        }
        pairs = list(new.items())
        for start in range(0, len(pairs), _CONTENTS):
            some = dict(pairs[start : start + _CONTENTS])
            contents = await self._contents({each for pair in some for each in pair})
            for (before, now), content_type in some.items():
                self._known[before, now] = is_materially_different(
                    self._reading.site.stored_type(content_type), contents[before], contents[now]
                )

    def material(self, page: _Changed) -> list[Publication]:
        """Return the targets of a page that say something else to readers, the newest last."""
        return [now for before, now in page.targets if self._known[before, now.revision_id]]

    async def _contents(self, revision_ids: Collection[str]) -> Mapping[str, JsonObject]:
        rows = await self._reading.session.execute(
            select(Revision.id, Revision.content).where(is_among(Revision.id, revision_ids))
        )
        return dict(rows.all())


async def _changed_links(
    reading: Reading, after: tuple[int, str] | None, size: int, signed_by: str | None
) -> list[tuple[int, str]]:
    """Return the next links of reviewed pages to pages that were published again since.

    Each is the position of the later publication, and the revision with the link.
    """
    now = aliased(Publication)
    place = now.position, Link.revision_id
    rows = await reading.session.execute(
        select(*place)
        .join(Link, Link.target_id == now.entry_id)
        .join(Publication, Publication.revision_id == Link.revision_id)
        .where(
            is_public_now(now),
            now.published_at > now.first_published_at,
            is_public_now(Publication),
            Publication.locale == now.locale,
            Publication.entry_id != now.entry_id,
            Publication.reviewed_at < now.published_at,
            _may_read(reading),
            *_is_among_signed_by(signed_by),
            *([tuple_(*place) < after] if after else []),
        )
        .order_by(now.position.desc(), Link.revision_id.desc())
        .limit(size)
    )
    return [(position, revision_id) for position, revision_id in rows]


async def _outdated_among(
    reading: Reading, revision_ids: Collection[str]
) -> Mapping[str, _Changed]:
    """Return pages with what they lead to: the revision that was public when they were signed
    off, and what is public by now, where that is another; by the revision of the page.
    """
    now, then = aliased(Publication), aliased(Publication)
    rows = await reading.session.execute(
        select(Publication, then.revision_id, now)
        .join(Link, Link.revision_id == Publication.revision_id)
        .join(
            now,
            and_(
                now.entry_id == Link.target_id,
                now.locale == Publication.locale,
                is_public_now(now),
                now.published_at > Publication.reviewed_at,
                now.entry_id != Publication.entry_id,
            ),
        )
        .join(
            then,
            and_(
                then.edition_id == now.edition_id,
                then.published_at <= Publication.reviewed_at,
                then.ended_at > Publication.reviewed_at,
                then.revision_id != now.revision_id,
            ),
        )
        .where(is_public_now(Publication), is_among(Publication.revision_id, revision_ids))
        .order_by(Publication.id, now.position)
        .distinct()
    )
    found: dict[str, _Changed] = {}
    for page, before, cause in rows:
        found.setdefault(page.revision_id, _Changed(page)).targets.append((before, cause))
    return found


async def _signers_of(
    reading: Reading, publication_ids: Sequence[str]
) -> Mapping[str, frozenset[str]]:
    """Return the accounts whose sign-offs count for publications, by their ids."""
    signers: dict[str, set[str]] = {each: set() for each in publication_ids}
    rows = await reading.session.execute(
        select(PublicationSignOff.publication_id, SignOff.account_id)
        .join(SignOff, SignOff.id == PublicationSignOff.sign_off_id)
        .where(
            is_among(PublicationSignOff.publication_id, publication_ids),
            counts_now(PublicationSignOff),
        )
    )
    for publication_id, account_id in rows:
        signers[publication_id].add(account_id)
    return {each: frozenset(accounts) for each, accounts in signers.items()}


def _may_read(reading: Reading) -> ColumnElement[bool]:
    page = Subjects(
        content_type=Publication.content_type,
        entry_id=Publication.entry_id,
        category_id=Publication.category_id,
        locale=Publication.locale,
    )
    return may_read(reading.actor, reading.site.roles, page)


def _is_signed_by(account_id: str | None) -> list[ColumnElement[bool]]:
    """Return the condition that a sign-off of an account counts for a page; none for all.

    It is checked for each page, of which few are due.
    """
    signed = _signed_by(account_id).where(PublicationSignOff.publication_id == Publication.id)
    return [] if account_id is None else [exists(signed)]


def _is_among_signed_by(account_id: str | None) -> list[ColumnElement[bool]]:
    """Return :func:`_is_signed_by` as a set of pages, for links, of which there are many."""
    return [] if account_id is None else [Publication.id.in_(_signed_by(account_id))]


def _signed_by(account_id: str | None) -> Select[str]:
    return (
        select(PublicationSignOff.publication_id)
        .join(SignOff, SignOff.id == PublicationSignOff.sign_off_id)
        .where(counts_now(PublicationSignOff), SignOff.account_id == account_id)
    )
