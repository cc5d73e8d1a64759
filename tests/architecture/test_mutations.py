"""The API holds no editorial rule: a mutation calls a command, and shapes what it returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import isclass
from pathlib import Path

import pytest

from cms import commands
from tests.rooms import action_of

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "graphql_api" / "schema" / "management" / "mutations").glob("*.py"))
# Listed beside what is made by @command: they run commands of their own around what takes long,
# or are no part of the editorial record.
RUN_COMMANDS = {"change_password", "refresh_session", "reset_password", "sign_in"}
UNRECORDED = {"announce_presence", "leave_entry", "mark_seen"}
COMMANDS = {name for name in commands.__all__ if action_of(getattr(commands, name)) is not None} | (
    RUN_COMMANDS | UNRECORDED
)
# What a mutation may know of the engine beside its commands: the frame that they run in, values,
# and what goes wrong.
VALUES = (
    "cms.work",
    "cms.content",
    "cms.site",
    "cms.storage.dialects",
    "cms.authorization.actor",
    "cms.errors",
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def imported(tree: ast.Module) -> Mapping[str, str]:
    """Return the module that each imported name comes from."""
    return {
        alias.asname or alias.name: str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def functions_in(scope: ast.Module | Function) -> Mapping[str, Function]:
    return {each.name: each for each in scope.body if isinstance(each, Function)}


def declarations(scope: ast.AST) -> Iterator[ast.Call]:
    """Yield where mutations are declared."""
    for node in ast.walk(scope):
        match node:
            case ast.Call(func=ast.Name(id="Mutation" | "SecretMutation" | "BulkMutation")):
                yield node


def runs(tree: ast.Module) -> Mapping[int, Function]:
    """Return what each declared mutation runs, by the line of its declaration."""
    known = functions_in(tree)
    return {
        call.lineno: function
        for scope in (tree, *known.values())
        for call in declarations(scope)
        for each in call.keywords
        if each.arg == "run"
        if (function := {**known, **functions_in(scope)}.get(ast.unparse(each.value)))
    }


def names_used(function: Function, known: Mapping[str, Function]) -> set[str]:
    """Return the names in a function, and in those of its module that it names."""
    names, waiting = set[str](), [function]
    while waiting:
        found = {node.id for node in ast.walk(waiting.pop()) if isinstance(node, ast.Name)} - names
        names |= found
        waiting += [known[name] for name in found & known.keys()]
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda file: file.stem)
def test_a_mutation_calls_a_command(module: Path) -> None:
    tree = ast.parse(module.read_text())
    listed = {name for name, source in imported(tree).items() if source == "cms.commands"}
    assert listed <= set(commands.__all__)
    found = runs(tree)
    assert found.keys() == {call.lineno for call in declarations(tree)}
    assert [
        (line, run.name)
        for line, run in found.items()
        if not names_used(run, functions_in(tree)) & listed & COMMANDS
    ] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda file: file.stem)
def test_a_mutation_decides_nothing_itself(module: Path) -> None:
    sources = imported(ast.parse(module.read_text()))
    beside = {
        name: source
        for name, source in sources.items()
        if source.startswith("cms.") and source != "cms.commands" and not source.startswith(VALUES)
    }
    # Of the rooms themselves it knows the types of what commands take and return.
    assert {
        name for name, source in beside.items() if not isclass(vars(import_module(source))[name])
    } == set()
