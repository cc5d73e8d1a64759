"""Roles are given by administrators, and taken away at once."""

from __future__ import annotations

import asyncio

import pytest

from cms.access.accounts import (
    create_account,
    disable_account,
    enable_account,
    grant_role,
    has_accounts,
    load_actor,
    revoke_role,
)
from cms.authorization.actor import ANONYMOUS, OPERATOR, Actor, Grant
from cms.errors import Refused
from cms.tables import RoleGrant
from tests.builders import Newsroom
from tests.signing_in import actor_of, enter, give_password, records


async def granted(
    newsroom: Newsroom, by: Actor, to: Actor, grant: Grant
) -> RoleGrant | list[tuple[str, tuple[str | int, ...]]]:
    """Return the grant, or why it is refused."""
    async with newsroom.as_(by) as work:
        try:
            return await grant_role(work, str(to.account_id), grant)
        except Refused as refused:
            return [(error.code, error.path) for error in refused.errors]


async def grant_of(newsroom: Newsroom, by: Actor, to: Actor, grant: Grant) -> RoleGrant:
    row = await granted(newsroom, by, to, grant)
    assert isinstance(row, RoleGrant)
    return row


async def revoked(newsroom: Newsroom, by: Actor, grant_id: str) -> str:
    """Take a grant away and return how that went."""
    async with newsroom.as_(by) as work:
        try:
            await revoke_role(work, grant_id)
        except Refused as refused:
            return refused.errors[0].code
    return "done"


async def disabled(newsroom: Newsroom, by: Actor, whom: Actor) -> str:
    """Disable an account and return how that went."""
    async with newsroom.as_(by) as work:
        try:
            await disable_account(work, str(whom.account_id))
        except Refused as refused:
            return refused.errors[0].code
    return "done"


async def test_nobody_raises_a_role_but_administrators(newsroom: Newsroom) -> None:
    grant = Grant(role="administrator")
    others = [newsroom.author, newsroom.reviewers[0], newsroom.publisher, ANONYMOUS]
    for by in others:
        for to in (newsroom.author, newsroom.publisher):
            assert await granted(newsroom, by, to, grant) == [("NOT_ALLOWED", ())]
    assert isinstance(await granted(newsroom, OPERATOR, newsroom.author, grant), RoleGrant)


async def test_an_administrator_of_a_part_grants_nothing(newsroom: Newsroom) -> None:
    part = await newsroom.person("Paul", Grant(role="administrator", content_type="Article"))
    grant = Grant(role="author", content_type="Article")
    assert await granted(newsroom, part, part, grant) == [("NOT_ALLOWED", ())]
    assert await disabled(newsroom, part, newsroom.author) == "NOT_ALLOWED"


async def test_every_unknown_limit_of_a_grant_is_said(newsroom: Newsroom) -> None:
    grant = Grant(role="king", stage="x", content_type="Poem", category_id="cat_unknown")
    assert await granted(newsroom, OPERATOR, newsroom.author, grant) == [
        ("INVALID_VALUE", ("role",)),
        ("INVALID_VALUE", ("contentType",)),
        ("INVALID_VALUE", ("stage",)),
        ("INVALID_VALUE", ("stage",)),
        ("INVALID_VALUE", ("categoryId",)),
    ]
    unknown = Actor(account_id="account_unknown")
    assert await granted(newsroom, OPERATOR, unknown, grant) == [("NOT_FOUND", ())]


async def test_a_stage_goes_with_a_reviewer(newsroom: Newsroom) -> None:
    for role in ("author", "publisher", "administrator"):
        grant = Grant(role=role, stage="technical")
        assert await granted(newsroom, OPERATOR, newsroom.author, grant) == [
            ("INVALID_VALUE", ("stage",))
        ]
    category = await newsroom.category("Topics")
    limited = Grant(
        role="reviewer", stage="technical", content_type="Note", category_id=category.id
    )
    await grant_of(newsroom, OPERATOR, newsroom.author, limited)
    async with newsroom.database.reading() as session:
        actor = await load_actor(session, str(newsroom.author.account_id))
    assert set(actor.grants) == {Grant(role="author"), limited}


