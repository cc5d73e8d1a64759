"""The published view does not depend on drafts: whatever editors do, its bytes stay."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cms.content.builtin import CATEGORY, PERSON
from cms.content.snapshot import Draft
from cms.drafts.entries import duplicate_entry
from cms.drafts.people import create_person
from cms.errors import Refused
from cms.review.comments import add_comment
from cms.tables import Edition, Entry, Revision
from cms.taxonomy.categories import create_category
from graphql_api.delivery import Delivery
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from tests.builders import Newsroom
from tests.conftest import KINDS, Templates
from tests.properties.content import NO_LIMITS, fill, pools
from tests.properties.queries import Query, queries
from tests.reference import Reference
from tests.rewording import newest_of
from tests.schemas import delivery_schema_of
from tests.sites import SITE


@dataclass
class Desk:
    """Editors at work, and a reader who asks.

    Attributes:
        runner: runs what is done.
        newsroom: the editors.
        delivery: what the reader asks.
        reference: the schema, and what arguments are chosen from.
    """

    runner: asyncio.Runner
    newsroom: Newsroom
    delivery: Delivery
    reference: Reference
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, query: Query) -> bytes:
        """Return the bytes that a reader gets."""
        request = GraphQLRequest(query.source, None, query.variables)
        return self.runner.run(self.delivery.answer(request)).body

    def work(self, activity: Activity, choice: int) -> None:
        """Let editors do something to a draft; what the rules refuse does not happen."""
        with suppress(Refused):
            self.runner.run(self.attempt(activity, choice))

    async def attempt(self, activity: Activity, choice: int) -> None:
        """Do something to the draft of an article.

        Raises:
            Refused: if the rules have it so.
        """
        is_article = Revision.content["type"].as_string() == "Article"
        newest = (
            select(Revision)
            .join(Edition, Edition.head_id == Revision.id)
            .where(Edition.locale == "en", is_article)
            .order_by(Edition.id)
        )
        async with self.newsroom.database.reading() as session:
            heads = list(await session.scalars(newest))
        await activity(self.newsroom, heads[choice % len(heads)], next(self.numbers))


@pytest.fixture(scope="module", params=KINDS)
def desk(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Desk]:
    """A site with content of every kind, and the people who write it."""
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        database = templates.open(url)
        newsroom = runner.run(fill(database))
        delivery = Delivery(SITE, delivery_schema_of(SITE), database.reader, NO_LIMITS)
        yield Desk(runner, newsroom, delivery, runner.run(Reference.load(database, SITE)))
        runner.run(database.close())
        runner.run(templates.drop(url))


Activity = Callable[[Newsroom, Revision, int], Awaitable[object]]


def values(number: int) -> Mapping[str, Any]:
    """Return what a draft says that nobody has said before, and where it leads."""
    return {
        "title": f"Beta {number}",
        "slug": f"beta-{number}",
        "summary": "Nobody is to read this yet.",
        "tags": ["BASICS", "rare", f"Draft {number}"],
        "body": f"# Top {number}\n\n[Alpha](/articles/alpha), [no page](/articles/no-page).",
        "related": ["/articles/alpha", "/articles/number-1"],
        "translated_from": "/articles/alpha",
        "compares": ["/articles/alpha"],
        "rating": number % 6,
        "level": "HARD",
    }


async def save(newsroom: Newsroom, head: Revision, number: int) -> None:
    """Save another revision, with other words, links and a path of its own."""
    await newsroom.save(head, newsroom.second_author, **values(number))


async def type_on(newsroom: Newsroom, head: Revision, number: int) -> None:
    """Have what is being typed saved."""
    await newsroom.autosave(head, title=f"Typed {number}", related=["/articles/alpha"])


async def begin(newsroom: Newsroom, _head: Revision, number: int) -> None:
    """Begin another entry."""
    await newsroom.draft(**values(number))


async def copy(newsroom: Newsroom, head: Revision, _number: int) -> None:
    """Begin another entry as a copy."""
    entry_id = await newsroom.entry_id(head)
    await newsroom.do(newsroom.author, duplicate_entry, entry_id)


async def translate(newsroom: Newsroom, head: Revision, number: int) -> None:
    """Begin an edition in another language."""
    await newsroom.translate(head, "de", **values(number))


async def sign(newsroom: Newsroom, head: Revision, number: int) -> None:
    """Have words that no reader sees signed off."""
    await newsroom.review(await newsroom.save(head, newsroom.second_author, **values(number)))


async def argue(newsroom: Newsroom, head: Revision, number: int) -> None:
    """Have a reviewer say no, with a comment."""
    head = await newsroom.save(head, newsroom.second_author, **values(number))
    await newsroom.ask(head)
    await newsroom.object_to(head)
    entry_id = await newsroom.entry_id(head)
    await newsroom.do(newsroom.reviewers[0], add_comment, entry_id, "No.")


async def rename(newsroom: Newsroom, _head: Revision, number: int) -> None:
    """Give a category, and a person, other words that are not published."""
    for content_type in (CATEGORY, PERSON):
        entry_id = await one_of(newsroom, content_type, number)
        head = await newest_of(newsroom, entry_id)
        await newsroom.update(head, title=f"Renamed {number}", slug=f"renamed-{number}")


async def begin_beside(newsroom: Newsroom, _head: Revision, number: int) -> None:
    """Create a category below another, and a person."""
    parent = await one_of(newsroom, CATEGORY, number)
    draft = Draft(title=f"New {number}", slug=f"new-{number}")
    await newsroom.do(newsroom.administrator, create_category, draft, parent_id=parent)
    await newsroom.do(newsroom.administrator, create_person, draft)


async def one_of(newsroom: Newsroom, content_type: str, number: int) -> str:
    """Return one of the entries of a type."""
    async with newsroom.database.reading() as session:
        found = select(Entry.id).where(Entry.content_type == content_type).order_by(Entry.id)
        ids = list(await session.scalars(found))
    return ids[number % len(ids)]


ACTIVITIES = (save, type_on, begin, copy, translate, sign, argue, rename, begin_beside)


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_editors_do_what_the_property_has_them_do(desk: Desk, activity: Activity) -> None:
    desk.runner.run(desk.attempt(begin, 0))
    newest = -1
    desk.runner.run(desk.attempt(activity, newest))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_no_byte_of_the_published_view_depends_on_a_draft(desk: Desk, data: st.DataObject) -> None:
    asked = data.draw(queries(desk.reference.schema, pools(desk.reference)))
    assume(not validate(desk.reference.schema, parse(asked.source)))
    try:
        before = desk.ask(asked)
    except RequestFailed:
        assume(False)  # the query asks for drafts, or with a wrong argument
    for activity in data.draw(st.lists(st.sampled_from(ACTIVITIES), min_size=1, max_size=3)):
        desk.work(activity, data.draw(st.integers(0, 200)))
    assert desk.ask(asked) == before
