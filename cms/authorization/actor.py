"""The actor of a request or command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A role with its limits; ``None`` is no limit.

    Attributes:
        role: the role, of Copydesk or of a plugin; see :attr:`cms.site.Site.roles`.
        stage: for reviewers, the only stage to sign off at.
        content_type: only entries of this type: for an actor by its stored name, and for who
            grants it by the declared one.
        category_id: only entries in this category or below it.
        locale: only editions in this locale.
    """

    role: str
    stage: str | None = None
    content_type: str | None = None
    category_id: str | None = None
    locale: str | None = None


@dataclass(frozen=True, kw_only=True)
class Actor:
    """An account with its current grants.

    Attributes:
        account_id: the account; ``None`` for the operator and for anonymous requests.
        person_id: its public byline, if any.
        grants: its roles.
        scopes: the actions that its token allows; ``None`` for all.
        session_id: its session, if it signed in.
        token_id: its token, if it has one.
    """

    account_id: str | None
    person_id: str | None = None
    grants: tuple[Grant, ...] = ()
    scopes: frozenset[str] | None = None
    session_id: str | None = None
    token_id: str | None = None

    @property
    def is_operator(self) -> bool:
        """True for the operator, who has grants and no account."""
        return self.account_id is None and bool(self.grants)

    @property
    def name(self) -> str:
        """The actor's name in the audit chain."""
        return self.account_id or ("operator" if self.is_operator else "anonymous")


# The operator has access to the database anyway; the commands record what they do with it.
# Without an account, the operator can be neither author nor reviewer.
OPERATOR = Actor(account_id=None, grants=(Grant(role="administrator"),))

# An unauthenticated actor, who can only sign in.
ANONYMOUS = Actor(account_id=None)
