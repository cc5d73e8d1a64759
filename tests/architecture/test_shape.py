"""What every module keeps to, beyond what linters see."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "cms").rglob("*.py"), *(ROOT / "graphql_api").rglob("*.py")]
# Where the words for the databases may stand.
DIALECTS = {
    *(ROOT / "cms" / "storage" / "dialects").glob("*.py"),
    ROOT / "graphql_api" / "planner" / "json_sql.py",
}
LONGEST_FUNCTION = 60
LONGEST_FILE = 500


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(file: Path, name: str) -> Iterator[int]:
    """Yield the lines at which a method of this name is called."""
    for node in ast.walk(ast.parse(file.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == name
        ):
            yield node.lineno


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_a_file_is_one_subject(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LONGEST_FILE
    for each in functions(file):
        assert (each.end_lineno or 0) - each.lineno < LONGEST_FUNCTION, each.name


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_only_the_database_commits(file: Path) -> None:
    if file != ROOT / "cms" / "storage" / "database.py":
        assert list(calls(file, "commit")) == []


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_a_flush_says_why(file: Path) -> None:
    lines = file.read_text().splitlines()
    for line in calls(file, "flush"):
        assert "#" in lines[line - 1], f"{file}:{line}"


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_databases_are_named_where_they_differ(file: Path) -> None:
    if file not in DIALECTS:
        tree = ast.parse(file.read_text())
        strings = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not strings & {"sqlite", "postgresql"}


def test_names_say_what_a_module_is_about() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert [file for file in SOURCES if file.stem in vague] == []


@pytest.mark.parametrize("package", ["cms", "graphql_api"])
def test_a_public_class_has_a_name_of_its_own(package: str) -> None:
    """A table and its type in GraphQL have one name, since they are one thing."""
    places = defaultdict(list)
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name_of(file))
    assert places
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_nothing_grows_at_the_top() -> None:
    allowed = {
        *("cms", "graphql_api", "migrations", "seeds", "tests", "bench", "docs"),
        *("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "Makefile"),
    }
    found = {each.name for each in ROOT.iterdir() if not each.name.startswith(".")}
    temporary = {
        each for each in found if any(kind in each for kind in (".db", ".key", ".egg-info"))
    }
    assert found - temporary - {"__pycache__", "dist"} == allowed
