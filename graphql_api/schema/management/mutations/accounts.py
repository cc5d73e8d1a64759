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
from graphql_api.schema.management.context import InputValues
from graphql_api.schema.management.mutations.mutation import Mutation, input_field
from graphql_api.schema.management.mutations.payloads import ACCOUNT, GRANT


async def _create(work: Work, inputs: InputValues) -> JsonObject:
    account = await create_account(work, inputs["email"], person_id=inputs.get("personId"))
    return {"account": account.id}


async def _disable(work: Work, inputs: InputValues) -> JsonObject:
    return {"account": (await disable_account(work, inputs["accountId"])).id}


async def _enable(work: Work, inputs: InputValues) -> JsonObject:
    return {"account": (await enable_account(work, inputs["accountId"])).id}


async def _grant(work: Work, inputs: InputValues) -> JsonObject:
    grant = Grant(
        role=inputs["role"],
        stage=inputs.get("stage"),
        content_type=inputs.get("contentType"),
        category_id=inputs.get("categoryId"),
    )
    row = await grant_role(work, inputs["accountId"], grant)
    return {"grant": row.id, "account": row.account_id}


async def _revoke(work: Work, inputs: InputValues) -> JsonObject:
    row = await revoke_role(work, inputs["grantId"])
    return {"account": row.account_id}


async def _revoke_token(work: Work, inputs: InputValues) -> JsonObject:
    await revoke_token(work, inputs["tokenId"])
    return {}


_ACCOUNT_ID = {"account_id": input_field("ID", "The account.")}

ACCOUNT_MUTATIONS = (
    Mutation(
        name="createAccount",
        description="Create an account without any role and without a password.",
        inputs={
            "email": input_field("str", "What it signs in with."),
            "person_id": input_field("ID | None", "The byline under which readers see its work."),
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
            "role": input_field("Role", "The role."),
            "stage": input_field("str | None", "For a reviewer, the one stage to sign off at."),
            "content_type": input_field("EntryType | None", "Only entries of this type."),
            "category_id": input_field("ID | None", "Only entries in this category or below it."),
        },
        payload={**GRANT, **ACCOUNT},
        run=_grant,
    ),
    Mutation(
        name="revokeRole",
        description="Take a role away; it is gone with the next request.",
        inputs={"grant_id": input_field("ID", "The grant.")},
        payload=ACCOUNT,
        run=_revoke,
    ),
    Mutation(
        name="revokeToken",
        description="End a service token.",
        inputs={"token_id": input_field("ID", "The token.")},
        run=_revoke_token,
    ),
)
