"""Signing in and out, passwords and service tokens: what has secrets in it."""

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
from cms.work.work import begin_work
from graphql_api.schema.declaring.json_parts import part
from graphql_api.schema.management.context import InputValues, RequestContext, days
from graphql_api.schema.management.mutations.mutation import SecretMutation, input_field
from graphql_api.schema.management.mutations.payloads import ACCOUNT, TOKEN

# What can be asked for without an account.
OPEN_TO_ALL = frozenset({"signIn", "refreshSession"})
# What makes or ends credentials of Copydesk's own, at which a host with accounts does not look.
# Accounts and their roles stay Copydesk's, and so do previews, which need no account.
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
        context.database,
        context.site,
        email=inputs["email"],
        password=inputs["password"],
        address=context.address,
        lifetimes=context.lifetimes,
    )
    return _tokens_answer(signed_in)


async def _refresh(context: RequestContext, inputs: InputValues) -> JsonObject:
    signed_in = await refresh_session(
        context.database, context.site, inputs["refreshToken"], lifetimes=context.lifetimes
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
    async with begin_work(context.database, context.site, context.actor) as work:
        await sign_out(work)
    return {}


async def _sign_out_everywhere(context: RequestContext, inputs: InputValues) -> JsonObject:
    async with begin_work(context.database, context.site, context.actor) as work:
        await sign_out_everywhere(work, inputs.get("accountId"))
    return {}


async def _change_password(context: RequestContext, inputs: InputValues) -> JsonObject:
    account = await change_password(
        context.database,
        context.site,
        context.actor,
        current_password=inputs["currentPassword"],
        new_password=inputs["newPassword"],
    )
    return {"account": account.id}


async def _set_password(context: RequestContext, inputs: InputValues) -> JsonObject:
    account = await reset_password(
        context.database,
        context.site,
        context.actor,
        inputs["accountId"],
        new_password=inputs["newPassword"],
    )
    return {"account": account.id}


async def _issue(context: RequestContext, inputs: InputValues) -> JsonObject:
    async with begin_work(context.database, context.site, context.actor) as work:
        issued = await issue_token(
            work,
            inputs["name"],
            scopes=inputs.get("scopes"),
            valid_for=days(inputs["validForDays"]),
        )
    return {"token": issued.id, "secret": issued.secret}


async def _preview(context: RequestContext, inputs: InputValues) -> JsonObject:
    async with begin_work(context.database, context.site, context.actor) as work:
        issued = await issue_preview(
            work,
            inputs["entryId"],
            revision_id=inputs.get("revisionId"),
            locale=inputs.get("locale"),
        )
    return {"secret": issued.secret, "expiresAt": as_text(issued.token.expires_at)}


_TOKENS = {
    "access_token": part(
        "str | None", "accessToken", "To be sent with every request: `Authorization: Bearer …`."
    ),
    "access_expires_at": part("DateTime | None", "accessExpiresAt", "Until when it is good."),
    "refresh_token": part("str | None", "refreshToken", "Gets the next two tokens, once."),
    "refresh_expires_at": part("DateTime | None", "refreshExpiresAt", "Until when it is good."),
    **ACCOUNT,
}

SESSION_MUTATIONS = (
    SecretMutation(
        name="signIn",
        description="Begin a session.",
        inputs={
            "email": input_field("str", "The account's address."),
            "password": input_field("str", "Its password."),
        },
        payload=_TOKENS,
        run=_sign_in,
    ),
    SecretMutation(
        name="refreshSession",
        description="Go on with a session; the refresh token is used up.",
        inputs={"refresh_token": input_field("str", "The newest that the session has got.")},
        payload=_TOKENS,
        run=_refresh,
    ),
    SecretMutation(name="signOut", description="End this session.", run=_sign_out),
    SecretMutation(
        name="signOutEverywhere",
        description="End all sessions of an account, by default one's own.",
        inputs={"account_id": input_field("ID | None", "The account, if not one's own.")},
        run=_sign_out_everywhere,
    ),
    SecretMutation(
        name="changePassword",
        description="Choose another password; all other sessions end.",
        inputs={
            "current_password": input_field("str", "The password until now."),
            "new_password": input_field("str", "The one from now on, of 12 characters or more."),
        },
        payload=ACCOUNT,
        run=_change_password,
    ),
    SecretMutation(
        name="setPassword",
        description="Give an account a password; all its sessions end.",
        inputs={
            "account_id": input_field("ID", "The account."),
            "new_password": input_field("str", "The password, of 12 characters or more."),
        },
        payload=ACCOUNT,
        run=_set_password,
    ),
    SecretMutation(
        name="issuePreview",
        description="Make a token that shows a frontend one revision as if it were public.",
        inputs={
            "entry_id": input_field("ID", "The entry."),
            "revision_id": input_field("ID | None", "The revision; by default the newest."),
            "locale": input_field(
                "Locale | None", "The edition; by default the site's first locale."
            ),
        },
        payload={
            "secret": part("str | None", "secret", "To be sent to the delivery API as a bearer."),
            "expires_at": part("DateTime | None", "expiresAt", "Until when it is good."),
        },
        run=_preview,
    ),
    SecretMutation(
        name="issueToken",
        description="Make a service token for one's own account; its secret is shown this once.",
        inputs={
            "name": input_field("str", "What it is for."),
            "scopes": input_field(
                "list[Action] | None", "Actions that it is good for; null for all."
            ),
            "valid_for_days": input_field("int", "How long it is good, at most 366 days."),
        },
        payload={
            **TOKEN,
            "secret": part("str | None", "secret", "The secret. It is not kept anywhere."),
        },
        run=_issue,
    ),
)
