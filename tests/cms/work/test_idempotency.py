"""A write that comes twice has one effect and one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from cms.access.accounts import create_account
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.clock import now
from cms.content.canonical_json import JsonObject
from cms.errors import DatabaseBusy, NotAllowed, Refused
from cms.purging.purging import purge_words
from cms.tables import Account, ClientMutation
from cms.work.idempotency import KEPT_FOR, once
from cms.work.work import Work
from tests.builders import Newsroom

SECOND = timedelta(seconds=1)
ADDRESSES = ("word@example.org", "other@example.org")


@dataclass
class Client:
    """Somebody who creates accounts, and counts how often that was really done."""

    newsroom: Newsroom
    actor: Actor
    runs: int = field(default=0, init=False)

    async def ask(self, key: str, name: str, at: datetime | None = None) -> JsonObject:
        """Ask for an account."""

        async def attempt(work: Work) -> JsonObject:
            return await once(work, key, f"digest of {name}", self._create(work, name))

        return await self.newsroom.do_at(at, self.actor, attempt)

    def _create(self, work: Work, name: str) -> Callable[[], Awaitable[JsonObject]]:
        async def run() -> JsonObject:
            self.runs += 1
            try:
                account = await create_account(work, f"{name.lower()}@example.org")
            except Refused as refused:
                return {"errors": [error.code for error in refused.errors]}
            return {"account": account.id}

        return run


@pytest.fixture
def client(newsroom: Newsroom) -> Client:
    return Client(newsroom, newsroom.administrator)


async def created(newsroom: Newsroom) -> int:
    """Return how many accounts there are that a client has asked for."""
    asked_for = select(func.count()).where(Account.email.in_(ADDRESSES))
    async with newsroom.database.reading() as session:
        return await session.scalar(asked_for) or 0


async def test_the_same_write_gets_the_first_answer(client: Client) -> None:
    first = await client.ask("key", "Word")
    assert await client.ask("key", "Word") == first
    assert await client.ask("key", "Word", now() + KEPT_FOR - 60 * SECOND) == first
    assert (client.runs, await created(client.newsroom)) == (1, 1)


async def test_a_key_is_for_one_write(client: Client) -> None:
    first = await client.ask("key", "Word")
    with pytest.raises(Refused) as refused:
        await client.ask("key", "Other")
    (error,) = refused.value.errors
    assert (error.code, error.path) == ("MUTATION_ID_REUSED", ("clientMutationId",))
    assert (client.runs, await created(client.newsroom)) == (1, 1)
    assert await client.ask("key", "Word") == first
    assert await client.ask("another key", "Other") != first


async def test_a_refusal_is_an_answer_like_any_other(client: Client) -> None:
    await client.ask("one", "Word")
    assert await client.ask("two", "Word") == {"errors": ["DUPLICATE_NAME"]}
    assert await client.ask("two", "Word") == {"errors": ["DUPLICATE_NAME"]}
    assert client.runs == 2


async def test_each_has_keys_of_their_own(client: Client) -> None:
    administrator = await client.newsroom.person("Alan Admin", Grant(role="administrator"))
    other = Client(client.newsroom, administrator)
    assert await client.ask("key", "Word") != await other.ask("key", "Other")
    assert (client.runs, other.runs) == (1, 1)


async def test_an_answer_is_kept_for_a_day(client: Client) -> None:
    await client.ask("key", "Word")
    tomorrow = now() + KEPT_FOR + SECOND
    assert await client.ask("key", "Other", tomorrow) == await client.ask("key", "Other", tomorrow)
    assert await created(client.newsroom) == 2
    async with client.newsroom.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ClientMutation)) == 1


@pytest.mark.parametrize("failure", [ZeroDivisionError(), Refused(NotAllowed(message="No."))])
async def test_what_has_failed_can_be_tried_again(client: Client, failure: Exception) -> None:
    async def fail() -> JsonObject:
        client.runs += 1
        raise failure

    for _ in range(2):
        with pytest.raises(type(failure)):
            await client.newsroom.do(client.actor, once, "key", "digest of Word", fail)
    assert "account" in await client.ask("key", "Word")
    assert client.runs == 3


async def test_a_write_that_is_sent_many_times_at_once_is_done_once(client: Client) -> None:
    async def persist() -> JsonObject:
        try:
            return await client.ask("key", "Word")
        except DatabaseBusy:  # somebody was faster
            return await client.ask("key", "Word")

    answers = await asyncio.gather(*(persist() for _ in range(5)))
    assert len({str(answer) for answer in answers}) == 1
    assert "account" in answers[0]
    assert await created(client.newsroom) == 1


async def test_a_write_whose_answer_was_purged_is_not_repeated(newsroom: Newsroom) -> None:
    client = Client(newsroom, newsroom.administrator)
    await client.ask("1", "Word")
    await newsroom.do(OPERATOR, purge_words, [str(newsroom.author.account_id)], reason="A request.")
    with pytest.raises(Refused, match="PURGED: '1' was already used"):
        await client.ask("1", "Word")
    with pytest.raises(Refused, match="MUTATION_ID_REUSED"):
        await client.ask("1", "Other")
    assert client.runs == 1
