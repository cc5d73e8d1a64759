"""Scalars inside JSON, as typed SQL values.

A scalar of another type than the requested one is null, not an error: another content type may
have a field of the same name with another type, and a database may evaluate the expression on its
rows before it filters them out.
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
    """A scalar inside a JSON object, in the same form as an element of a JSON array."""

    type = Text()
    sqlite = "({0} ->> {1})"
    postgresql = "({0} -> {1})"


class TextOf(DialectFunction):
    """A scalar as text, compared and ordered by its code points."""

    type = Text()
    sqlite = "{0}"
    postgresql = """(({0} #>> '{{}}') collate "C")"""


class _SmallLetters(TypeDecorator[str]):
    """Text stored in lower case; values that it is compared with are converted to lower case."""

    impl = Text
    cache_ok = True

    @property
    def python_type(self) -> type[str]:
        """The Python type of its values."""
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text in lower case."""
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
    """A scalar as a point in time; the text has to have a time zone."""

    type = Moment()
    # Only text that begins with a year, since strftime also accepts 'now'.
    sqlite = (
        "(case when {0} glob '[0-9][0-9][0-9][0-9]-*' then strftime('%Y-%m-%dT%H:%M:%fZ', {0}) end)"
    )
    # A cast to a time cannot be indexed on PostgreSQL, since a text without a time zone depends
    # on the session's settings. This function, which a migration creates, accepts only texts
    # with a time zone.
    postgresql = "copydesk_moment({0} #>> '{{}}')"
