"""Warnings about saved content."""

from __future__ import annotations

from collections.abc import Iterable

from cms.content.canonical_json import Json
from cms.content.content_warnings import ContentWarning
from graphql_api.schema.declaring.json_parts import part
from graphql_api.schema.management.errors import PathMapping


class Warning_:  # noqa: N801  # Python's own class has the name
    """A problem with a value that was saved nevertheless."""

    code = part("WarningCode", "code", "Warning code, which never changes.")
    message = part(
        "str", "message", "Description of the problem and of what to do about it, in English."
    )
    path = part(
        "list[str]", "path", "Path of the value in the arguments of a mutation, or in the entry."
    )


WARNING = type("Warning", (), dict(vars(Warning_)))


def warnings_json(warnings: Iterable[ContentWarning], argument_path: PathMapping) -> Json:
    """Return warnings as the type ``Warning`` has them.

    Args:
        warnings: the warnings about a saved revision.
        argument_path: maps a path in the content to one in the mutation's arguments.
    """
    return [
        {
            "code": each.code,
            "message": each.message,
            "path": [str(step) for step in argument_path(each.path)],
        }
        for each in warnings
    ]
