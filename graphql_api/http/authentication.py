"""Credentials → actor. Authentication only; authorization is in ``cms.authorization``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import HTTPConnection

from cms.access.sessions import identify, previewed_revision
from cms.authorization.actor import ANONYMOUS, Actor
from cms.clock import now
from cms.errors import Refused
from cms.storage.database import Database
from graphql_api.http.errors import RequestFailed, request_failure

# A host application's function that identifies the actor, in place of Copydesk's accounts.
Identify: TypeAlias = Callable[[HTTPConnection], Awaitable[Actor]]


async def actor_of(database: Database, authorization: str | None) -> Actor:
    """Return the actor of an ``Authorization`` header; without one, the anonymous actor.

    Raises:
        RequestFailed: if it is no bearer token, or an invalid one.
    """
    if authorization is None:
        return ANONYMOUS
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise unauthenticated_failure("Send the token as `Authorization: Bearer …`.")
    try:
        return await identify(database, secret.strip(), now())
    except Refused as refusal:
        raise unauthenticated_failure(refusal.errors[0].message) from None


async def preview_of(database: Database, secret: str) -> str:
    """Return the id of the revision that a preview token shows.

    Raises:
        RequestFailed: if the token is invalid.
    """
    async with database.asking() as session:
        try:
            return await previewed_revision(session, secret, now())
        except Refused as refusal:
            raise unauthenticated_failure(refusal.errors[0].message) from None


def unauthenticated_failure(message: str) -> RequestFailed:
    """Return the failure of a request without valid credentials."""
    return request_failure(message, "UNAUTHENTICATED", status=401)
