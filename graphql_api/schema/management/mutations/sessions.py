"""Mutations with secrets: sessions, passwords, previews and service tokens."""

from __future__ import annotations

from cms.access.sessions import SignedIn
from cms.commands import (
    change_password,
    issue_preview,
    issue_token,
    refresh_session,
    reset_password,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from cms.content.canonical_json import JsonObject
from cms.storage.dialects import as_text
from graphql_api.schema.declaring.json_parts import part
from graphql_api.schema.management.context import InputValues, RequestContext, days
from graphql_api.schema.management.mutations.mutation import SecretMutation, input_field
from graphql_api.schema.management.mutations.payloads import ACCOUNT, TOKEN

# The mutations that need no account.
OPEN_TO_ALL = frozenset({"signIn", "refreshSession"})
# The mutations that issue or end credentials of Copydesk, which a host application with accounts
# of its own does not use. Accounts, roles and previews are Copydesk's in every host.
OWN_CREDENTIALS = frozenset(
    {
        *OPEN_TO_ALL,
        "signOut",
        "signOutEverywhere",
        "changePassword",
        "setPassword",
        "issueToken",
        "revokeToken",
    }
)


async def _sign_in(context: RequestContext, inputs: InputValues) -> JsonObject:
    signed_in = await sign_in(
        context.desk,
        email=inputs["email"],
        password=inputs["password"],
        address=context.address,
        lifetimes=context.lifetimes,
    )
    return _tokens_answer(signed_in)


async def _refresh(context: RequestContext, inputs: InputValues) -> JsonObject:
    signed_in = await refresh_session(
        context.desk, inputs["refreshToken"], lifetimes=context.lifetimes
    )
    return _tokens_answer(signed_in)


def _tokens_answer(signed_in: SignedIn) -> JsonObject:
    return {
        "accessToken": signed_in.access_token,
        "accessExpiresAt": as_text(signed_in.access_expires_at),
        "refreshToken": signed_in.refresh_token,
        "refreshExpiresAt": as_text(signed_in.refresh_expires_at),
        "account": signed_in.account_id,
    }


async def _sign_out(context: RequestContext, _: InputValues) -> JsonObject:
    async with context.desk.work(context.actor) as work:
        await sign_out(work)
    return {}


async def _sign_out_everywhere(context: RequestContext, inputs: InputValues) -> JsonObject:
    async with context.desk.work(context.actor) as work:
        await sign_out_everywhere(work, inputs.get("accountId"))
    return {}


async def _change_password(context: RequestContext, inputs: InputValues) -> JsonObject:
    account = await change_password(
        context.desk,
        context.actor,
        current_password=inputs["currentPassword"],
        new_password=inputs["newPassword"],
    )
    return {"account": account.id}


async def _set_password(context: RequestContext, inputs: InputValues) -> JsonObject:
    account = await reset_password(
        context.desk,
        context.actor,
        inputs["accountId"],
        new_password=inputs["newPassword"],
    )
    return {"account": account.id}


async def _issue(context: RequestContext, inputs: InputValues) -> JsonObject:
    async with context.desk.work(context.actor) as work:
        issued = await issue_token(
            work,
            inputs["name"],
            scopes=inputs.get("scopes"),
            valid_for=days(inputs["validForDays"]),
        )
    return {"token": issued.id, "secret": issued.secret}


async def _preview(context: RequestContext, inputs: InputValues) -> JsonObject:
    async with context.desk.work(context.actor) as work:
        issued = await issue_preview(
            work,
            inputs["entryId"],
            revision_id=inputs.get("revisionId"),
            locale=inputs.get("locale"),
        )
    return {"secret": issued.secret, "expiresAt": as_text(issued.token.expires_at)}


_TOKENS = {
    "access_token": part(
        "str | None",
        "accessToken",
        "Access token, for the header `Authorization: Bearer …` of every request; "
        "null if {mutation} was refused.",
    ),
    "access_expires_at": part(
        "DateTime | None", "accessExpiresAt", "When the access token expires."
    ),
    "refresh_token": part(
        "str | None", "refreshToken", "Refresh token, with which `refreshSession` succeeds once."
    ),
    "refresh_expires_at": part(
        "DateTime | None", "refreshExpiresAt", "When the refresh token expires."
    ),
    **ACCOUNT,
}

SESSION_MUTATIONS = (
    SecretMutation(
        name="signIn",
        description="Start a session with an email address and a password.",
        inputs={
            "email": input_field("str", "Email address of the account."),
            "password": input_field("str", "Password of the account."),
        },
        payload=_TOKENS,
        run=_sign_in,
    ),
    SecretMutation(
        name="refreshSession",
        description="Continue a session with new tokens. The refresh token cannot be used again.",
        inputs={"refresh_token": input_field("str", "Newest refresh token of the session.")},
        payload=_TOKENS,
        run=_refresh,
    ),
    SecretMutation(name="signOut", description="End the session of the request.", run=_sign_out),
    SecretMutation(
        name="signOutEverywhere",
        description="End all sessions of an account.",
        inputs={
            "account_id": input_field("ID | None", "Id of the account; default: the actor's own.")
        },
        run=_sign_out_everywhere,
    ),
    SecretMutation(
        name="changePassword",
        description="Change the password of the actor's account. All its other sessions end.",
        inputs={
            "current_password": input_field("str", "Present password of the account."),
            "new_password": input_field("str", "New password, of 12 characters or more."),
        },
        payload=ACCOUNT,
        run=_change_password,
    ),
    SecretMutation(
        name="setPassword",
        description="Set the password of an account. All its sessions end.",
        inputs={
            "account_id": input_field("ID", "Id of the account whose password is set."),
            "new_password": input_field("str", "New password, of 12 characters or more."),
        },
        payload=ACCOUNT,
        run=_set_password,
    ),
    SecretMutation(
        name="issuePreview",
        description="Issue a token with which a frontend sees one revision as if it were public.",
        inputs={
            "entry_id": input_field("ID", "Id of the entry to preview."),
            "revision_id": input_field(
                "ID | None", "Id of the revision to preview; default: the newest."
            ),
            "locale": input_field(
                "Locale | None",
                "Locale of the edition to preview; default: the site's first locale.",
            ),
        },
        payload={
            "secret": part(
                "str | None", "secret", "Bearer token for the delivery API; null if it was refused."
            ),
            "expires_at": part("DateTime | None", "expiresAt", "When the preview token expires."),
        },
        run=_preview,
    ),
    SecretMutation(
        name="issueToken",
        description="Issue a service token for the actor's account. The secret is returned once.",
        inputs={
            "name": input_field("str", "Purpose of the token."),
            "scopes": input_field(
                "list[Action] | None",
                "Actions that the token allows; null for all that the account may do.",
            ),
            "valid_for_days": input_field("int", "Validity in days, at most 366."),
        },
        payload={
            **TOKEN,
            "secret": part(
                "str | None",
                "secret",
                "Secret of the token, which is stored nowhere; null if it was refused.",
            ),
        },
        run=_issue,
    ),
)
