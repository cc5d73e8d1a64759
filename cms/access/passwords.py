"""Passwords: hashing, rules and changes."""

from __future__ import annotations

import asyncio
import secrets  # noqa: TID251  # salts
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from cms import clock
from cms.access.rate_limit import Guesser, admit_guess, forget_guesses, take_back_guess
from cms.access.secret_tokens import end_sessions, hold_account
from cms.authorization.actions import Action, Subject
from cms.authorization.actor import Actor
from cms.errors import InvalidValue, NotAllowed, NotFound, Refused, UserError
from cms.events import PasswordChanged
from cms.tables import Account
from cms.work.work import Desk, Work, command

SHORTEST = 12
LONGEST = 200

# Argon2id with the parameters of RFC 9106 for little memory: 64 MiB, 3 passes, 4 lanes.
hasher = PasswordHasher()

# Each run takes 64 MiB, so the number of parallel runs is limited; the others queue.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="copydesk-password")


@dataclass(frozen=True, kw_only=True)
class NewPassword:
    """A new password for an account.

    Attributes:
        text: the password.
        hash: the hash to store; ``None`` if the password breaks a rule for all accounts.
    """

    text: str = field(repr=False)
    hash: str | None = field(repr=False)


async def prepare_password(text: str) -> NewPassword:
    """Hash a password in a thread, before the transaction, since hashing is slow by design.

    The command that gets an invalid password refuses it, not this function.
    """
    fits = not any(problems_with(text))
    return NewPassword(text=text, hash=await hash_password(text) if fits else None)


def problems_with(password: str, email: str = "") -> Iterator[UserError]:
    """Yield the rules that a password breaks for the account with this e-mail address."""
    path = ("newPassword",)
    if len(password) > LONGEST:
        message = f"a password can have at most {LONGEST} characters; choose a shorter one"
        yield InvalidValue(message=message, path=path)
        return
    characters = _normal(password)
    if len(characters) < SHORTEST:
        message = f"a password needs at least {SHORTEST} characters; choose a longer one"
        yield InvalidValue(message=message, path=path)
    if len(set(characters)) == 1:
        message = "a password cannot repeat a single character; choose another one"
        yield InvalidValue(message=message, path=path)
    if email and characters.strip().casefold() == email.casefold():
        message = "a password cannot be the e-mail address; choose another one"
        yield InvalidValue(message=message, path=path)


async def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password, with its salt and parameters."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, hasher.hash, _bytes(password))


async def is_password(password_hash: str | None, password: str) -> bool:
    """Return whether a password has this hash; ``None`` never matches, in the same time."""
    candidate = _bytes(password) if len(password) <= LONGEST else b""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, _verify, password_hash or _decoy(), candidate)


def is_outdated(password_hash: str) -> bool:
    """Return whether a hash was made with other than the current parameters."""
    return hasher.check_needs_rehash(password_hash)


@command(Action.PASSWORD_CHANGE)
async def set_password(work: Work, account_id: str, new_password: NewPassword) -> Account:
    """Set the password of an account without the old one, end its sessions, and return it.

    Args:
        work: the transaction and the actor.
        account_id: the account.
        new_password: a result of :func:`prepare_password`.

    Raises:
        Refused: if the actor may not do this for all accounts or uses a token with scopes,
            there is no such account, or the password breaks a rule.
    """
    # Also for the actor's own account: an open session does not prove who uses it.
    work.authorise(Action.PASSWORD_CHANGE)
    if work.actor.scopes is not None:
        message = "a password gives access beyond the scopes of this token; sign in to set it"
        raise Refused(NotAllowed(message=message))
    account = await hold_account(work.session, account_id)
    if account is None:
        raise Refused(NotFound(message=f"there is no account {account_id!r}"))
    await _keep(work, account, new_password)
    await end_sessions(work, account.id)
    return account


