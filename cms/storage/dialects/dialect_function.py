"""SQL functions with a template for each database."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from sqlalchemy import Boolean, FunctionElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class DialectFunction(FunctionElement[Any]):
    """An SQL function with a template for each database.

    In a template, ``{0}`` and ``{1}`` are the arguments, and ``{all}`` is all of them. The
    mechanism is SQLAlchemy's: https://docs.sqlalchemy.org/en/20/core/compiler.html.
    """

    sqlite: ClassVar[str]
    postgresql: ClassVar[str]

    def __init_subclass__(cls) -> None:
        # Instances of a class differ in their arguments only, so their SQL can be cached.
        cls.inherit_cache = True
        super().__init_subclass__()


class AsCondition:
    """A function that is true or false, in parentheses; a class names it before its other base."""

    type: Any = Boolean()

    def self_group(self, against: Any = None) -> Self:
        """Return the condition as it is.

        SQLAlchemy would compare it with 1 where a database has no booleans, and SQLite uses no
        index for what is compared with 1.
        """
        del against
        return self


@compiles(DialectFunction)
def _(element: DialectFunction, compiler: SQLCompiler, **kw: Any) -> str:
    # For SQLAlchemy itself, which looks for the tables of a statement without a database.
    return _spell(f"{type(element).__name__}({{all}})", element, compiler, kw)


@compiles(DialectFunction, "sqlite")
def _(element: DialectFunction, compiler: SQLCompiler, **kw: Any) -> str:
    return _spell(element.sqlite, element, compiler, kw)


@compiles(DialectFunction, "postgresql")
def _(element: DialectFunction, compiler: SQLCompiler, **kw: Any) -> str:
    return _spell(element.postgresql, element, compiler, kw)


def _spell(form: str, element: DialectFunction, compiler: SQLCompiler, kw: dict[str, Any]) -> str:
    parts = [compiler.process(clause, **kw) for clause in element.clauses]
    return form.format(*parts, all=", ".join(parts))
