"""Functions that each database spells in its own way."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import FunctionElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class DialectFunction(FunctionElement[Any]):
    """A function with a spelling for each database.

    A spelling is a format: ``{0}`` and ``{1}`` are its arguments, ``{all}`` all of them.
    """

    sqlite: ClassVar[str]
    postgresql: ClassVar[str]

    def __init_subclass__(cls) -> None:
        # All that tells two of a class apart are their arguments.
        cls.inherit_cache = True
        super().__init_subclass__()


@compiles(DialectFunction, "sqlite")
def _(element: DialectFunction, compiler: SQLCompiler, **kw: Any) -> str:
    return _spell(element.sqlite, element, compiler, kw)


@compiles(DialectFunction, "postgresql")
def _(element: DialectFunction, compiler: SQLCompiler, **kw: Any) -> str:
    return _spell(element.postgresql, element, compiler, kw)


def _spell(form: str, element: DialectFunction, compiler: SQLCompiler, kw: dict[str, Any]) -> str:
    parts = [compiler.process(clause, **kw) for clause in element.clauses]
    return form.format(*parts, all=", ".join(parts))
