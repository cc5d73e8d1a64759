"""Two at once: one comes first, the other is told so, and nothing is lost.

Each of the two has connections of their own, so that they meet in the database and not before.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import orjson
import pytest
from graphql import GraphQLSchema
from sqlalchemy import func, select

from cms.authorization.actor import Actor
from cms.content.snapshot import Draft
from cms.drafts.entries import archive_entry
from cms.drafts.saving import save_draft, update_entry
from cms.errors import Refused, StaleRevision, UserError
from cms.ledger.attestation import verify_attestations
from cms.ledger.audit import verify
from cms.ledger.chain import VerifiedChain
from cms.publishing.publishing import publish_entry
from cms.publishing.unpublishing import unpublish_entry
from cms.reading.visibility import is_of_site
from cms.review.sign_offs import sign_off
from cms.tables import Edition, Entry, Position, Publication, Revision, SignOff
from cms.work.work import Work
from graphql_api.http.request import GraphQLRequest
from graphql_api.management import Management
from tests.builders import Newsroom, changes_of
from tests.conftest import KINDS, Templates
from tests.properties.ground import SITES
from tests.properties.race import Track, race
from tests.schemas import management_schema_of
from tests.sites import SITE

SAVES = 200
TURNS = 8

# What is not a byline of the newsroom.
IS_OWN_PAGE = (is_of_site(Publication.content_type),)
IS_OWN_ENTRY = (is_of_site(Entry.content_type),)

# What one of the two does.
Attempt: TypeAlias = Callable[[Work], Awaitable[Any]]


@dataclass
class Two:
    """The same newsroom, over two sets of connections."""

    one: Newsroom
    other: Newsroom

    async def at_once(
        self, first: tuple[Actor, Attempt], second: tuple[Actor, Attempt]
    ) -> tuple[list[Any], list[UserError]]:
        """Return what two people got who did something at once, and why one was refused."""
        results = await asyncio.gather(
            self.one.do(*first), self.other.do(*second), return_exceptions=True
        )
        refused = [each for each in results if isinstance(each, Refused)]
        done = [each for each in results if not isinstance(each, Refused)]
        for each in done:
            if isinstance(each, BaseException):
                raise each
        return done, [error for each in refused for error in each.errors]

    async def race(
        self, first: tuple[Actor, Attempt], second: tuple[Actor, Attempt]
    ) -> tuple[Any, StaleRevision]:
        """Return what the one got who came first, and what the other was told."""
        (won,), (error,) = await self.at_once(first, second)
        assert isinstance(error, StaleRevision)
        return won, error

    async def check_memory(self) -> None:
        """See that neither chain has a gap or a fork."""
        async with self.one.database.reading() as session:
            assert isinstance(await verify(session), VerifiedChain)
            key = self.one.database.key_file.load().public_key_pem()
            assert isinstance(await verify_attestations(session, key), VerifiedChain)

    async def count(self, *query: Any) -> int:
        """Return how many rows of a table fulfil conditions."""
        table, *conditions = query
        async with self.one.database.reading() as session:
            counted = select(func.count()).select_from(table).where(*conditions)
            return await session.scalar(counted) or 0


@pytest.fixture(params=KINDS)
async def two(request: pytest.FixtureRequest, templates: Templates) -> AsyncIterator[Two]:
    """Two people's connections to an empty database."""
    url = await templates.copy(request.param, is_hired=True)
    one, other = (templates.newsroom(request.param, templates.open(url)) for _ in range(2))
    yield Two(one, other)
    await one.database.close()
    await other.database.close()
    await templates.drop(url)


def saving(entry_id: str, base_revision: str, body: str) -> Attempt:
    changes = changes_of(body=body)
    return lambda work: update_entry(work, entry_id, changes, base_revision=base_revision)


def accepting(entry_id: str, error: StaleRevision) -> Attempt:
    """Return saving what a merge proposes."""
    assert error.merge is not None
    assert error.merge["hasConflicts"] is False
    proposed: Any = error.merge["draft"]
    draft = Draft(**{**proposed, "tags": tuple(proposed["tags"])})
    return lambda work: save_draft(work, entry_id, draft, base_revision=error.head_revision)


async def bodies(two: Two, head: Revision) -> list[str]:
    """Return the texts of all revisions of an edition, in their order."""
    async with two.one.database.reading() as session:
        contents: Any = await session.scalars(
            select(Revision.content)
            .where(Revision.edition_id == head.edition_id)
            .order_by(Revision.number)
        )
        return [content["fields"]["body"] for content in contents]


