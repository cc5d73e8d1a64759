"""What every module keeps to, beyond what linters see."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.architecture.sources import ROOT, modules_in, name_of, source_of

SOURCES = modules_in("cms", "graphql_api")
# Where the words for the databases may stand.
DIALECTS = {
    *(ROOT / "cms" / "storage" / "dialects").glob("*.py"),
    ROOT / "graphql_api" / "planner" / "json_sql.py",
}
LONGEST_FUNCTION = 60
LONGEST_FILE = 500


def test_a_file_is_one_subject() -> None:
    lengths = {name_of(file): len(source_of(file).lines) for file in SOURCES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_a_function_is_short() -> None:
    functions = [(name_of(file), *each) for file in SOURCES for each in source_of(file).functions]
    assert [each for each in functions if each[2] >= LONGEST_FUNCTION] == []


def test_only_the_database_commits() -> None:
    committing = {name_of(file) for file in SOURCES if "commit" in source_of(file).calls}
    assert committing == {"cms/storage/database.py"}


def test_a_flush_says_why() -> None:
    flushes = [
        (f"{name_of(file)}:{line}", source_of(file).lines[line - 1])
        for file in SOURCES
        for line in source_of(file).calls.get("flush", ())
    ]
    assert [place for place, line in flushes if "#" not in line] == []


def test_databases_are_named_where_they_differ() -> None:
    places = [
        f"{name_of(file)}:{line}"
        for file in SOURCES
        if file not in DIALECTS
        for line, text in source_of(file).texts
        if text in {"sqlite", "postgresql"}
    ]
    assert places == []


def test_names_say_what_a_module_is_about() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert [file for file in SOURCES if file.stem in vague] == []


@pytest.mark.parametrize("package", ["cms", "graphql_api"])
def test_a_public_class_has_a_name_of_its_own(package: str) -> None:
    """A table and its type in GraphQL have one name, since they are one thing."""
    places = defaultdict(list)
    for file in modules_in(package):
        for name in source_of(file).classes:
            places[name].append(name_of(file))
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
