"""The reasons for a refusal, as data: the interface ``UserError`` and a type for each code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields

from cms import errors
from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.names import api_name
from cms.errors import (
    GateFailed,
    MissingSignOff,
    PluginRefused,
    Refused,
    StaleRevision,
    TooManyAttempts,
    UserError,
)
from cms.site import Site
from cms.storage.dialects import JsonText
from graphql_api.planner.answers import answers_rows
from graphql_api.planner.declarations import Rows
from graphql_api.planner.json_sql import member, text
from graphql_api.schema.declaring.fields import Declared, many
from graphql_api.schema.declaring.json_parts import part, part_object, part_row
from graphql_api.schema.declaring.row_sources import revision_with_id
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.declaring.words import part_text, part_word
from graphql_api.schema.management.context import plain_object
from graphql_api.schema.management.history import merge_json

PathMapping = Callable[[tuple[str | int, ...]], tuple[str | int, ...]]

# The fields that some errors have beside those of the interface.
_MORE: dict[type[UserError], dict[str, Declared]] = {
    StaleRevision: {
        "base_revision": part_row(
            "Revision | None",
            "baseRevision",
            revision_with_id,
            "Revision from which the refused write started.",
        ),
        "head_revision": part_row(
            "Revision | None",
            "headRevision",
            revision_with_id,
            "Revision that is newest now.",
        ),
        "merge": part_object(
            "MergeProposal | None",
            "merge",
            "Draft that could be saved on top of the newest revision; null if no draft was sent.",
        ),
    },
    MissingSignOff: {
        "stage": part("str", "stage", "Stage of the policy that lacks sign-offs."),
        "missing": part(
            "int", "missing", "Number of people who still have to sign off at the stage."
        ),
    },
    # The other types of failed gates are each of one gate.
    GateFailed: {
        "gate": part_word("PublishGate | None", "gate", "Gate that failed, if it is known."),
    },
    PluginRefused: {
        "plugin": part("str", "plugin", "Name of the plugin."),
    },
    TooManyAttempts: {
        "retry_after": part("int", "retryAfter", "Seconds until another attempt is possible."),
    },
}


class UserErrorFields:
    """A reason for which a mutation was refused."""

    code = part_word("ErrorCode", "code", "Error code, which never changes.")
    code_name = part_text("str", "code", "code")
    message = part(
        "str", "message", "Description of the problem and of what to do about it, in English."
    )
    path = part(
        "list[str]",
        "path",
        "Path of the rejected value in the arguments of the mutation; empty for the whole.",
    )


def error_types() -> Iterator[type[UserError]]:
    """Yield every type of error that the engine declares."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, UserError) and kind is not UserError:
            yield kind


def add_errors(registry: TypeRegistry) -> list[str]:
    """Add the interface and the types; return the types' names."""
    body = dict(vars(UserErrorFields))
    interface = type("UserError", (), body)
    codes = {kind.code: kind.code for kind in error_types()}
    registry.add_words("ErrorCode", "Codes of the errors for which a mutation is refused.", codes)
    registry.add_interface(interface)
    names = []
    for kind in error_types():
        described = {"__doc__": (inspect.getdoc(kind) or "").partition("\n")[0]}
        registry.add_object(type(kind.__name__, (interface,), described), **_MORE.get(kind, {}))
        names.append(kind.__name__)
    return names


def _errors(payload: object) -> Rows:
    rows = answers_rows(member(payload, "errors"))  # type: ignore[arg-type]  # it is JSON
    return Rows(
        rows.relation,
        row=rows.row,
        order=rows.order,
        typename=lambda element: JsonText(element.value, text("type")),
    )


def error_list(description: str) -> Declared:
    """Declare the errors of a payload."""
    return many("list[UserError]", lambda payload, _: _errors(payload), description)


def refusal(refused: Refused, argument_path: PathMapping, site: Site | None = None) -> JsonObject:
    """Return the payload of a mutation that was refused.

    Args:
        refused: the errors.
        argument_path: maps a path in the command's input to one in the mutation's arguments.
        site: the site's declaration, for mutations that save: the draft of a merge proposal is
            shown in the form of its content type.
    """
    return {"errors": [_to_json(error, argument_path, site) for error in refused.errors]}


def _to_json(error: UserError, argument_path: PathMapping, site: Site | None) -> Json:
    known = set(error_types())
    # A plugin's own type of error is not in the schema; its nearest declared base is.
    kind = next((each for each in type(error).__mro__ if each in known), GateFailed)
    more = {
        api_name(field.name): getattr(error, field.name)
        for field in fields(error)
        if field.name not in {"message", "path", "merge"}
    }
    answer = plain_object(
        {
            **more,
            "type": kind.__name__,
            "code": error.code,
            "message": error.message,
            "path": [str(step) for step in argument_path(error.path)],
        }
    )
    if isinstance(error, StaleRevision) and error.merge is not None and site is not None:
        # A null in the proposed values empties a value, so it is kept.
        return {**answer, "merge": merge_json(site, error.merge)}
    return answer
