"""Texts that are rendered before the transaction of the command that saves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from cms.authorization.actions import Action, may_ever
from cms.authorization.actor import Actor
from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.snapshot import render_ahead
from cms.errors import Refused
from cms.site import Site
from cms.work.bulk import in_turn

A = TypeVar("A")

# Saving needs the right to one of these.
_SAVING = (
    Action.ENTRY_CREATE,
    Action.ENTRY_SAVE,
    Action.CATEGORY_CREATE,
    Action.PERSON_CREATE,
)


async def render_before_saving(
    site: Site,
    actor: Actor,
    content_type: type[ContentType],
    drafts: Sequence[A],
    fields_of: Callable[[A], Mapping[str, Json]],
) -> None:
    """Render texts of drafts, so that their transaction holds its locks for its rows alone.

    Nothing is rendered for an actor who can save no content of the type; the command says so.

    Args:
        site: the site.
        actor: the actor.
        content_type: the content type of the drafts.
        drafts: the drafts, in any form.
        fields_of: returns the values of a draft's fields; what it refuses, the command will.
    """

    def render(draft: A) -> None:
        with suppress(Refused):
            render_ahead(content_type, fields_of(draft))

    if may_ever(actor, _SAVING, content_type.stored_name, site.roles):
        await in_turn(drafts, render)
