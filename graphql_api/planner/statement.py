"""A compiled statement and its parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, ColumnElement, Dialect, bindparam
from sqlalchemy.sql.compiler import SQLCompiler

from graphql_api.planner.arguments import Read, Variables, constant_of
from graphql_api.planner.source import SqlType

Convert: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, eq=False)
class Statement:
    """One SQL statement with one column and one row: the JSON of ``data``, or of :data:`.UNMET`.

    Attributes:
        sql: the text, the same for every run.
        reads: functions that read the parameters' values, in the order of the text.
        checks: further functions that read values only to validate them.
    """

    sql: str
    reads: Sequence[Read]
    checks: Sequence[Read] = ()

    def values(self, variables: Variables) -> list[Any]:
        """Return the parameters' values for one run.

        Raises:
            graphql.GraphQLError: if a value cannot be used, with the place that it came from.
        """
        for check in self.checks:
            check(variables)
        constants, varying = self._constants_and_varying
        values = [*constants]
        for place, read in varying:
            values[place] = read(variables)
        return values

    @cached_property
    def _constants_and_varying(self) -> tuple[Sequence[Any], Sequence[tuple[int, Read]]]:
        """Return the values with nothing for those that vary, and the functions for these."""
        constants: list[Any] = []
        varying: list[tuple[int, Read]] = []
        for place, read in enumerate(self.reads):
            is_constant, value = constant_of(read)
            constants.append(value)
            if not is_constant:
                varying.append((place, read))
        return constants, varying


class Parameters:
    """Collects the parameters of a statement while it is made.

    Attributes:
        dialect: the dialect of the statement.
        checks: functions that validate values which no parameter reads.
        conditions: the conditions without which the statement has no data.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.checks: list[Read] = []
        self.conditions: list[ColumnElement[bool]] = []
        self.dialect = dialect
        self._reads: dict[str, Read] = {}

    def add(self, read: Read, type_: SqlType) -> BindParameter[Any]:
        """Return a new parameter whose value a function reads."""
        name = f"p{len(self._reads) + 1}"
        self._reads[name] = _converted_read(read, _converter_of(type_, self.dialect))
        return bindparam(name, type_=type_, required=False)

    def in_order(self, compiled: SQLCompiler) -> list[Read]:
        """Return the functions that read the parameters, in the order of the SQL."""
        names = compiled.positiontup or ()
        return [self._reads.get(name) or self._constant(compiled, name) for name in names]

    def _constant(self, compiled: SQLCompiler, name: str) -> Read:
        """Return a function that reads the constant of a relation."""
        value = compiled.params[name]
        converter = _converter_of(compiled.binds[name].type, self.dialect)
        return _converted_read(lambda _: value, converter)


def _converter_of(type_: SqlType, dialect: Dialect) -> Convert:
    process = type_.dialect_impl(dialect).bind_processor(dialect)
    return without_nul if process is None else lambda value: process(without_nul(value))


def without_nul(value: Any) -> Any:
    """Return a value without NUL, which PostgreSQL does not accept.

    Another control character replaces it, which no id and no stored text contains either.
    """
    match value:
        case str():
            return value.replace("\0", "\1")
        case list():
            return [without_nul(item) for item in value]
        case dict():
            return {without_nul(key): without_nul(item) for key, item in value.items()}
        case _:
            return value


def _converted_read(read: Read, convert: Convert) -> Read:
    return lambda variables: convert(read(variables))
