"""What frontends generate their code with accepts the schemas, and all documents of the pages.

``make clients`` installs it from npm, and runs this.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from graphql import GraphQLSchema, print_schema

from tests.docs.test_docs import DOCS, blocks
from tests.docs.test_editing import DELIVERY, MANAGEMENT, documents

CLIENTS = Path(__file__).parent
INSTALLED = CLIENTS / "node_modules"
# What the page on delivering shows of an app, word for word, and in which language.
SHOWN = {"codegen.ts": "ts", "relay.config.json": "json", "delivery/environment.ts": "ts"}

needs_npm = pytest.mark.skipif(
    not INSTALLED.exists(), reason="clients are not installed: run `make clients`, which needs npm"
)


@dataclass(frozen=True)
class App:
    """A frontend, in a folder of its own.

    Attributes:
        folder: where it is.
    """

    folder: Path

    def run(self, program: str, *arguments: str) -> list[str]:
        """Return what a program says beyond its steps, which is nothing if all is well."""
        done = subprocess.run(  # noqa: S603  # as package.json pins it
            [str(INSTALLED / ".bin" / program), *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        said = [each for each in _MESSAGE.split(_COLOUR.sub("", done.stdout)) if each.strip()]
        beyond = [each for each in said if not _STEP.match(each)]
        return beyond or [f"{program} fails without a word"] * (done.returncode != 0)


_COLOUR = re.compile(r"\x1b\[\d+m")
# The Relay compiler does not always begin a line for what went wrong.
_MESSAGE = re.compile(r"\n|(?=\[(?:INFO|WARN|ERROR)\])")
# How both compilers say what they are doing.
_STEP = re.compile(r"[❯✔] |\[INFO\]")  # noqa: RUF001  # their mark


@pytest.fixture(params=[("delivery", DELIVERY), ("management", MANAGEMENT)], ids=lambda api: api[0])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> App:
    """An app of either API, with the schema and with every document that the pages have for it."""
    name, schema = request.param
    shutil.copytree(CLIENTS / name, tmp_path / "src")
    for file in ("codegen.ts", "relay.config.json", "tsconfig.json", "package.json"):
        shutil.copy(CLIENTS / file, tmp_path)
    (tmp_path / "node_modules").symlink_to(INSTALLED)
    (tmp_path / "schema.graphql").write_text(print_schema(schema))
    (tmp_path / "queries").mkdir()
    for each, document in documents_of(schema):
        (tmp_path / "queries" / f"{each}.graphql").write_text(document)
    return App(tmp_path)


def documents_of(schema: GraphQLSchema) -> list[tuple[str, str]]:
    """Return the documents of the pages that are for one of the schemas."""
    return [(str(each.id), str(each.values[1])) for each in documents() if each.values[0] is schema]


@needs_npm
def test_code_is_generated_without_a_warning_and_its_types_are_right(app: App) -> None:
    assert app.run("graphql-codegen") == []
    assert app.run("relay-compiler") == []
    assert app.run("tsc") == []


@needs_npm
def test_relay_refuses_a_connection_without_cursors(app: App) -> None:
    schema = app.folder / "schema.graphql"
    schema.write_text(schema.read_text().replace("endCursor: String", "lastCursor: String"))
    assert any("endCursor" in line for line in app.run("relay-compiler"))


@pytest.mark.parametrize(("file", "language"), SHOWN.items())
def test_the_configuration_is_that_of_the_page(file: str, language: str) -> None:
    assert (CLIENTS / file).read_text() in blocks(DOCS / "delivering.md", language)
