"""The parts of the content on which an actor may do something, for whole lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression

from cms.authorization.actions import Action, Roles, grants_for
from cms.authorization.actor import Actor
from cms.reading.view import ContentScope, View
from cms.reading.visibility import category_in_rights, is_within


def scopes_of(actor: Actor, roles: Roles) -> tuple[ContentScope, ...]:
    """Return the parts of the content whose drafts an actor may read."""
    scopes = {
        ContentScope(grant.content_type, grant.category_id, grant.locale)
        for grant in grants_for(actor, Action.ENTRY_READ, roles)
    }
    return tuple(sorted(scopes, key=repr))


@dataclass(frozen=True)
class Subjects:
    """The columns by which rights on rows are limited.

    Attributes:
        content_type: the content type of an entry.
        entry_id: its id.
        category_id: its category.
        locale: the locale of its edition.
    """

    content_type: SQLColumnExpression[Any]
    entry_id: SQLColumnExpression[Any]
    category_id: SQLColumnExpression[Any]
    locale: SQLColumnExpression[Any]


def may_read(actor: Actor, roles: Roles, rows: Subjects) -> ColumnElement[bool]:
    """Return the condition that an actor may read drafts of what rows are about."""
    category_id = category_in_rights(rows.content_type, rows.entry_id, rows.category_id)
    view = View((), scopes=scopes_of(actor, roles))
    return is_within(view, rows.content_type, category_id, rows.locale)
