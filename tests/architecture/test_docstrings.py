"""Docstrings of finished rooms open with a noun for a thing, and a verb for a function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CMS = ROOT / "cms"
API = ROOT / "graphql_api"

# Rooms whose docstrings are done; a room is added when its docstrings are.
ROOMS = (
    "clock.py",
    "comparison",
    "content/markup",
    "identifiers.py",
    "ledger",
    "private_files.py",
    "search",
    "signing.py",
    "tables",
)
API_ROOMS = ("schema/build.py", "schema/content_types", "schema/declaring", "schema/delivery")
PATHS = (*(CMS / room for room in ROOMS), *(API / room for room in API_ROOMS))

# Openings that announce a riddle rather than a noun.
RIDDLE = re.compile(
    r"(All that|Every(body|thing)|How|It|No(body|thing)|Some(body|one|thing)|That|W(hat|ho)(ever)?"
    r"|When|Where|Which|Whom|Whose)\b"
)
# Openings of a function's docstring that are no imperative verb.
NOT_A_VERB = re.compile(r"(An?|The|These|This|Whether|Says?|\w+ing|Returns|Yields|Raises)\b")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def files() -> list[Path]:
    return sorted(
        file for room in PATHS for file in ([room] if room.suffix else room.rglob("*.py"))
    )


def docstrings(file: Path) -> Iterator[tuple[Documented, str]]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, Documented) and (docstring := ast.get_docstring(node)):
            yield node, docstring


def is_function(node: Documented) -> bool:
    is_property = not isinstance(node, ast.Module) and any(
        isinstance(decorator, ast.Name) and decorator.id == "property"
        for decorator in node.decorator_list
    )
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_property


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_docstring_opens_with_a_noun_or_a_verb(file: Path) -> None:
    for node, docstring in docstrings(file):
        assert not RIDDLE.match(docstring), docstring
        assert not (is_function(node) and NOT_A_VERB.match(docstring)), docstring


def test_every_room_has_docstrings() -> None:
    assert all(room.exists() for room in PATHS)
    assert all(list(docstrings(file)) for file in files())