async def change_password(
    desk: Desk,
    actor: Actor,
    *,
    current_password: str,
    new_password: str,
    now: datetime | None = None,
) -> Account:
    """Change the actor's own password, end their other sessions, and return their account.

    Wrong current passwords are rate limited per session.

    Args:
        desk: the site with its database.
        actor: the owner of the password.
        current_password: the proof that the actor owns the account.
        new_password: the new password.
        now: the time of the change; by default, the current time.

    Raises:
        Refused: if the actor has no account or their token does not allow it, the current
            password is wrong or rate limited, or the new one breaks a rule.
    """
    moment = now or clock.now()
    proof = await _look_up(desk, actor, moment)
    new = NewPassword(text=new_password, hash=None)
    guesser = proof.guesser
    if guesser is not None and await is_password(proof.password_hash, current_password):
        proof = replace(proof, is_right=proof.password_hash is not None)
        # Also if the new password is invalid.
        async with desk.database.transaction() as session:
            await take_back_guess(session, guesser, moment)
        new = await prepare_password(new_password)
    async with desk.work(actor, moment) as work:
        return await _change_password(work, actor.account_id, proof, new)


@dataclass(frozen=True, kw_only=True)
class _Proof:
    """The check of a current password.

    Attributes:
        password_hash: the hash of the current password.
        guesser: the source that the attempt was counted for; ``None`` if it is not evaluated.
        is_right: whether the password was right.
    """

    password_hash: str | None = field(default=None, repr=False)
    guesser: Guesser | None = None
    is_right: bool = False


async def _look_up(desk: Desk, actor: Actor, now: datetime) -> _Proof:
    async with desk.work(actor, now) as work:
        account_id = actor.account_id
        if account_id is None or not work.may(Action.PASSWORD_CHANGE, Subject(is_own=True)):
            return _Proof()
        account = await work.session.get(Account, account_id)
        if account is None or account.disabled_at is not None:
            return _Proof()
        # Only the failures of the session itself delay it.
        place = actor.session_id or actor.token_id or account.id
        guesser = Guesser(account.email, place)
        await admit_guess(work.session, guesser, now)
        return _Proof(password_hash=account.password_hash, guesser=guesser)


@command(Action.PASSWORD_CHANGE)
async def _change_password(
    work: Work, account_id: str | None, proof: _Proof, new_password: NewPassword
) -> Account:
    work.authorise(Action.PASSWORD_CHANGE, Subject(is_own=True))
    account = await hold_account(work.session, account_id or work.account_id())
    if account is None or not proof.is_right or account.password_hash != proof.password_hash:
        message = "this is not your current password"
        raise Refused(InvalidValue(message=message, path=("currentPassword",)))
    await _keep(work, account, new_password)
    await end_sessions(work, account.id, but=work.actor.session_id)
    return account


async def _keep(work: Work, account: Account, new_password: NewPassword) -> None:
    problems = list(problems_with(new_password.text, account.email))
    if problems:
        raise Refused(*problems)
    await work.update(account, password_hash=new_password.hash)
    work.emit(PasswordChanged(subject=account.id))
    await forget_guesses(work.session, account.email, work.now)


def _verify(password_hash: str, password: bytes) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """Return a password in the normal form (NFKC) that does not depend on the keyboard."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    # A lone surrogate is not refused here, since the error would contain the password.
    return _normal(password).encode(errors="surrogatepass")


def _decoy() -> str:
    """Return a hash that matches no password and takes as long to compare as any other."""
    salt, digest = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


async def reset_password(
    desk: Desk, actor: Actor, account_id: str, *, new_password: str
) -> Account:
    """Hash a password and set it with :func:`set_password`.

    Raises:
        Refused: like :func:`set_password`; rights are checked before the slow hashing.
    """
    async with desk.reading(actor) as reading:
        reading.authorise(Action.PASSWORD_CHANGE)
    prepared = await prepare_password(new_password)
    async with desk.work(actor) as work:
        return await set_password(work, account_id, prepared)
