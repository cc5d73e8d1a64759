"""One of a few words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

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
        renamed: the former word of each choice that is renamed: ``{"PAID": "PRO"}``; like ``was``.
        stored_words: the word that is stored for each choice whose first word was another.
    """

    _: KW_ONLY
    choices: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    stored_words: Mapping[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        wrong = [choice for choice in self.choices if not _CHOICE.fullmatch(choice)]
        if UNKNOWN in self.choices:
            raise SiteError(
                f"the choice {UNKNOWN} is reserved for choices that were removed; rename it"
            )
        if wrong or not self.choices or len(set(self.choices)) != len(self.choices):
            raise SiteError(f"choices must be different words in capitals, not {self.choices}")
        if unknown := [each for each in self.renamed if each not in self.choices]:
            raise SiteError(
                f"renamed must have the former words of choices: {{'NEW': 'OLD'}}; there is no "
                f"choice {unknown[0]!r}"
            )

    def words(self) -> Mapping[str, str]:
        """Return the stored word of each choice."""
        return {each: self.stored_words.get(each, each) for each in self.choices}

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check that it is one of the choices."""
        if value is None or value in self.choices:
            return value
        message = expected_instead(f"one of {', '.join(self.choices)}", value)
        problems.append(InvalidValue(message=message, path=path))
        return None

    def to_stored(self, value: Json) -> Json:
        """Return the stored word of a choice."""
        return self.stored_words.get(value, value) if isinstance(value, str) else value

    def to_named(self, value: Json, *, is_draft: bool = False) -> Json:
        """Return the choice of a stored word; a word that is no longer declared stays as it is."""
        names = {stored: name for name, stored in self.words().items()}
        named = names.get(value) if isinstance(value, str) else None
        if named is not None or is_draft or value in self.choices:
            return named
        return value
