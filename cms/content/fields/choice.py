"""One of a few words."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, expected_instead
from cms.errors import InvalidValue, SiteError

# The value of every enum of the API for a stored word that is not declared any more.
UNKNOWN = "UNKNOWN"

_CHOICE = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(eq=False)
class Choice(Scalar):
    """One of a fixed set of words, which are an enum in GraphQL.

    Attributes:
        choices: the words, in the order in which editors see them: ``("FREE", "PAID")``.
    """

    _: KW_ONLY
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = [choice for choice in self.choices if not _CHOICE.fullmatch(choice)]
        if UNKNOWN in self.choices:
            raise SiteError(
                f"the choice {UNKNOWN} is reserved for choices that were removed; rename it"
            )
        if wrong or not self.choices or len(set(self.choices)) != len(self.choices):
            raise SiteError(f"choices must be different words in capitals, not {self.choices}")

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check that it is one of the choices."""
        if value is None or value in self.choices:
            return value
        message = expected_instead(f"one of {', '.join(self.choices)}", value)
        problems.append(InvalidValue(message=message, path=path))
        return None
