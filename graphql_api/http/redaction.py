"""Errors of graphql-core without the values in them, which can be passwords.

Left are names, types and positions. A message that can hold a value is cut down to what a pattern
knows of it.
"""

from __future__ import annotations

import re

from graphql import GraphQLError

_VARIABLE = re.compile(r"Variable '\$\w+' has invalid (?:default )?value(?: at [\w.\[\]]+)?: ")
_SYNTAX = "Syntax Error: "

# The part of a message that comes before the value, with a pattern that tells such messages.
_PATTERNS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(Expected (?:a )?value of non-null type '[\w!\[\]]+' (?:not to be None|to be provided))",
        r"(Expected variable '\$\w+' provided to [\w '!\[\]]+?)\.",
        r"(Expected value of type '[\w!\[\]]+' to be an object)(?:, found: |\.$)",
        r"(Expected value of type '\w+' to include required field '\w+')(?:, found: |\.$)",
        r"(Expected value of type '\w+' not to include unknown field '\w+')(?:, found|\.)",
        r"(Expected value of type '\w+')",
        r"(\w+ cannot represent (?:a )?(?:non[\w -]*?)?value)",
        r"(Enum '\w+' cannot represent non-(?:string|enum) value)",
        r"(The value does not exist in '\w+' enum)\.$",  # as below
        r"(expected [^'\"]+)$",  # in words of our own, which never repeat a value
    )
)
_NO_SUCH_NAME = re.compile(r"Value '.*( does not exist in '\w+' enum)\.", re.DOTALL)
# A token of a document, or what a lexer has met: what follows is as the client wrote it.
_TOKEN = re.compile(
    r"(\b(?:Name|String|BlockString|Int|Float|Comment)|:) (?:['\"]|[UN]\+).*", re.DOTALL
)
_SUGGESTED = re.compile(r", did you mean .*", re.DOTALL)


class RedactedError(GraphQLError):
    """An error without the values that a client has sent."""


def without_values(error: GraphQLError) -> GraphQLError:
    """Return an error without the values that a client has sent.

    Errors of our own have a code, and hold none. One without values stays as it is.
    """
    if isinstance(error, RedactedError) or (error.extensions and "code" in error.extensions):
        return error
    return RedactedError(
        _message_of(error), nodes=error.nodes, source=error.source, positions=error.positions
    )


def _message_of(error: GraphQLError) -> str:
    message = error.message
    if message.startswith(_SYNTAX):
        return _SYNTAX + _syntax(message.removeprefix(_SYNTAX))
    variable = _VARIABLE.match(message)
    if variable is None:
        return _value(message) or message
    return variable[0] + (_value(message[variable.end() :]) or "it does not fit the type.")


def _syntax(description: str) -> str:
    """Return what is wrong with the syntax, without the token."""
    shortened = _SUGGESTED.sub("", _TOKEN.sub(r"\1", description))
    return f"{shortened.rstrip('.:').removesuffix(' but got')}."


def _value(message: str) -> str | None:
    """Return why a value does not fit, without it; ``None`` if the message is of another kind."""
    name = _NO_SUCH_NAME.match(message)
    if name is not None:
        return f"The value{name[1]}."
    for pattern in _PATTERNS:
        if (known := pattern.match(message)) is not None:
            return f"{known[1].rstrip('.')}."
    return None
