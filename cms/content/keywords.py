"""Keywords of declarations: one that is misspelt is refused with the one that was meant."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from inspect import Parameter
from typing import Any, Self

from cms.errors import SiteError


class Declaration:
    """The base class of what a site declares by calling it: fields, policies, the site itself.

    Raises:
        SiteError: when it is called with a keyword that it does not take.
    """

    def __new__(cls, *_arguments: object, **keywords: object) -> Self:
        """Check the keywords."""
        check_keywords(cls.__name__, keywords, _keywords_of(cls.__init__))
        return super().__new__(cls)


def check_keywords(owner: str, given: Iterable[str], known: Sequence[str] | None) -> None:
    """Check the keywords that a declaration is called with.

    Args:
        owner: what is declared, for the message.
        given: the keywords.
        known: those that it takes; ``None`` for any.

    Raises:
        SiteError: if it does not take one of them.
    """
    if known is None:
        return
    for keyword in given:
        if keyword not in known:
            raise SiteError(f"{owner} has no parameter {keyword!r}; {suggestion(keyword, known)}")


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return a question for the nearest of the known words, or all of them if none is near."""
    nearest = get_close_matches(word, known, 1)
    return f"did you mean {nearest[0]!r}?" if nearest else f"use one of {', '.join(known)}"


@cache
def _keywords_of(function: Callable[..., Any]) -> Sequence[str] | None:
    """Return the keywords that a method takes; ``None`` if it takes any."""
    _, *parameters = inspect.signature(function).parameters.values()
    if any(each.kind is Parameter.VAR_KEYWORD for each in parameters):
        return None
    kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return [each.name for each in parameters if each.kind in kinds]
