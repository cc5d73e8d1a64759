"""Errors of graphql-core without the values in them, which can be passwords.

Left are names, types and positions. A message that can hold a value is cut down to what a pattern
knows of it.
"""

from __future__ import annotations

import re

from graphql import GraphQLError
from graphql.pyutils import inspect

_VARIABLE = re.compile(r"Variable '\$\w+' has invalid (?:default )?value(?: at [\w.\[\]]+)?: ")
_SYNTAX = "Syntax Error: "
_SHOWN = 16  # characters of a value that no advice may have

# The part of a message that comes before the value, with a pattern that tells such messages.
_PATTERNS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(Expected (?:a )?value of non-null type '[\w!\[\]]+' (?:not to be None|to be provided))",
        r"(Expected variable '\$\w+' provided to [\w '!\[\]]+?)\.",
        r"(Expected value of type '[\w!\[\]]+' to be an object), found: ",
        r"(Expected value of type '\w+' to include required field '\w+'), found: ",
        r"(Expected value of type '\w+' not to include unknown field '\w+')(?:, found|\.)",
        r"(Expected value of type '\w+')",
        r"(\w+ cannot represent (?:a )?(?:non[\w -]*?)?value)",
        r"(Enum '\w+' cannot represent non-(?:string|enum) value)",
    )
)
_NO_SUCH_NAME = re.compile(r"Value '.*( does not exist in '\w+' enum)\.", re.DOTALL)
# A token of a document, or what a lexer has met: what follows is as the client wrote it.
_TOKEN = re.compile(
    r"(\b(?:Name|String|BlockString|Int|Float|Comment)|:) (?:['\"]|[UN]\+).*", re.DOTALL
)
_SUGGESTED = re.compile(r", did you mean .*", re.DOTALL)


def without_values(error: GraphQLError) -> GraphQLError:
    """Return an error without the values that a client has sent.

    Errors of our own have a code, and hold none.
    """
    if error.extensions and "code" in error.extensions:
        return error
    return GraphQLError(
        _message_of(error), nodes=error.nodes, source=error.source, positions=error.positions
    )


def _message_of(error: GraphQLError) -> str:
    message = error.message
    if message.startswith(_SYNTAX):
        return _SYNTAX + _syntax(message.removeprefix(_SYNTAX))
    variable = _VARIABLE.match(message)
    if variable is None:
        return _value(message, error) or message
    cause = error.original_error
    inner = _value(message[variable.end() :], cause if isinstance(cause, GraphQLError) else error)
    return variable[0] + (inner or "it does not fit the type.")


def _syntax(description: str) -> str:
    """Return what is wrong with the syntax, without the token."""
    shortened = _SUGGESTED.sub("", _TOKEN.sub(r"\1", description))
    return f"{shortened.rstrip('.:').removesuffix(' but got')}."


def _value(message: str, error: GraphQLError) -> str | None:
    """Return why a value does not fit, without it; ``None`` if the message is of another kind."""
    name = _NO_SUCH_NAME.match(message)
    if name is not None:
        return f"The value{name[1]}."
    for pattern in _PATTERNS:
        if (known := pattern.match(message)) is not None:
            hint = _hint(message, error.original_error)
            return f"{known[1]}: {hint}" if hint else f"{known[1]}."
    return None


def _hint(message: str, cause: Exception | None) -> str:
    """Return what a scalar of ours advises, if it does so without the value."""
    if cause is None or isinstance(cause, GraphQLError):
        return ""
    advice = str(cause)
    shown = message.partition(f"encountered error '{advice}'; found: ")[2].removesuffix(".")
    if shown.startswith(("[", "{")):
        return ""  # advice would have it in Python's notation
    core = shown.strip("'\"")
    for spelled in (repr(core), inspect(core), shown):
        if advice.startswith(spelled):
            advice = f"the value{advice.removeprefix(spelled)}"
    return "" if core and core[:_SHOWN] in advice else advice
