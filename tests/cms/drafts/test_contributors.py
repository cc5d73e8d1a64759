"""Whose work a revision is: by its rule in Python, and by the same one in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select

from cms.authorization.actor import Actor
from cms.drafts.contributors import Authored, contributors, contributors_of, is_contributor
from cms.drafts.entries import create_entry
from cms.identifiers import new_id
from cms.tables import Edition, EditionContributor, Publication, Revision
from cms.tables.publication import Basis
from cms.work.work import Work
from tests.builders import Rehearsals, draft_of
from tests.depth import EXAMPLES

PEOPLE = st.sampled_from("abcd")
HISTORIES = st.lists(PEOPLE, min_size=1, max_size=8)

# The later revisions of an edition: who saved each (``None`` is the operator), whose byline it has,
# and which of a few contents.
WHO = st.sampled_from((None, 0, 0, 1, 2))
REVISIONS = st.lists(st.tuples(WHO, WHO, st.sampled_from("xyz")), max_size=7)
# The numbers of revisions that were public, and on which basis.
BASES = ("signed_off", "signed_off", "signed_off", "break_glass", "imported", "setup")
PUBLICATIONS = st.lists(st.tuples(st.integers(1, 8), st.sampled_from(BASES)), max_size=4)


@given(HISTORIES, st.sets(st.integers(1, 8)), st.data())
def test_contributors_are_all_authors_since_the_publication_before(
    history: list[str], published: set[int], data: st.DataObject
) -> None:
    revisions = [
        Authored(number, author, None, str(number)) for number, author in enumerate(history, 1)
    ]
    number = data.draw(st.integers(1, len(history)))
    found = contributors(number, revisions, published)
    earlier = [each for each in published if each < number]
    start = max(earlier, default=0)
    assert found == set(history[start:number])
    # Whoever saved the revision itself is always one of them, published or not.
    assert history[number - 1] in found


def test_bylines_are_contributors_and_the_operator_is_none() -> None:
    revisions = [
        Authored(1, None, "person a", "x"),
        Authored(2, "account b", None, "y"),
        Authored(3, None, None, "z"),
    ]
    assert contributors(3, revisions, ()) == {"person a", "account b"}
    assert contributors(3, revisions, [1], {"person c"}) == {"account b"}
    assert contributors(1, revisions, (), {"person c"}) == {"person a", "person c"}


async def add_revisions(
    work: Work,
    first: Revision,
    people: Sequence[Actor],
    later: Sequence[tuple[int | None, int | None, str]],
) -> Sequence[Revision]:
    """Write further revisions of an edition, and return all of them."""
    columns = {each.key for each in Revision.__table__.columns}
    same = {name: getattr(first, name) for name in columns}
    revisions = [first]
    for number, (author, byline, digest) in enumerate(later, 2):
        changed = {
            "id": new_id("rev"),
            "number": number,
            "author_id": people[author].account_id if author is not None else None,
            "byline_id": people[byline].person_id if byline is not None else None,
            "digest": digest,
        }
        revisions.append(Revision(**{**same, **changed}))
    work.session.add_all(revisions)
    await work.session.flush()  # what refers to them needs them
    return revisions


def publication_of(
    work: Work, entry_id: str, revision: Revision, position: int, basis: Basis
) -> Publication:
    """Return a publication of before on a basis."""
    begun = work.now - timedelta(hours=1)
    return Publication(
        id=new_id("pub"),
        position=position,
        entry_id=entry_id,
        edition_id=revision.edition_id,
        revision_id=revision.id,
        content_type="Article",
        locale="en",
        title="A title",
        title_key="a title",
        slug="a-title",
        summary="",
        saved_at=begun,
        first_published_at=begun,
        published_at=begun,
        published_by=revision.author_id,
        basis=basis,
        break_glass_reason="Now." if basis == "break_glass" else None,
        ended_at=work.now,
        ended_position=position + 1,
    )


@settings(max_examples=EXAMPLES // 2)
@given(
    later=REVISIONS,
    published=PUBLICATIONS,
    inherited=st.sets(st.tuples(st.integers(1, 3), st.sampled_from(("account", "person")))),
)
def test_sql_and_python_name_the_same_contributors(
    rehearsals: Rehearsals,
    later: Sequence[tuple[int | None, int | None, str]],
    published: Sequence[tuple[int, Basis]],
    inherited: set[tuple[int, str]],
) -> None:
    newsroom = rehearsals.newsroom
    people = (newsroom.author, newsroom.second_author, newsroom.administrator, newsroom.publisher)
    ids = [{"account": str(each.account_id), "person": str(each.person_id)} for each in people]

    async def attempt(work: Work) -> None:
        first = (await create_entry(work, "Article", draft_of())).revision
        edition = await work.session.get_one(Edition, first.edition_id)
        revisions = await add_revisions(work, first, people, later)
        work.session.add_all(
            publication_of(work, edition.entry_id, revisions[number - 1], 1000 + place, basis)
            for place, (number, basis) in enumerate(published)
            if number <= len(revisions)
        )
        work.session.add_all(
            EditionContributor(edition_id=edition.id, contributor_id=ids[who][kind])
            for who, kind in inherited
        )
        await work.session.flush()  # the queries below read them
        for revision in revisions:
            expected = await contributors_of(work, revision)
            for each in ids:
                about = literal(edition.id), literal(revision.number)
                pair = literal(each["account"]), literal(each["person"])
                is_named = await work.session.scalar(select(is_contributor(*about, *pair)))
                assert bool(is_named) is not expected.isdisjoint(each.values())

    rehearsals.rehearse(attempt)
