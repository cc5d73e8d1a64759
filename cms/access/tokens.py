"""Service tokens, which act for an account, and preview tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cms.access.secret_tokens import add_token, hold_account
from cms.authorization.actions import Action, Subject
from cms.content.fields.base import as_text as checked_text
from cms.drafts.loading import authorise_on, get, get_revision, look_at
from cms.errors import InvalidValue, NotAllowed, NotFound, Refused, UserError
from cms.events import TokenIssued, TokenRevoked
from cms.site import Site
from cms.tables import Token
from cms.work.work import Work, command

LONGEST_NAME = 100
LONGEST_VALIDITY = timedelta(days=366)
LONGEST_PREVIEW = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class IssuedToken:
    """A new service token.

    Attributes:
        token: the stored token.
        secret: its secret, which is not stored.
    """

    token: Token
    secret: str = field(repr=False)

    @property
    def id(self) -> str:
        """The token's id."""
        return self.token.id


@command(Action.TOKEN_ISSUE)
async def issue_token(
    work: Work, name: str, *, scopes: Sequence[str] | None, valid_for: timedelta
) -> IssuedToken:
    """Issue a service token for the actor's own account and return it with its secret.

    Args:
        work: the transaction and the actor.
        name: the purpose of the token.
        scopes: the actions that the token allows, within the rights of its account; ``None``
            for all of them.
        valid_for: the lifetime of the token; at most :data:`LONGEST_VALIDITY`.

    Raises:
        Refused: if the actor is not allowed to, has no account, or uses a token with narrower
            scopes; or if the name, the scopes or the lifetime are invalid.
    """
    work.authorise(Action.TOKEN_ISSUE, Subject(is_own=True))
    account = await hold_account(work.session, work.account_id())
    if account is None or account.disabled_at is not None:
        raise Refused(NotAllowed(message="this account is disabled; ask an administrator"))
    problems = [
        *_problems_with(work.site, name, scopes, valid_for),
        *_wider_than(work.actor.scopes, scopes),
    ]
    if problems:
        raise Refused(*problems)
    chosen = list(dict.fromkeys(scopes)) if scopes is not None else None
    until = work.now + valid_for
    token, secret = await add_token(
        work, "service", account.id, until, name=name.strip(), scopes=chosen
    )
    recorded = tuple(chosen) if chosen is not None else None
    work.emit(TokenIssued(subject=token.id, scopes=recorded, until=until))
    return IssuedToken(token=token, secret=secret)


@command(Action.TOKEN_ISSUE)
async def issue_preview(
    work: Work,
    entry_id: str,
    *,
    revision_id: str | None = None,
    locale: str | None = None,
    valid_for: timedelta = LONGEST_PREVIEW,
) -> IssuedToken:
    """Issue a token that shows one revision to a frontend as if it were public; return it.

    It shows no other draft, is not valid for the management API, and ends with the session
    that issued it.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        revision_id: the revision to show; by default, the newest.
        locale: the locale of the edition; by default, that of the site.
        valid_for: the lifetime of the token; at most :data:`LONGEST_PREVIEW`.

    Raises:
        Refused: if the actor may not read the entry, there is no such revision, or the lifetime
            is invalid.
    """
    held = await look_at(work, entry_id, locale)
    await authorise_on(work, Action.ENTRY_READ, held)
    work.authorise(Action.TOKEN_ISSUE, Subject(is_own=True))
    revision = await get_revision(work, held.edition, revision_id or held.head.id)
    if not timedelta(0) < valid_for <= LONGEST_PREVIEW:
        message = f"a preview must last longer than 0 and at most {LONGEST_PREVIEW}"
        raise Refused(InvalidValue(message=message, path=("validFor",)))
    account = await hold_account(work.session, work.account_id())
    if account is None or account.disabled_at is not None:
        raise Refused(NotAllowed(message="this account is disabled; ask an administrator"))
    until = work.now + valid_for
    token, secret = await add_token(
        work,
        "preview",
        account.id,
        until,
        session_id=work.actor.session_id,
        revision_id=revision.id,
    )
    work.emit(TokenIssued(subject=token.id, until=until))
    return IssuedToken(token=token, secret=secret)


@command(Action.TOKEN_REVOKE)
async def revoke_token(work: Work, token_id: str) -> Token:
    """Revoke a service token immediately and permanently, and return it.

    Raises:
        Refused: if the actor is not allowed to, or has no such token.
    """
    token = await get(work, Token, token_id)
    subject = Subject(is_own=token.account_id == work.actor.account_id)
    if token.kind != "service" or not (subject.is_own or work.may(Action.TOKEN_REVOKE, subject)):
        # The same message for tokens of other accounts, so that it does not reveal them.
        raise Refused(NotFound(message=f"there is no token {token_id!r}"))
    work.authorise(Action.TOKEN_REVOKE, subject)
    if token.revoked_at is None:
        await work.close(token, revoked_at=work.now)
        work.emit(TokenRevoked(subject=token.id))
    return token


def _problems_with(
    site: Site, name: str, scopes: Sequence[str] | None, valid_for: timedelta
) -> Iterator[UserError]:
    problems: list[UserError] = []
    if not checked_text(name, ("name",), problems, LONGEST_NAME).strip():
        message = "a token needs a name; describe its purpose"
        problems.append(InvalidValue(message=message, path=("name",)))
    yield from problems
    for index, scope in enumerate(scopes or ()):
        if scope not in site.actions:
            message = f"there is no action {scope!r}; use any of {', '.join(site.actions)}"
            yield InvalidValue(message=message, path=("scopes", index))
    if scopes is not None and not scopes:
        message = "an empty list of scopes allows nothing; list some, or leave the scopes out"
        yield InvalidValue(message=message, path=("scopes",))
    if not timedelta(0) < valid_for <= LONGEST_VALIDITY:
        message = f"a token must be valid for at least 1 and at most {LONGEST_VALIDITY.days} days"
        yield InvalidValue(message=message, path=("validFor",))


def _wider_than(own: frozenset[str] | None, scopes: Sequence[str] | None) -> Iterator[UserError]:
    """Yield an error if the new token would allow more than the token that issues it."""
    if own is None:
        return
    more = sorted(set(scopes) - own) if scopes is not None else ["every action of the account"]
    if more:
        message = f"a token cannot issue one with wider scopes than its own: {', '.join(more)}"
        yield NotAllowed(message=message, path=("scopes",))
