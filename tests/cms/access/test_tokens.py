"""A service token is good for its scopes, until it expires or is revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from cms.access.accounts import disable_account, enable_account, grant_role
from cms.access.passwords import prepare_password, set_password
from cms.access.sessions import sign_out_everywhere
from cms.access.tokens import IssuedToken, issue_token, revoke_token
from cms.authorization.actor import ANONYMOUS, OPERATOR, Actor, Grant
from cms.clock import now
from cms.drafts.saving import save_draft
from cms.errors import Refused
from tests.builders import Newsroom, draft_of, entry_id_of
from tests.signing_in import actor_of, code_for, everything_stored, records

DAY = timedelta(days=1)


async def issue(
    newsroom: Newsroom,
    actor: Actor,
    scopes: Sequence[str] | None = None,
    valid_for: timedelta = DAY,
    name: str = "import",
) -> IssuedToken:
    async with newsroom.as_(actor) as work:
        return await issue_token(work, name, scopes=scopes, valid_for=valid_for)


async def codes_of(
    newsroom: Newsroom,
    actor: Actor,
    scopes: Sequence[str] | None = None,
    valid_for: timedelta = DAY,
    name: str = "import",
) -> list[tuple[str, tuple[str | int, ...]]]:
    """Return why no token is issued."""
    try:
        await issue(newsroom, actor, scopes, valid_for, name)
    except Refused as refused:
        return [(error.code, error.path) for error in refused.errors]
    return []


async def test_a_token_is_its_account(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author)
    actor = await actor_of(newsroom, issued.secret)
    assert actor == replace(newsroom.author, token_id=issued.token.id)
    head = await newsroom.draft()
    saved = await newsroom.save(head, actor, title="By a program")
    assert saved.author_id == newsroom.author.account_id


async def test_a_secret_is_shown_once(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author, ["entry:read"])
    assert issued.secret.startswith("copydesk_service_")
    assert issued.secret not in repr(issued)
    assert issued.secret.rpartition("copydesk_service_")[2] not in await everything_stored(newsroom)
    (record,) = await records(newsroom, "token:issue")
    assert record.subject == issued.token.id
    assert record.detail["scopes"] == ["entry:read"]


async def test_a_token_does_what_its_scopes_say(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author, ["entry:read", "entry:save"])
    actor = await actor_of(newsroom, issued.secret)
    assert actor.scopes == frozenset({"entry:read", "entry:save"})
    head = await newsroom.draft()
    await newsroom.save(head, actor, title="Saved")
    assert await codes_of(newsroom, actor, ["entry:read"]) == [("NOT_ALLOWED", ())]


async def test_scopes_give_no_rights(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author, ["role:grant"])
    actor = await actor_of(newsroom, issued.secret)
    async with newsroom.as_(actor) as work:
        with pytest.raises(Refused, match="NOT_ALLOWED"):
            await grant_role(work, str(actor.account_id), Grant(role="administrator"))


async def test_no_token_makes_a_wider_one(newsroom: Newsroom) -> None:
    scopes = ["token:issue", "entry:read"]
    actor = await actor_of(newsroom, (await issue(newsroom, newsroom.author, scopes)).secret)
    assert await codes_of(newsroom, actor, ["entry:read"]) == []
    assert await codes_of(newsroom, actor, scopes) == []
    assert await codes_of(newsroom, actor, [*scopes, "entry:save"]) == [
        ("NOT_ALLOWED", ("scopes",))
    ]
    assert await codes_of(newsroom, actor, None) == [("NOT_ALLOWED", ("scopes",))]


async def test_no_token_gets_around_its_scopes_by_a_password(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.administrator, ["password:change"])
    actor = await actor_of(newsroom, issued.secret)
    new = await prepare_password("another long password")
    async with newsroom.as_(actor) as work:
        with pytest.raises(Refused, match="beyond the scopes of this token"):
            await set_password(work, str(newsroom.author.account_id), new)


async def test_every_problem_with_a_token_is_said(newsroom: Newsroom) -> None:
    problems = await codes_of(
        newsroom, newsroom.author, ["entry:read", "everything"], timedelta(days=367), " "
    )
    assert problems == [
        ("INVALID_VALUE", ("name",)),
        ("INVALID_VALUE", ("scopes", 1)),
        ("INVALID_VALUE", ("validFor",)),
    ]
    for valid_for in (timedelta(0), -DAY, timedelta.max):
        assert await codes_of(newsroom, newsroom.author, None, valid_for) == [
            ("INVALID_VALUE", ("validFor",))
        ]
    assert await codes_of(newsroom, newsroom.author, []) == [("INVALID_VALUE", ("scopes",))]
    assert await codes_of(newsroom, newsroom.author, None, timedelta(days=366)) == []


async def test_a_token_takes_an_account(newsroom: Newsroom) -> None:
    assert await codes_of(newsroom, OPERATOR) == [("NOT_ALLOWED", ())]
    assert await codes_of(newsroom, ANONYMOUS) == [("NOT_ALLOWED", ())]


async def test_a_token_expires(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author)
    assert await code_for(newsroom, issued.secret) == "good"
    code = await code_for(newsroom, issued.secret, now() + DAY)
    assert code.startswith("INVALID_TOKEN: this token has expired")


async def test_a_revoked_token_is_good_for_nothing(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author)
    async with newsroom.as_(newsroom.author) as work:
        revoked = await revoke_token(work, issued.token.id)
    async with newsroom.as_(newsroom.administrator) as work:
        again = await revoke_token(work, issued.token.id)
    assert again.revoked_at == revoked.revoked_at
    unknown = await code_for(newsroom, "copydesk_service_unknown")
    assert await code_for(newsroom, issued.secret) == unknown
    assert await code_for(newsroom, issued.secret, now() + DAY) == unknown


async def test_nobody_learns_of_others_tokens(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author)
    async with newsroom.as_(newsroom.publisher) as work:
        for token_id in (issued.token.id, "token_unknown"):
            with pytest.raises(Refused, match=f"NOT_FOUND: there is no token '{token_id}'"):
                await revoke_token(work, token_id)
    assert await code_for(newsroom, issued.secret) == "good"


async def test_signing_out_keeps_service_tokens(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author)
    async with newsroom.as_(newsroom.author) as work:
        await sign_out_everywhere(work)
    assert await code_for(newsroom, issued.secret) == "good"


async def test_disabling_an_account_revokes_its_tokens(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author)
    account_id = str(newsroom.author.account_id)
    async with newsroom.as_(newsroom.administrator) as work:
        await disable_account(work, account_id)
    assert "was revoked" in await code_for(newsroom, issued.secret)
    assert await codes_of(newsroom, newsroom.author) == [("NOT_ALLOWED", ())]
    async with newsroom.as_(newsroom.administrator) as work:
        await enable_account(work, account_id)
    assert "was revoked" in await code_for(newsroom, issued.secret)


async def test_a_narrow_token_cannot_save(newsroom: Newsroom) -> None:
    issued = await issue(newsroom, newsroom.author, ["entry:read"])
    actor = await actor_of(newsroom, issued.secret)
    head = await newsroom.draft()
    async with newsroom.as_(actor) as work:
        entry_id = await entry_id_of(work, head)
        with pytest.raises(Refused, match="this token's scopes do not include entry:save"):
            await save_draft(work, entry_id, draft_of(title="No"), base_revision=head.id)