async def test_of_two_who_save_at_once_one_wins_and_nothing_is_lost(two: Two) -> None:
    ada, abe = two.one.author, two.one.second_author
    two.one.site = two.other.site = SITES["one"]
    head = await two.one.draft("Page", slug="page", body="Ada.\n\nAbe.")
    entry_id = await two.one.entry_id(head)
    written, hers, his = ["Ada.\n\nAbe."], "Ada.", "Abe."
    for turn in range(SAVES):
        texts = {ada: f"Ada {turn}.\n\n{his}", abe: f"{hers}\n\nAbe {turn}."}
        hers, his = f"Ada {turn}.", f"Abe {turn}."
        first, second = (ada, abe) if turn % 2 else (abe, ada)
        won, error = await two.race(
            (first, saving(entry_id, head.id, texts[first])),
            (second, saving(entry_id, head.id, texts[second])),
        )
        assert (error.base_revision, error.head_revision) == (head.id, won.revision.id)
        winner, loser = (ada, abe) if won.revision.author_id == ada.account_id else (abe, ada)
        head = (await two.one.do(loser, accepting(entry_id, error))).revision
        written += [texts[winner], f"{hers}\n\n{his}"]
    assert await bodies(two, head) == written
    assert head.number == 2 * SAVES + 1
    await two.check_memory()


async def signed(newsroom: Newsroom, slug: str, **values: Any) -> tuple[str, str]:
    """Return the entry and the revision of a page that may be published."""
    head = await newsroom.draft(slug=slug, **values)
    await newsroom.review(head)
    return await newsroom.entry_id(head), head.id


def publishing(entry_id: str, revision_id: str) -> Attempt:
    return lambda work: publish_entry(work, entry_id, revision_id=revision_id)


async def test_of_two_who_publish_at_one_path_at_once_one_wins(two: Two) -> None:
    publisher = two.one.publisher
    founded = await two.count(Position)
    for turn in range(TURNS):
        pages = [await signed(two.one, f"page-{turn}") for _ in range(2)]
        first, second = ((publisher, publishing(*page)) for page in pages)
        done, errors = await two.at_once(first, second)
        assert [each.position for each in done] == [founded + turn + 1]
        assert [each.code for each in errors] == ["PATH_IN_USE"]
    assert await two.count(Publication, *IS_OWN_PAGE) == TURNS
    await two.check_memory()


async def test_of_two_who_publish_one_page_at_once_neither_repeats_it(two: Two) -> None:
    page = await signed(two.one, "page")
    attempt = two.one.publisher, publishing(*page)
    done, errors = await two.at_once(attempt, attempt)
    assert ({each.id for each in done}, errors) == ({done[0].id}, [])
    assert await two.count(Publication, *IS_OWN_PAGE) == 1


async def test_a_link_is_not_published_while_its_target_is_taken_back(two: Two) -> None:
    publisher = two.one.publisher
    for turn in range(TURNS):
        target = await two.one.published(slug=f"target-{turn}")
        entry_id = target.entry_id
        page = await signed(two.one, f"page-{turn}", related=[entry_id])
        done, errors = await two.at_once(
            (publisher, publishing(*page)),
            (publisher, partial(unpublish_entry, entry_id=entry_id)),
        )
        assert len(done) == 1
        assert [each.code for each in errors] in (["BROKEN_LINK"], ["WOULD_BREAK_LINKS"])
    await two.check_memory()


async def test_nothing_is_published_while_it_is_put_away(two: Two) -> None:
    publisher = two.one.publisher
    for turn in range(TURNS):
        entry_id, revision_id = await signed(two.one, f"page-{turn}")
        done, errors = await two.at_once(
            (publisher, publishing(entry_id, revision_id)),
            (publisher, partial(archive_entry, entry_id=entry_id)),
        )
        assert len(done) == 1
        assert [each.code for each in errors] in (["ARCHIVED"], ["STILL_PUBLIC"])
    is_both = Entry.archived_at.is_not(None), Publication.entry_id == Entry.id
    assert await two.count(Entry, *is_both, Publication.ended_at.is_(None)) == 0


def signing(entry_id: str, digest: str) -> Attempt:
    return lambda work: sign_off(work, entry_id, digest=digest)


