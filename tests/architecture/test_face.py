"""What users import is in few places; docs, README and the demo use no others."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import cms
import graphql_api
from cms import commands
from tests.docs.test_docs import PAGES, blocks

ROOT = Path(__file__).parents[2]
FACE = {
    "cms": {*dir(cms), "commands", "events", "hooks"},
    "cms.commands": set(commands.__all__),
    "graphql_api": set(graphql_api._MODULES),
}
SQL = {"alembic", "sqlalchemy"}


def sources() -> Iterator[tuple[str, str]]:
    """Yield the code that is written as users write it, each with where it stands."""
    for file in (ROOT / "README.md", *PAGES):
        for number, block in enumerate(blocks(file, "python"), 1):
            yield f"{file.name}-{number}", block
    for file in sorted((ROOT / "seeds").glob("*.py")):
        yield f"seeds-{file.name}", file.read_text()


def imports(source: str) -> Iterator[tuple[str, str]]:
    """Yield each imported module with the name that is imported, or used, of it, if one is."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                yield from ((module, each.name) for each in names)
            case ast.Import(names=names):
                yield from ((each.name, "") for each in names if each.name not in FACE)
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in FACE:
                yield module, name


SOURCES = dict(sources())


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_users_import_from_the_face_alone(source: str) -> None:
    found = list(imports(source))
    ours = [(module, name) for module, name in found if re.match(r"(cms|graphql_api)\b", module)]
    assert [(module, name) for module, name in ours if name not in FACE.get(module, ())] == []
    assert {module.partition(".")[0] for module, _ in found} & SQL == set()


@pytest.mark.parametrize("source", [text for name, text in SOURCES.items() if ".md" in name])
def test_the_pages_do_not_import_the_demo(source: str) -> None:
    assert "seeds" not in {module.partition(".")[0] for module, _ in imports(source)}


@pytest.mark.parametrize("module", [cms, graphql_api])
def test_the_interpreter_and_the_type_checker_see_the_same(module: object) -> None:
    package = import_module(getattr(module, "__name__", ""))
    tree = ast.parse(Path(str(package.__file__)).read_text())
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    declared = {
        each.name: str(node.module)
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for each in node.names
        if each.name == each.asname
    }
    assert declared == package._MODULES
    for name, home in declared.items():
        assert getattr(package, name) is getattr(import_module(home), name)


# What only a migration needs, and what only editors need: a server starts without.
MIGRATING = {
    "alembic",
    "cms.publishing.moving",
    "cms.type_versions.changing",
    "graphql_api.schema_commands",
    "mako",
    "pygments",
}
EDITING = {
    "cms.commands",
    "cms.importing",
    "graphql_api.management",
    "graphql_api.schema.build_management",
    "graphql_api.schema.management.mutations.drafts",
}
# What only commands need: signatures.
SIGNING = {"cms.ledger.attestation", "cms.ledger.closing", "cms.ledger.keys"}
# What only questions about the link graph need: they load it.
ASKING = {"numpy", "scipy", "rustworkx", "networkx", "cms.links.asking"}
# What only a text to render, a file of the site or a subscription needs.
RENDERING = {"graphql_api.site_files.feed", "markdown_it", "websockets", "xml"}
APP = (
    "from cms import Copydesk, Settings; from graphql_api import create_app; "
    "from tests.sites import SITE; "
    "create_app(Copydesk(SITE, Settings(database_url='sqlite:///no-site.db')))"
)


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ImportError, match="Nonsense"):
        exec("from cms import Nonsense", {})  # noqa: S102  # our own
    with pytest.raises(ImportError, match="nonsense"):
        exec("from graphql_api import nonsense", {})  # noqa: S102  # our own


@pytest.mark.parametrize(
    ("statement", "unloaded"),
    [
        ("import cms, cms.clock", {"sqlalchemy", "pydantic", "cryptography", "markdown_it"}),
        ("from cms import Site, ContentType, Markdown, SignOffPolicy", SQL),
        ("import graphql_api", {"sqlalchemy", "strawberry", "starlette", "graphql"}),
        ("import graphql_api.cli", {"graphql", "strawberry", "starlette", "uvicorn", "alembic"}),
        ("import graphql_api.serving", MIGRATING | EDITING | SIGNING | ASKING | RENDERING),
        (APP, MIGRATING | EDITING | SIGNING | ASKING | RENDERING),
    ],
)
def test_an_import_loads_no_more_than_it_needs(statement: str, unloaded: set[str]) -> None:
    done = subprocess.run(  # noqa: S603  # our own
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) & unloaded == set()
