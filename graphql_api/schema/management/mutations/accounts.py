"""Mutations of accounts, role grants and service tokens."""

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
    stored_name = inputs.get("contentType")
    grant = Grant(
        role=inputs["role"],
        stage=inputs.get("stage"),
        content_type=work.site.stored_type(stored_name).name if stored_name is not None else None,
        category_id=inputs.get("categoryId"),
        locale=inputs.get("locale"),
    )
    row = await grant_role(work, inputs["accountId"], grant)
    return {"grant": row.id, "account": row.account_id}


async def _revoke(work: Work, inputs: InputValues) -> JsonObject:
    row = await revoke_role(work, inputs["grantId"])
    return {"account": row.account_id}


async def _revoke_token(work: Work, inputs: InputValues) -> JsonObject:
    await revoke_token(work, inputs["tokenId"])
    return {}


_ACCOUNT_ID = {"account_id": input_field("ID", "Id of the account to which {mutation} applies.")}

ACCOUNT_MUTATIONS = (
    Mutation(
        name="createAccount",
        description="Create an account, without a role or a password.",
        inputs={
            "email": input_field("str", "Email address with which the account signs in; unique."),
            "person_id": input_field(
                "ID | None", "Id of the person under whose byline readers see the account's work."
            ),
        },
        payload=ACCOUNT,
        run=_create,
    ),
    Mutation(
        name="disableAccount",
        description="Prevent an account from signing in, and end all its sessions.",
        inputs=_ACCOUNT_ID,
        payload=ACCOUNT,
        run=_disable,
    ),
    Mutation(
        name="enableAccount",
        description="Allow a disabled account to sign in again.",
        inputs=_ACCOUNT_ID,
        payload=ACCOUNT,
        run=_enable,
    ),
    Mutation(
        name="grantRole",
        description="Give an account a role, for all content or for a part of it.",
        inputs={
            **_ACCOUNT_ID,
            "role": input_field("Role", "Role to grant."),
            "stage": input_field(
                "str | None",
                "For a reviewer, the only stage at which to sign off; default: every stage.",
            ),
            "content_type": input_field(
                "EntryType | None", "Content type to which the grant is limited; default: all."
            ),
            "category_id": input_field(
                "ID | None",
                "Id of the category to whose subtree the grant is limited; default: all.",
            ),
            "locale": input_field(
                "Locale | None", "Locale to which the grant is limited; default: all."
            ),
        },
        payload={**GRANT, **ACCOUNT},
        run=_grant,
    ),
    Mutation(
        name="revokeRole",
        description="Revoke a role grant, with effect from the account's next request.",
        inputs={"grant_id": input_field("ID", "Id of the grant to revoke.")},
        payload=ACCOUNT,
        run=_revoke,
    ),
    Mutation(
        name="revokeToken",
        description="Revoke a service token.",
        inputs={"token_id": input_field("ID", "Id of the token to revoke.")},
        run=_revoke_token,
    ),
)
