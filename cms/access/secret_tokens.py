"""Secret tokens of accounts, and their rows, which store only hashes."""

from __future__ import annotations

import secrets  # noqa: TID251  # tokens
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Literal, TypeAlias

from sqlalchemy import ColumnElement, select

from cms.identifiers import new_id
from cms.storage.database import WriteSession
from cms.tables import Account, Token
from cms.work.work import Work

SecretKind: TypeAlias = Literal["access", "preview", "refresh", "service"]

_BYTES = 32


def hash_of(secret: str) -> str:
    """Return the hash of a secret to store: its SHA-256 in lower-case hexadecimal.

    This is enough for random secrets; passwords use :mod:`cms.access.passwords`.
    """
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


async def add_token(
    work: Work,
    kind: SecretKind,
    account_id: str,
    expires_at: datetime,
    *,
    session_id: str | None = None,
    revision_id: str | None = None,
    name: str = "",
    scopes: Sequence[str] | None = None,
) -> tuple[Token, str]:
    """Create a secret, store its hash, and return both; the secret cannot be read later."""
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
        created_at=work.now,
        expires_at=expires_at,
    )
    await work.insert(token)
    return token, secret


async def hold_account(session: WriteSession, account_id: str) -> Account | None:
    """Return the current row of an account, locked until the transaction ends, or ``None``.

    Issuing and revoking tokens lock the account, so that no token is issued from one that is
    being revoked.
    """
    # A weak lock, which does not block foreign keys to the account.
    return await session.scalar(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def revoke_tokens(work: Work, *conditions: ColumnElement[bool]) -> int:
    """Revoke the tokens that match all conditions; return how many were valid."""
    tokens = await work.session.scalars(
        select(Token).where(Token.revoked_at.is_(None), *conditions)
    )
    valid = tokens.all()
    await work.close(*valid, revoked_at=work.now)
    return len(valid)


async def end_sessions(work: Work, account_id: str, *, but: str | None = None) -> None:
    """End the sessions of an account; service tokens stay valid.

    Args:
        work: the transaction, in which the account is locked.
        account_id: the account.
        but: the id of a session that stays.
    """
    others = Token.session_id != but if but is not None else Token.session_id.is_not(None)
    await revoke_tokens(work, Token.account_id == account_id, others)


async def drop_expired_tokens(work: Work, account_id: str) -> None:
    """Delete the expired tokens of an account."""
    expired = await work.session.scalars(
        select(Token).where(Token.account_id == account_id, Token.expires_at <= work.now)
    )
    await work.delete(*expired)
