"""Locales of a view: which of an entry's editions is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, literal, not_, or_

from cms.content.builtin import BUILT_IN_NAMES
from cms.reading.aliases import word
from cms.reading.view import View

# The content types that all sites have, as constants of the statement.
BUILT_IN = tuple(word(name) for name in BUILT_IN_NAMES)


def is_best(
    content_type: SQLColumnExpression[str],
    locale: SQLColumnExpression[str],
    view: View,
    has_better: Callable[[Sequence[ColumnElement[str]]], ColumnElement[bool]],
) -> ColumnElement[bool]:
    """Return whether a locale is the first of the view's that there is."""
    return or_(*branches_of(content_type, locale, view, has_better))


def branches_of(
    content_type: SQLColumnExpression[str],
    locale: SQLColumnExpression[str],
    view: View,
    has_better: Callable[[Sequence[ColumnElement[str]]], ColumnElement[bool]],
) -> Iterator[ColumnElement[bool]]:
    """Yield for each of the view's locales whether an entry is seen in it."""
    own, wanted = len(view.locales), locales_of(for_built_in(view))
    for index, each in enumerate(wanted):
        conditions = [locale == each]
        if index >= own:
            conditions.append(content_type.in_(BUILT_IN))
        if index:
            conditions.append(not_(has_better(wanted[:index])))
        yield and_(*conditions)


def for_built_in(view: View) -> View:
    """Return a view for categories and people alone, which fall back to further locales."""
    locales = tuple(dict.fromkeys((*view.locales, *view.built_in_locales)))
    return replace(view, locales=locales, built_in_locales=())


def locales_of(view: View) -> list[ColumnElement[str]]:
    """Return the view's locales, as constants of the statement."""
    return [literal(locale, literal_execute=True) for locale in view.locales]
