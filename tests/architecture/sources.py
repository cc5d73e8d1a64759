"""The modules of the product, each parsed once for all that is asked of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def name_of(file: Path) -> str:
    """Return the path of a file in the repository."""
    return str(file.relative_to(ROOT))


def modules_in(*folders: str) -> Sequence[Path]:
    """Return all modules in folders of the repository."""
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


@dataclass(frozen=True)
class Source:
    """What is in a module; the trees of all modules are too large to keep.

    Attributes:
        lines: its lines.
        functions: the names of its functions, with the number of lines of each.
        classes: the names of its classes that others import.
        calls: the lines at which methods are called, by their names.
        texts: its texts but for docstrings, each with its line.
        imported: the names of the packages that it imports, without their modules.
        open_ends: the lines that ask whether a publication has an end.
    """

    lines: Sequence[str]
    functions: Sequence[tuple[str, int]]
    classes: Sequence[str]
    calls: Mapping[str, Sequence[int]]
    texts: Sequence[tuple[int, str]]
    imported: frozenset[str]
    open_ends: Sequence[int]


@cache
def source_of(file: Path) -> Source:
    """Return what is in a module."""
    return source_in(file.read_text())


def source_in(text: str) -> Source:
    """Return what is in the text of a module."""
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    calls: dict[str, list[int]] = {}
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            calls.setdefault(node.func.attr, []).append(node.lineno)
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return Source(
        lines=text.splitlines(),
        functions=[
            (node.name, (node.end_lineno or 0) - node.lineno)
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ],
        classes=[
            node.name
            for node in tree.body
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        ],
        calls=calls,
        texts=[
            (node.lineno, node.value)
            for node in nodes
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ],
        imported=frozenset(name for node in nodes for name in _imported(node)),
        open_ends=[line for node in nodes for line in _open_ends(node)],
    )


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ImportFrom(module=str(module), level=0):
            yield module.partition(".")[0]
        case ast.Import(names=names):
            yield from (each.name.partition(".")[0] for each in names)


def _open_ends(node: ast.AST) -> Iterator[int]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="ended_position"), attr="is_")):
            yield node.lineno