async def test_two_who_sign_off_at_once_both_count(two: Two) -> None:
    rita, rolf, runa = two.one.reviewers
    for turn in range(TURNS):
        head = await two.one.draft("Note", slug=f"note-{turn}", text="Words")
        await two.one.ask(head)
        entry_id = await two.one.entry_id(head)
        attempt = signing(entry_id, head.digest)
        done, _ = await two.at_once((rita, attempt), (rolf, attempt))
        assert {each.stage for each in done} == {"technical"}
        last = await two.one.do(runa, attempt)
        assert last.stage == "editorial"
        await two.one.do(two.one.publisher, publishing(entry_id, head.id))
    await two.check_memory()


async def test_one_who_signs_off_twice_at_once_counts_once(two: Two) -> None:
    head = await two.one.draft("Note", slug="note", text="Words")
    await two.one.ask(head)
    attempt = two.one.reviewers[0], signing(await two.one.entry_id(head), head.digest)
    await two.at_once(attempt, attempt)
    assert await two.count(SignOff) == 2
    publish = publishing(await two.one.entry_id(head), head.id)
    errors: Sequence[Any] = await two.one.refusal(two.one.publisher, publish)
    assert [(each.code, each.stage, each.missing) for each in errors] == [
        ("MISSING_SIGN_OFF", "technical", 1),
        ("MISSING_SIGN_OFF", "editorial", 1),
    ]


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    """The schema by which the test site is edited."""
    return management_schema_of(SITE)


CREATE = """
    mutation($title: String!, $key: String!) {
      createArticle(input: {values: {title: $title}, clientMutationId: $key}) {
        errors { code } entry { id title } revision { id } clientMutationId
      }
    }
"""


async def create(two: Two, schema: GraphQLSchema, *titles: str, key: str) -> list[dict[str, Any]]:
    """Return what clients get who create pages with the same mutation id at once."""
    answers = await asyncio.gather(
        *(
            Management(newsroom.desk, schema).answer(
                GraphQLRequest(CREATE, None, {"title": title, "key": key}),
                newsroom.author,
                "192.0.2.1",
            )
            for newsroom, title in zip((two.one, two.other), titles, strict=True)
        )
    )
    return [orjson.loads(answer.body)["data"]["createArticle"] for answer in answers]


async def test_a_mutation_that_comes_twice_at_once_happens_once(
    two: Two, schema: GraphQLSchema
) -> None:
    for turn in range(TURNS):
        one, other = await create(two, schema, "A title", "A title", key=f"key {turn}")
        assert one["errors"] == []
        assert one["entry"]["title"] == "A title"
        assert one == other
        assert await two.count(Entry, *IS_OWN_ENTRY) == turn + 1
    await two.check_memory()


async def test_one_mutation_id_does_not_stand_for_two_writes_at_once(
    two: Two, schema: GraphQLSchema
) -> None:
    for turn in range(TURNS):
        answers = await create(two, schema, "One", "Other", key=f"key {turn}")
        codes = [[error["code"] for error in each["errors"]] for each in answers]
        assert sorted(codes) == [[], ["MUTATION_ID_REUSED"]]
        assert await two.count(Entry, *IS_OWN_ENTRY) == turn + 1


async def test_of_two_processes_that_save_at_once_one_wins(templates: Templates) -> None:
    url = await templates.copy("sqlite")
    newsroom = Newsroom(templates.open(url), SITE)
    await newsroom.hire()
    entry_id = await newsroom.entry_id(await newsroom.draft(body="Nobody's"))
    context = multiprocessing.get_context("spawn")
    start, won = context.Barrier(2, timeout=60), context.Queue()
    processes = [
        context.Process(
            target=race,
            args=(Track(url, templates.signing_key, entry_id, TURNS), actor, start, won),
        )
        for actor in (newsroom.author, newsroom.second_author)
    ]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join)
    assert [process.exitcode for process in processes] == [0, 0]
    assert sorted(won.get() for _ in range(TURNS)) == list(range(TURNS))
    assert won.empty()
    async with newsroom.database.reading() as session:
        of_entry = select(Edition.id).where(Edition.entry_id == entry_id)
        numbers = await session.scalars(
            select(Revision.number)
            .where(Revision.edition_id.in_(of_entry))
            .order_by(Revision.number)
        )
        assert list(numbers) == list(range(1, TURNS + 2))
    await newsroom.database.close()
    await templates.drop(url)
