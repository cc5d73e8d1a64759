"""What is installed is whole: it imports what it declares, and names nothing that is not there."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, modules_in, source_of

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
SOURCES = modules_in(*PACKAGES)
# The pages for those who install it; the others are about this repository.
PAGES = sorted({*(ROOT / "docs").glob("*.md")} - {ROOT / "docs" / "architecture.md"})
# Folders that are not in the wheel.
ABSENT = re.compile(r"\b(seeds|bench|tests)[./:]|\bmake (demo|test|bench)\b")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> set[str]:
    """Return the names of the packages outside the standard library that are imported."""
    found = set[str]().union(*(source_of(file).imported for file in SOURCES))
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


def test_no_message_names_what_is_not_installed() -> None:
    found = [text for file in SOURCES for _, text in source_of(file).texts if ABSENT.search(text)]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_for_users_names_what_is_not_installed(page: Path) -> None:
    assert ABSENT.findall(page.read_text()) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_read_the_types_of_what_is_installed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
