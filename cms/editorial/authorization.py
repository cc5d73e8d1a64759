"""Who may do what: one table, and one function that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from cms.editorial.actor import Actor, Grant


class Action(StrEnum):
    """What can be allowed or refused; every command is one."""

    ENTRY_CREATE = "entry:create"
    ENTRY_SAVE = "entry:save"
    ENTRY_PUBLISH = "entry:publish"
    ENTRY_UNPUBLISH = "entry:unpublish"
    REVIEW_REQUEST = "review:request"
    REVIEW_SIGN_OFF = "review:sign-off"
    CATEGORY_CREATE = "category:create"
    TAG_CREATE = "tag:create"
    PERSON_CREATE = "person:create"
    ACCOUNT_CREATE = "account:create"
    ROLE_GRANT = "role:grant"


# Which actions a role includes. Adding a right is one word here.
ROLE_ACTIONS: Mapping[str, frozenset[Action]] = {
    "viewer": frozenset(),
    "author": frozenset({Action.ENTRY_CREATE, Action.ENTRY_SAVE, Action.REVIEW_REQUEST}),
    "reviewer": frozenset({Action.REVIEW_SIGN_OFF}),
    "publisher": frozenset(
        {
            Action.REVIEW_REQUEST,
            Action.ENTRY_PUBLISH,
            Action.ENTRY_UNPUBLISH,
            Action.CATEGORY_CREATE,
            Action.TAG_CREATE,
        }
    ),
    # Everything but signing off: that takes a reviewer's eyes, not an administrator's rank.
    "administrator": frozenset(Action) - {Action.REVIEW_SIGN_OFF},
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What an action would be done to. The empty one stands for the whole installation.

    Attributes:
        content_type: the entry's type.
        categories: the ids of the entry's category and of all above it.
        stage: the stage to sign off at.
        role: the role that the stage asks for.
    """

    content_type: str | None = None
    categories: frozenset[str] = frozenset()
    stage: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class Allowed:
    """Yes, by this grant."""

    grant: Grant


@dataclass(frozen=True)
class Denied:
    """No, and why."""

    reason: str


Decision: TypeAlias = Allowed | Denied


def decide(actor: Actor, action: Action, subject: Subject) -> Decision:
    """Say whether one of the actor's grants includes the action on the subject."""
    for grant in actor.grants:
        if action in ROLE_ACTIONS.get(grant.role, ()) and _covers(grant, subject):
            return Allowed(grant)
    roles = [role for role, actions in ROLE_ACTIONS.items() if action in actions]
    held = sorted({grant.role for grant in actor.grants})
    return Denied(
        f"{action} takes the role {' or '.join(roles)}{_scope_words(subject)}; "
        f"this account holds {', '.join(held) or 'no role'}, which does not cover it"
    )


def _covers(grant: Grant, subject: Subject) -> bool:
    return (
        grant.content_type in (None, subject.content_type)
        and (grant.category_id is None or grant.category_id in subject.categories)
        and (grant.stage is None or grant.stage == subject.stage)
        and (subject.role is None or grant.role == subject.role)
    )


def _scope_words(subject: Subject) -> str:
    words = f" for {subject.content_type}" if subject.content_type else ""
    return words + (f" at the stage {subject.stage!r}" if subject.stage else "")
