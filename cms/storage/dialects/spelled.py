"""Functions that differ between the databases."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import FunctionElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class Spelled(FunctionElement[Any]):
    """A function with a template for each database.

    In a template, ``{0}`` and ``{1}`` are arguments, and ``{all}`` is all of them.
    """

    sqlite: ClassVar[str]
    postgresql: ClassVar[str]

    def __init_subclass__(cls) -> None:
        # All that tells two of a class apart are their arguments.
        cls.inherit_cache = True
        super().__init_subclass__()


@compiles(Spelled, "sqlite")
def _(element: Spelled, compiler: SQLCompiler, **kw: Any) -> str:
    return _spell(element.sqlite, element, compiler, kw)


@compiles(Spelled, "postgresql")
def _(element: Spelled, compiler: SQLCompiler, **kw: Any) -> str:
    return _spell(element.postgresql, element, compiler, kw)


def _spell(form: str, element: Spelled, compiler: SQLCompiler, kw: dict[str, Any]) -> str:
    parts = [compiler.process(clause, **kw) for clause in element.clauses]
    return form.format(*parts, all=", ".join(parts))
