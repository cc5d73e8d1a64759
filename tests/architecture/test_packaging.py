"""What is installed is whole: it imports what it declares, and names nothing that is not there."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
SOURCES = [file for name in PACKAGES for file in sorted((ROOT / name).rglob("*.py"))]
# The pages for those who install it; the others are about this repository.
PAGES = sorted({*(ROOT / "docs").glob("*.md")} - {ROOT / "docs" / "architecture.md"})
# Folders that are not in the wheel.
ABSENT = re.compile(r"\b(seeds|bench|tests)[./:]|\bmake (demo|test|bench)\b")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> set[str]:
    """Return the names of the packages outside the standard library that are imported."""
    found = set[str]()
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.ImportFrom(module=str(module), level=0):
                    found.add(module.partition(".")[0])
                case ast.Import(names=names):
                    found.update(each.name.partition(".")[0] for each in names)
    return found - sys.stdlib_module_names - {*PACKAGES}


def test_every_package_that_is_imported_is_declared() -> None:
    project = PROJECT["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["graph"]]
    declared = {normal(re.split(r"[\[<>=; ]", each)[0]) for each in required}
    distributions = packages_distributions()
    missing = {
        name
        for name in imported()
        if not declared & {normal(each) for each in distributions.get(name, ())}
    }
    assert missing == set()


def messages(file: Path) -> Iterator[str]:
    """Yield the texts of a module, but for its docstrings."""
    tree = ast.parse(file.read_text())
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_no_message_names_what_is_not_installed() -> None:
    found = [text for file in SOURCES for text in messages(file) if ABSENT.search(text)]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_for_users_names_what_is_not_installed(page: Path) -> None:
    assert ABSENT.findall(page.read_text()) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_read_the_types_of_what_is_installed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
