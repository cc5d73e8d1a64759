"""Connections for single questions."""

from __future__ import annotations

import pytest
from sqlalchemy import func, literal, select

from cms.access.accounts import create_account
from cms.authorization.actor import OPERATOR
from cms.storage.database import Database
from cms.tables import Account
from tests.builders import Newsroom
from tests.conftest import Templates
from tests.outages import until

ONE = select(literal(1).label("one"))
ACCOUNTS = select(func.count(Account.id).label("number"))
SERVER = select(func.pg_backend_pid().label("id"))


async def test_one_connection_is_kept_from_a_question_to_the_next(newsroom: Newsroom) -> None:
    database = newsroom.database
    async with database.asking() as first:
        await first.fetch(ONE)
        async with database.asking() as other:
            assert other is not first
            assert await other.fetch(ONE) == [(1,)]
    async with database.asking() as following:
        assert following is other
        assert await following.fetch(ONE) == [(1,)]


async def test_each_question_sees_what_was_written_before_it(newsroom: Newsroom) -> None:
    async with newsroom.database.asking() as session:
        before = (await session.fetch(ACCOUNTS))[0].number
    async with newsroom.as_(OPERATOR) as work:
        await create_account(work, "another@example.org")
    async with newsroom.database.asking() as session:
        assert (await session.fetch(ACCOUNTS))[0].number == before + 1


async def test_a_connection_whose_question_failed_is_not_kept(newsroom: Newsroom) -> None:
    database = newsroom.database
    with pytest.raises(ZeroDivisionError):
        async with database.asking() as failed:
            raise ZeroDivisionError
    async with database.asking() as following:
        assert following is not failed
        assert await following.fetch(ONE) == [(1,)]


async def test_a_connection_that_the_server_has_closed_is_not_used_again(
    templates: Templates,
) -> None:
    url = await templates.copy("postgresql")
    database = Database(url)
    async with database.asking() as first:
        ((server,),) = await first.fetch(SERVER)
    async with database.transaction() as session:
        await session.scalar(select(func.pg_terminate_backend(server)))

    async def is_noticed() -> bool:
        return first.has_lost_server

    await until(is_noticed)
    async with database.asking() as following:
        assert following is not first
        assert await following.fetch(ONE) == [(1,)]
    await database.close()
    await templates.drop(url)