async def test_the_same_grant_is_there_once(newsroom: Newsroom) -> None:
    grant = Grant(role="publisher")
    first = await grant_of(newsroom, OPERATOR, newsroom.author, grant)
    second = await grant_of(newsroom, OPERATOR, newsroom.author, grant)
    assert first.id == second.id
    assert await revoked(newsroom, newsroom.administrator, first.id) == "done"
    third = await grant_of(newsroom, OPERATOR, newsroom.author, grant)
    assert third.id != first.id


async def test_a_role_is_gone_as_soon_as_it_is_taken_away(newsroom: Newsroom) -> None:
    grant = await grant_of(newsroom, OPERATOR, newsroom.author, Grant(role="administrator"))
    await give_password(newsroom, newsroom.author)
    token = (await enter(newsroom)).access_token
    assert Grant(role="administrator") in (await actor_of(newsroom, token)).grants
    assert await revoked(newsroom, newsroom.publisher, grant.id) == "NOT_ALLOWED"
    assert await revoked(newsroom, newsroom.administrator, grant.id) == "done"
    actor = await actor_of(newsroom, token)
    assert actor.grants == (Grant(role="author"),)
    assert await granted(newsroom, actor, actor, Grant(role="administrator")) == [
        ("NOT_ALLOWED", ())
    ]
    assert await revoked(newsroom, newsroom.administrator, grant.id) == "done"  # as it is already
    assert await revoked(newsroom, newsroom.administrator, "grant_unknown") == "NOT_FOUND"
    assert [each.subject for each in await records(newsroom, "role:revoke")] == [grant.id]


async def test_there_is_always_an_administrator(newsroom: Newsroom) -> None:
    grant = Grant(role="administrator")
    only = await grant_of(newsroom, OPERATOR, newsroom.administrator, grant)
    part = Grant(role="administrator", content_type="Article")
    await grant_of(newsroom, OPERATOR, newsroom.author, part)
    for by in (newsroom.administrator, OPERATOR):
        assert await revoked(newsroom, by, only.id) == "INVALID_VALUE"
        assert await disabled(newsroom, by, newsroom.administrator) == "INVALID_VALUE"
    await grant_of(newsroom, OPERATOR, newsroom.publisher, grant)
    assert await disabled(newsroom, OPERATOR, newsroom.publisher) == "done"
    assert await revoked(newsroom, OPERATOR, only.id) == "INVALID_VALUE"
    async with newsroom.as_(OPERATOR) as work:
        await enable_account(work, str(newsroom.publisher.account_id))
    assert await revoked(newsroom, newsroom.administrator, only.id) == "done"


async def test_two_administrators_cannot_oust_each_other(newsroom: Newsroom) -> None:
    other = await newsroom.person("Otto Other", Grant(role="administrator"))
    outcomes = await asyncio.gather(
        disabled(newsroom, newsroom.administrator, other),
        disabled(newsroom, other, newsroom.administrator),
    )
    assert sorted(outcomes) == ["INVALID_VALUE", "done"]


async def test_a_disabled_account_is_no_actor(newsroom: Newsroom) -> None:
    assert await disabled(newsroom, newsroom.administrator, newsroom.author) == "done"
    assert await disabled(newsroom, newsroom.administrator, newsroom.author) == "done"
    async with newsroom.database.reading() as session:
        with pytest.raises(Refused, match="is disabled"):
            await load_actor(session, str(newsroom.author.account_id))
        with pytest.raises(Refused, match="NOT_FOUND"):
            await load_actor(session, "account_unknown")


async def test_there_are_accounts_once_one_can_sign_in(newsroom: Newsroom) -> None:
    async def found() -> bool:
        async with newsroom.database.reading() as session:
            return await has_accounts(session)

    assert not await found()
    await give_password(newsroom, newsroom.author)
    assert await found()
    assert await disabled(newsroom, OPERATOR, newsroom.author) == "done"
    assert not await found()


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@host", "@example.org", "a b@example.org", "a\u200b@example.org"]
)
async def test_an_account_has_an_address(newsroom: Newsroom, email: str) -> None:
    async with newsroom.as_(OPERATOR) as work:
        with pytest.raises(Refused, match="expected an e-mail address"):
            await create_account(work, email)


async def test_an_address_has_one_account(newsroom: Newsroom) -> None:
    async with newsroom.as_(OPERATOR) as work:
        with pytest.raises(Refused, match="DUPLICATE_NAME"):
            await create_account(work, " ADA.Author@example.org")
