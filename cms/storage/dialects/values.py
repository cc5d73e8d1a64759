"""Scalars inside JSON, as values that SQL compares.

What is no value of the type that is asked for counts as nothing: another content type may have
a field of the same name and another kind, and a database may look at its rows first.
"""

from __future__ import annotations

from sqlalchemy import Dialect, Text
from sqlalchemy.types import Boolean, Float, Integer, TypeDecorator

from cms.storage.dialects.columns import Moment
from cms.storage.dialects.dialect_function import DialectFunction


class JsonText(DialectFunction):
    """A text inside a JSON object, compared and ordered by its code points."""

    type = Text()
    sqlite = "({0} ->> {1})"
    postgresql = """(({0} ->> {1}) collate "C")"""


class JsonScalar(DialectFunction):
    """A scalar inside a JSON object, in the form in which an array's elements come as well."""

    type = Text()
    sqlite = "({0} ->> {1})"
    postgresql = "({0} -> {1})"


class TextOf(DialectFunction):
    """A scalar as text, compared and ordered by its code points."""

    type = Text()
    sqlite = "{0}"
    postgresql = """(({0} #>> '{{}}') collate "C")"""


class _SmallLetters(TypeDecorator[str]):
    """Text that is stored in small letters; what it is compared with is brought to that form."""

    impl = Text
    cache_ok = True

    @property
    def python_type(self) -> type[str]:
        """What its values are in Python."""
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text in small letters."""
        del dialect
        return None if value is None else value.lower()


class ColourOf(DialectFunction):
    """A scalar as a colour, compared like any text."""

    type = _SmallLetters()
    sqlite = TextOf.sqlite
    postgresql = TextOf.postgresql


class NumberOf(DialectFunction):
    """A scalar as a number."""

    type = Float()
    sqlite = "cast({0} as float)"
    postgresql = """(jsonb_path_query_first({0}, '$ ? (@.type() == "number")')::float8)"""


class IntegerOf(DialectFunction):
    """A scalar as a whole number of at most 32 bits."""

    type = Integer()
    sqlite = "cast({0} as integer)"
    postgresql = (
        "(jsonb_path_query_first({0}, '$ ? (@ >= -2147483648 && @ <= 2147483647)')::bigint)"
    )


class BooleanOf(DialectFunction):
    """A scalar as true or false."""

    type = Boolean()
    sqlite = "cast({0} as boolean)"
    postgresql = """(jsonb_path_query_first({0}, '$ ? (@.type() == "boolean")')::boolean)"""


class MomentOf(DialectFunction):
    """A scalar as the time that it tells with its zone."""

    type = Moment()
    # Only what begins with a year: 'now' would be another time in every row.
    sqlite = (
        "(case when {0} glob '[0-9][0-9][0-9][0-9]-*' then strftime('%Y-%m-%dT%H:%M:%fZ', {0}) end)"
    )
    # PostgreSQL lets nobody index a cast to a time, since it would follow the settings of the
    # session where a text names no zone; this function, which a migration made, reads only
    # those that do.
    postgresql = "copydesk_moment({0} #>> '{{}}')"
