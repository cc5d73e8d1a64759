"""Who may sign in, and what they may do."""

from __future__ import annotations

from cms.authorization.actor import Grant
from cms.commands import (
    create_account,
    disable_account,
    enable_account,
    grant_role,
    revoke_role,
    revoke_token,
)
from cms.content.canonical_json import JsonObject
from cms.work.work import Work
from graphql_api.schema.management.context import Given
from graphql_api.schema.management.mutations.mutation import Mutation, wanted
from graphql_api.schema.management.mutations.payloads import ACCOUNT, GRANT


async def _create(work: Work, given: Given) -> JsonObject:
    account = await create_account(work, given["email"], person_id=given.get("personId"))
    return {"account": account.id}


async def _disable(work: Work, given: Given) -> JsonObject:
    return {"account": (await disable_account(work, given["accountId"])).id}


async def _enable(work: Work, given: Given) -> JsonObject:
    return {"account": (await enable_account(work, given["accountId"])).id}


async def _grant(work: Work, given: Given) -> JsonObject:
    grant = Grant(
        role=given["role"],
        stage=given.get("stage"),
        content_type=given.get("contentType"),
        category_id=given.get("categoryId"),
    )
    row = await grant_role(work, given["accountId"], grant)
    return {"grant": row.id, "account": row.account_id}


async def _revoke(work: Work, given: Given) -> JsonObject:
    row = await revoke_role(work, given["grantId"])
    return {"account": row.account_id}


async def _revoke_token(work: Work, given: Given) -> JsonObject:
    await revoke_token(work, given["tokenId"])
    return {}


_ACCOUNT_ID = {"account_id": wanted("ID", "The account.")}

ACCOUNT_MUTATIONS = (
    Mutation(
        name="createAccount",
        description="Create an account without any role and without a password.",
        inputs={
            "email": wanted("str", "What it signs in with."),
            "person_id": wanted("ID | None", "The byline under which readers see its work."),
        },
        payload=ACCOUNT,
        run=_create,
    ),
    Mutation(
        name="disableAccount",
        description="Keep an account from signing in, and end all that it has open.",
        inputs=_ACCOUNT_ID,
        payload=ACCOUNT,
        run=_disable,
    ),
    Mutation(
        name="enableAccount",
        description="Let a disabled account sign in again.",
        inputs=_ACCOUNT_ID,
        payload=ACCOUNT,
        run=_enable,
    ),
    Mutation(
        name="grantRole",
        description="Give an account a role, for all content or for a part of it.",
        inputs={
            **_ACCOUNT_ID,
            "role": wanted("Role", "The role."),
            "stage": wanted("str | None", "For a reviewer, the one stage to sign off at."),
            "content_type": wanted("EntryType | None", "Only entries of this type."),
            "category_id": wanted("ID | None", "Only entries in this category or below it."),
        },
        payload={**GRANT, **ACCOUNT},
        run=_grant,
    ),
    Mutation(
        name="revokeRole",
        description="Take a role away; it is gone with the next request.",
        inputs={"grant_id": wanted("ID", "The grant.")},
        payload=ACCOUNT,
        run=_revoke,
    ),
    Mutation(
        name="revokeToken",
        description="End a service token.",
        inputs={"token_id": wanted("ID", "The token.")},
        run=_revoke_token,
    ),
)
