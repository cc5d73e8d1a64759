"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["viewer", "author", "reviewer", "publisher", "administrator"]


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A role, and what it is limited to. What is ``None`` does not limit it.

    Attributes:
        role: what its holder may do; see :data:`cms.authorization.actions.ROLE_ACTIONS`.
        stage: for a reviewer, the one stage to sign off at.
        content_type: only entries of this type.
        category_id: only entries in this category or below it.
    """

    role: str
    stage: str | None = None
    content_type: str | None = None
    category_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Actor:
    """An account, with the grants it holds at the moment.

    Attributes:
        account_id: the account, or ``None`` for someone at the server's own shell.
        person_id: the byline it is tied to, if any.
        grants: what it may do.
        scopes: the actions that its token is good for; ``None`` for all of them.
        session_id: the session that it is signed in with, if that is how it came.
        token_id: the token that it came with, if it did.
    """

    account_id: str | None
    person_id: str | None = None
    grants: tuple[Grant, ...] = ()
    scopes: frozenset[str] | None = None
    session_id: str | None = None
    token_id: str | None = None

    @property
    def name(self) -> str:
        """How the audit chain calls the actor."""
        return self.account_id or ("operator" if self.grants else "anonymous")


# Someone who can open the database can do with it what they like; what they do through the
# commands is recorded. An operator has no account, so can be neither author nor reviewer.
OPERATOR = Actor(account_id=None, grants=(Grant(role="administrator"),))

# Somebody who has not said who they are. They may do nothing but sign in.
ANONYMOUS = Actor(account_id=None)
