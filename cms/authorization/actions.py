"""Actions, the table of roles, and the function that decides with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from cms.authorization.actor import Actor, Grant


class Action(StrEnum):
    """An action that can be allowed or denied; every command has one."""

    ENTRY_READ = "entry:read"
    ENTRY_CREATE = "entry:create"
    ENTRY_SAVE = "entry:save"
    ENTRY_DELETE = "entry:delete"
    ENTRY_ARCHIVE = "entry:archive"
    ENTRY_PUBLISH = "entry:publish"
    ENTRY_UNPUBLISH = "entry:unpublish"
    ENTRY_BREAK_GLASS = "entry:break-glass"
    ENTRY_PUBLISH_IMPORTED = "entry:publish-imported"
    ENTRY_PUBLISH_SETUP = "entry:publish-setup"
    REVISION_PRUNE = "revision:prune"
    REVIEW_REQUEST = "review:request"
    REVIEW_WITHDRAW = "review:withdraw"
    REVIEW_SIGN_OFF = "review:sign-off"
    REVIEW_REQUEST_CHANGES = "review:request-changes"
    REVIEW_INVALIDATE = "review:invalidate"
    COMMENT_WRITE = "comment:write"
    COMMENT_RESOLVE = "comment:resolve"
    PAGE_MOVE = "page:move"
    TYPES_CHANGE = "types:change"
    FILES_RECORD = "files:record"
    REDIRECT_CREATE = "redirect:create"
    REDIRECT_REMOVE = "redirect:remove"
    CATEGORY_CREATE = "category:create"
    CATEGORY_MOVE = "category:move"
    PERSON_CREATE = "person:create"
    ACCOUNT_READ = "account:read"
    ACCOUNT_CREATE = "account:create"
    ACCOUNT_DISABLE = "account:disable"
    PASSWORD_CHANGE = "password:change"
    SESSION_BEGIN = "session:begin"
    SESSION_END = "session:end"
    TOKEN_ISSUE = "token:issue"
    TOKEN_REVOKE = "token:revoke"
    ROLE_GRANT = "role:grant"
    ROLE_REVOKE = "role:revoke"
    KEY_CHANGE = "key:change"
    AUDIT_READ = "audit:read"
    WORDS_PURGE = "words:purge"


class Reach(StrEnum):
    """The objects that an action of a role covers: all, the actor's own, or those of others."""

    ANY = "yes"
    OWN = "own"
    OTHERS = "others'"


# Actions of every signed-in account, whatever its roles.
_EVERYONE: Mapping[str, Reach] = {
    Action.ENTRY_READ: Reach.ANY,
    Action.ACCOUNT_READ: Reach.ANY,
    Action.COMMENT_WRITE: Reach.ANY,
    Action.COMMENT_RESOLVE: Reach.OWN,
    Action.PASSWORD_CHANGE: Reach.OWN,
    Action.SESSION_BEGIN: Reach.OWN,
    Action.SESSION_END: Reach.OWN,
    Action.TOKEN_ISSUE: Reach.OWN,
    Action.TOKEN_REVOKE: Reach.OWN,
}
_EDITORS = {**_EVERYONE, Action.COMMENT_RESOLVE: Reach.ANY}

# Actions of the operator alone, at the server's shell: no role includes them.
OF_THE_OPERATOR = frozenset(
    {
        Action.ENTRY_PUBLISH_IMPORTED,
        Action.ENTRY_PUBLISH_SETUP,
        Action.FILES_RECORD,
        Action.PAGE_MOVE,
        Action.TYPES_CHANGE,
        Action.WORDS_PURGE,
    }
)

# Roles, each with its actions and their reach.
Roles: TypeAlias = Mapping[str, Mapping[str, Reach]]

# The actions of each of Copydesk's roles with their reach. Adding a right is one line.
ROLE_ACTIONS: Roles = {
    "viewer": _EVERYONE,
    "author": {
        **_EDITORS,
        Action.ENTRY_CREATE: Reach.ANY,
        Action.ENTRY_SAVE: Reach.ANY,
        Action.ENTRY_DELETE: Reach.OWN,
        Action.REVIEW_REQUEST: Reach.ANY,
        Action.REVIEW_WITHDRAW: Reach.OWN,
    },
    "reviewer": {
        **_EDITORS,
        # The four-eyes rule: never the actor's own work.
        Action.REVIEW_SIGN_OFF: Reach.OTHERS,
        Action.REVIEW_REQUEST_CHANGES: Reach.OTHERS,
    },
    "publisher": {
        **_EDITORS,
        Action.ENTRY_ARCHIVE: Reach.ANY,
        Action.ENTRY_PUBLISH: Reach.ANY,
        Action.ENTRY_UNPUBLISH: Reach.ANY,
        Action.REVIEW_REQUEST: Reach.ANY,
        Action.REVIEW_WITHDRAW: Reach.ANY,
        Action.REDIRECT_CREATE: Reach.ANY,
        Action.REDIRECT_REMOVE: Reach.ANY,
        Action.CATEGORY_CREATE: Reach.ANY,
        Action.CATEGORY_MOVE: Reach.ANY,
    },
    # All actions except sign-offs and change requests, which are for reviewers.
    "administrator": {
        **dict.fromkeys(
            set(Action) - {Action.REVIEW_SIGN_OFF, Action.REVIEW_REQUEST_CHANGES} - OF_THE_OPERATOR,
            Reach.ANY,
        ),
        # A session or token of another account could sign off in its name.
        Action.SESSION_BEGIN: Reach.OWN,
        Action.TOKEN_ISSUE: Reach.OWN,
    },
}

