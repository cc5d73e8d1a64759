"""Errors of graphql-core without their values, which can be passwords.

Names, types and positions remain. A message that can contain a value is reduced to the part that a
pattern matches.
"""

from __future__ import annotations

import re

from graphql import GraphQLError

_VARIABLE = re.compile(r"Variable '\$\w+' has invalid (?:default )?value(?: at [\w.\[\]]+)?: ")
_SYNTAX = "Syntax Error: "

# The part before the value of each kind of message, with a pattern for such messages.
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
        r"(expected [^'\"]+)$",  # a message of Copydesk, which never repeats a value
    )
)
_NO_SUCH_NAME = re.compile(r"Value '.*( does not exist in '\w+' enum)\.", re.DOTALL)
# A token of the document, or the text at which the lexer failed: the rest is the client's text.
_TOKEN = re.compile(
    r"(\b(?:Name|String|BlockString|Int|Float|Comment)|:) (?:['\"]|[UN]\+).*", re.DOTALL
)
_SUGGESTED = re.compile(r", did you mean .*", re.DOTALL)


class RedactedError(GraphQLError):
    """An error without the values of the client."""


def without_values(error: GraphQLError) -> GraphQLError:
    """Return an error without the values of the client.

    Errors of Copydesk have a code and no values. An error without values is unchanged.
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
    """Return the message of a syntax error without the token."""
    shortened = _SUGGESTED.sub("", _TOKEN.sub(r"\1", description))
    return f"{shortened.rstrip('.:').removesuffix(' but got')}."


def _value(message: str) -> str | None:
    """Return the message about a bad value without the value; ``None`` for other messages."""
    name = _NO_SUCH_NAME.match(message)
    if name is not None:
        return f"The value{name[1]}."
    for pattern in _PATTERNS:
        if (known := pattern.match(message)) is not None:
            return f"{known[1].rstrip('.')}."
    return None
