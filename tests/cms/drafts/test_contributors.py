"""Whose work a revision is: by its rule in Python, and by the same one in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select

from cms.drafts.contributors import Authored, contributor_ids, contributors, contributors_of
from cms.drafts.entries import create_entry
from cms.identifiers import new_id
from cms.tables import Edition, EditionContributor, Publication, Revision
from cms.work.work import Work
from tests.builders import Rehearsals, draft_of

PEOPLE = st.sampled_from("abcd")
HISTORIES = st.lists(PEOPLE, min_size=1, max_size=8)

# The later revisions of an edition: who saved each, and which of a few contents it has.
REVISIONS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from("xyz")), max_size=7)
# The numbers of revisions that were public, and whether that was past the sign-offs.
PUBLICATIONS = st.lists(st.tuples(st.integers(1, 8), st.booleans()), max_size=4)


@given(HISTORIES, st.sets(st.integers(1, 8)), st.data())
def test_contributors_are_all_authors_since_the_publication_before(
    history: list[str], published: set[int], data: st.DataObject
) -> None:
    revisions = [Authored(number, author, str(number)) for number, author in enumerate(history, 1)]
    number = data.draw(st.integers(1, len(history)))
    found = contributors(number, revisions, published)
    earlier = [each for each in published if each < number]
    start = max(earlier, default=0)
    assert found == set(history[start:number])
    # Whoever saved the revision itself is always one of them, published or not.
    assert history[number - 1] in found


async def add_revisions(
    work: Work, first: Revision, authors: Sequence[str], later: Sequence[tuple[int, str]]
) -> Sequence[Revision]:
    """Write further revisions of an edition, and return all of them."""
    columns = {each.key for each in Revision.__table__.columns}
    same = {name: getattr(first, name) for name in columns}
    revisions = [first]
    for number, (author, digest) in enumerate(later, 2):
        changed = {
            "id": new_id("rev"),
            "number": number,
            "author_id": authors[author],
            "digest": digest,
        }
        revisions.append(Revision(**{**same, **changed}))
    work.session.add_all(revisions)
    await work.session.flush()  # what refers to them needs them
    return revisions


def publication_of(
    work: Work, entry_id: str, revision: Revision, position: int, *, is_broken: bool
) -> Publication:
    """Return a publication of before, with the sign-offs that it needed or past them."""
    begun = work.now - timedelta(hours=1)
    return Publication(
        id=new_id("pub"),
        position=position,
        entry_id=entry_id,
        edition_id=revision.edition_id,
        revision_id=revision.id,
        content_type="Article",
        locale="en",
        first_published_at=begun,
        published_at=begun,
        published_by=revision.author_id,
        break_glass_reason="Now." if is_broken else None,
        ended_at=work.now,
        ended_position=position + 1,
    )


@settings(max_examples=settings().max_examples // 2)
@given(
    later=REVISIONS,
    published=PUBLICATIONS,
    inherited=st.sets(st.integers(1, 3)),
)
def test_sql_and_python_name_the_same_contributors(
    rehearsals: Rehearsals,
    later: Sequence[tuple[int, str]],
    published: Sequence[tuple[int, bool]],
    inherited: set[int],
) -> None:
    newsroom = rehearsals.newsroom
    people = (newsroom.author, newsroom.second_author, newsroom.administrator, newsroom.publisher)
    accounts = [str(each.account_id) for each in people]

    async def attempt(work: Work) -> None:
        first = (await create_entry(work, "Article", draft_of())).revision
        edition = await work.session.get_one(Edition, first.edition_id)
        revisions = await add_revisions(work, first, accounts, later)
        work.session.add_all(
            publication_of(
                work, edition.entry_id, revisions[number - 1], 1000 + place, is_broken=is_broken
            )
            for place, (number, is_broken) in enumerate(published)
            if number <= len(revisions)
        )
        work.session.add_all(
            EditionContributor(edition_id=edition.id, account_id=accounts[each])
            for each in inherited
        )
        await work.session.flush()  # the queries below read them
        for revision in revisions:
            named = contributor_ids(literal(edition.id), literal(revision.number))
            by_sql = await work.session.scalars(select(named.subquery().c[0]))
            assert set(by_sql) == await contributors_of(work, revision)

    rehearsals.rehearse(attempt)
