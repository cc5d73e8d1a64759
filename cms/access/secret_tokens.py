"""Secrets that stand for an account, and the rows that remember them."""

from __future__ import annotations

import secrets  # noqa: TID251  # tokens
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Literal, TypeAlias

from sqlalchemy import ColumnElement, delete, select, update

from cms.identifiers import new_id
from cms.storage.database import WriteSession
from cms.tables import Account, Token

SecretKind: TypeAlias = Literal["access", "preview", "refresh", "service"]

_BYTES = 32


def hash_of(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256, in lower-case hexadecimal.

    That is enough for secrets that nobody can guess; passwords take :mod:`cms.access.passwords`.
    """
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def add_token(
    session: WriteSession,
    kind: SecretKind,
    account_id: str,
    now: datetime,
    expires_at: datetime,
    *,
    session_id: str | None = None,
    revision_id: str | None = None,
    name: str = "",
    scopes: Sequence[str] | None = None,
) -> tuple[Token, str]:
    """Make a secret, remember its hash, and return both; nobody can have the secret later."""
    secret = f"copydesk_{kind}_{secrets.token_urlsafe(_BYTES)}"
    token = Token(
        id=new_id("token"),
        account_id=account_id,
        kind=kind,
        name=name,
        hash=hash_of(secret),
        scopes=list(scopes) if scopes is not None else None,
        session_id=session_id,
        revision_id=revision_id,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(token)
    return token, secret


async def hold_account(session: WriteSession, account_id: str) -> Account | None:
    """Return an account as it is now, held until the transaction ends, or ``None``.

    Whoever makes or revokes an account's tokens holds it, so that none is made of what was
    revoked meanwhile.
    """
    # Not held against those who write under its name, which only takes that it exists.
    return await session.scalar(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def revoke_tokens(
    session: WriteSession, now: datetime, *conditions: ColumnElement[bool]
) -> int:
    """Revoke the tokens that fulfil all conditions; return how many were good until now."""
    revoked = await session.execute(
        update(Token)
        .where(Token.revoked_at.is_(None), *conditions)
        .values(revoked_at=now)
        .returning(Token.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(revoked.all())


async def end_sessions(
    session: WriteSession, account_id: str, now: datetime, *, but: str | None = None
) -> None:
    """End an account's sessions; service tokens stay.

    Args:
        session: the transaction, in which the account is held.
        account_id: the account.
        now: the present moment.
        but: the id of a session that goes on.
    """
    others = Token.session_id != but if but is not None else Token.session_id.is_not(None)
    await revoke_tokens(session, now, Token.account_id == account_id, others)


async def drop_expired_tokens(session: WriteSession, account_id: str, now: datetime) -> None:
    """Delete an account's tokens that have expired."""
    await session.execute(
        delete(Token)
        .where(Token.account_id == account_id, Token.expires_at <= now)
        .execution_options(synchronize_session=False)
    )
