"""Scalars in JSON as values for SQL comparisons.

A value of another type counts as null: another content type can have a field of the same name and
another kind, and the database can evaluate its rows first.
"""

from __future__ import annotations

from sqlalchemy import Dialect, Text
from sqlalchemy.types import Boolean, Float, Integer, TypeDecorator

from cms.storage.dialects.columns import Moment
from cms.storage.dialects.spelled import Spelled


class JsonText(Spelled):
    """A text in a JSON object, compared and ordered by code points."""

    type = Text()
    sqlite = "({0} ->> {1})"
    postgresql = """(({0} ->> {1}) collate "C")"""


class JsonScalar(Spelled):
    """A scalar in a JSON object, in the same form as elements of an array."""

    type = Text()
    sqlite = "({0} ->> {1})"
    postgresql = "({0} -> {1})"


class TextOf(Spelled):
    """A scalar as text, compared and ordered by code points."""

    type = Text()
    sqlite = "{0}"
    postgresql = """(({0} #>> '{{}}') collate "C")"""


class _SmallLetters(TypeDecorator[str]):
    """A text in lower case; values for comparison are converted to lower case."""

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


class ColourOf(Spelled):
    """A scalar as a colour, compared like any text."""

    type = _SmallLetters()
    sqlite = TextOf.sqlite
    postgresql = TextOf.postgresql


class NumberOf(Spelled):
    """A scalar as a number."""

    type = Float()
    sqlite = "cast({0} as float)"
    postgresql = """(jsonb_path_query_first({0}, '$ ? (@.type() == "number")')::float8)"""


class IntegerOf(Spelled):
    """A scalar as an integer of at most 32 bits."""

    type = Integer()
    sqlite = "cast({0} as integer)"
    postgresql = (
        "(jsonb_path_query_first({0}, '$ ? (@ >= -2147483648 && @ <= 2147483647)')::bigint)"
    )


class BooleanOf(Spelled):
    """A scalar as true or false."""

    type = Boolean()
    sqlite = "cast({0} as boolean)"
    postgresql = """(jsonb_path_query_first({0}, '$ ? (@.type() == "boolean")')::boolean)"""


class MomentOf(Spelled):
    """A scalar as a time with a zone."""

    type = Moment()
    # Only what begins with a year: 'now' would be another time in every row.
    sqlite = (
        "(case when {0} glob '[0-9][0-9][0-9][0-9]-*' then strftime('%Y-%m-%dT%H:%M:%fZ', {0}) end)"
    )
    # PostgreSQL lets nobody index a cast to a time, since it would follow the settings of the
    # session where a text names no zone; this function, which a migration made, reads only
    # those that do.
    postgresql = "copydesk_moment({0} #>> '{{}}')"