# The only reach that some actions can have, in any role: four eyes, and nothing in another's name.
FIXED_REACHES: Mapping[str, Reach] = {
    Action.REVIEW_SIGN_OFF: Reach.OTHERS,
    Action.REVIEW_REQUEST_CHANGES: Reach.OTHERS,
    Action.SESSION_BEGIN: Reach.OWN,
    Action.TOKEN_ISSUE: Reach.OWN,
}

# Actions of every account on itself, without any role.
OF_EVERY_ACCOUNT = frozenset(
    {Action.PASSWORD_CHANGE, Action.SESSION_END, Action.TOKEN_ISSUE, Action.TOKEN_REVOKE}
)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The object of an action. An empty subject is the whole installation.

    Attributes:
        content_type: the stored name of the content type of the entry.
        categories: the ids of the entry's category and its ancestors.
        locale: the locale of the edition.
        stage: the stage to sign off at; ``None`` for any stage.
        role: the role that the stage requires.
        is_own: whether the object is the actor's own work, comment, token and so on.
    """

    content_type: str | None = None
    categories: frozenset[str] = frozenset()
    locale: str | None = None
    stage: str | None = None
    role: str | None = None
    is_own: bool = False


@dataclass(frozen=True)
class Allowed:
    """A positive decision, with its grant; ``None`` if no grant is needed."""

    grant: Grant | None


@dataclass(frozen=True)
class Denied:
    """A negative decision with its reason.

    Attributes:
        reason: the missing right.
        is_own_work: whether only the four-eyes rule denies it.
    """

    reason: str
    is_own_work: bool = False


Decision: TypeAlias = Allowed | Denied


def extended_roles(actions: Iterable[str], added: Iterable[Roles]) -> Roles:
    """Return Copydesk's roles, extended by plugins.

    Args:
        actions: the actions of plugins, all of which administrators have.
        added: new roles, and further actions of existing ones.
    """
    roles = {role: dict(reaches) for role, reaches in ROLE_ACTIONS.items()}
    roles["administrator"] |= dict.fromkeys(actions, Reach.ANY)
    for each in added:
        for role, reaches in each.items():
            roles[role] = {**roles.get(role, _EVERYONE), **reaches}
    return roles


def decide(
    actor: Actor,
    action: str,
    subject: Subject,
    roles: Roles,
    type_names: Mapping[str, str] = MappingProxyType({}),
) -> Decision:
    """Return whether one of the actor's grants includes the action on the subject.

    Args:
        actor: the actor.
        action: the action, of Copydesk or of a plugin.
        subject: the object of the action.
        roles: the roles of the site.
        type_names: the declared names of content types by their stored ones, for the reason.
    """
    if actor.scopes is not None and action not in actor.scopes:
        return Denied(f"this token's scopes do not include {action}")
    if action in OF_THE_OPERATOR:
        message = f"{action} is for the operator at the server's shell, and for no account"
        return Allowed(None) if actor.is_operator else Denied(message)
    if action in OF_EVERY_ACCOUNT and actor.account_id is not None and subject.is_own:
        return Allowed(None)
    holders = [
        grant
        for grant in actor.grants
        if action in roles.get(grant.role, ()) and _covers(grant, subject)
    ]
    for grant in holders:
        if _reaches(roles[grant.role][action], subject):
            return Allowed(grant)
    able = [role for role, actions in roles.items() if action in actions]
    held = sorted({grant.role for grant in actor.grants})
    if holders and subject.is_own:
        return Denied(f"{action} is not allowed on your own work", is_own_work=True)
    if holders:
        return Denied(f"{action} is allowed only on what is your own")
    has = f"only {', '.join(held)}" if held else "no role"
    return Denied(
        f"{action} requires the role {' or '.join(able)}{_scope_words(subject, type_names)}; "
        f"this account has {has}"
    )


def grants_for(actor: Actor, action: str, roles: Roles) -> tuple[Grant, ...]:
    """Return the actor's grants that include the action on all objects, for filtering lists.

    The limits of these grants are those that :func:`decide` applies.
    """
    if actor.scopes is not None and action not in actor.scopes:
        return ()
    return tuple(
        grant for grant in actor.grants if roles.get(grant.role, {}).get(action) is Reach.ANY
    )


def may_ever(actor: Actor, actions: Collection[str], content_type: str, roles: Roles) -> bool:
    """Return whether :func:`decide` can allow one of the actions on any content of a type.

    Work that is large and not yet about a certain object asks this first.
    """
    allowed = actions if actor.scopes is None else actor.scopes.intersection(actions)
    return any(
        grant.content_type in (None, content_type)
        and not roles.get(grant.role, {}).keys().isdisjoint(allowed)
        for grant in actor.grants
    )


def _reaches(reach: Reach, subject: Subject) -> bool:
    return reach is Reach.ANY or subject.is_own is (reach is Reach.OWN)


def _covers(grant: Grant, subject: Subject) -> bool:
    return (
        grant.content_type in (None, subject.content_type)
        and (grant.category_id is None or grant.category_id in subject.categories)
        and grant.locale in (None, subject.locale)
        and (subject.stage is None or grant.stage in (None, subject.stage))
        and (subject.role is None or grant.role == subject.role)
    )


def _scope_words(subject: Subject, type_names: Mapping[str, str]) -> str:
    stored_name = subject.content_type
    words = f" for {type_names.get(stored_name, stored_name)}" if stored_name else ""
    words += f" in {subject.locale!r}" if subject.locale else ""
    return words + (f" at the stage {subject.stage!r}" if subject.stage else "")
