"""Checks of the texts among a command's arguments: notes, reasons, names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cms.content.fields.base import ValuePath, as_text
from cms.errors import Refused, UserError

# The most characters that a text beside the content may have; fields say so themselves.
LONGEST = 10_000


def check_texts(arguments: Mapping[str, object]) -> None:
    """Check that every text can be stored and shown, and is not too long.

    The values of a draft are not looked at: its content type knows more about them.

    Args:
        arguments: by their names.

    Raises:
        Refused: with everything that does not fit.
    """
    problems: list[UserError] = []
    for path, text in _texts(arguments, ()):
        as_text(text, path, problems, LONGEST)
    if problems:
        raise Refused(*problems)


def _texts(value: object, path: ValuePath) -> Iterator[tuple[ValuePath, str]]:
    match value:
        case str():
            yield path, value
        case Mapping():
            for key, item in value.items():
                yield from _texts(item, (*path, str(key)))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from _texts(item, (*path, index))
