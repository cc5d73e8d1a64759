"""A path has the same form in URLs whether Python, SQLite or PostgreSQL encodes it."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Text, bindparam, select

from cms.storage.dialects import EncodedPath, encoded_path
from tests.conftest import KINDS, Templates

Encode = Callable[[str], str]
# Every text that a database can hold; the second half has more of what a path consists of.
PATHS = st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.text(
    "/%?# äßa\N{COMBINING DIAERESIS}日🦊" + string.punctuation
)


@pytest.fixture(scope="module", params=KINDS)
def encode(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Encode]:
    """The encoding by a database."""
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        database = templates.open(url)
        encoded = select(EncodedPath(bindparam("path", type_=Text())))
        sql = str(encoded.compile(dialect=database.reader.dialect))

        def of_database(path: str) -> str:
            found: object = runner.run(database.reader.fetch(sql, [path]))
            return found.decode() if isinstance(found, bytes) else str(found)

        yield of_database
        runner.run(database.close())
        runner.run(templates.drop(url))


@given(PATHS)
@example("")
@example(string.printable)
@example("\n/a\n")
def test_databases_encode_paths_as_python_does(encode: Encode, path: str) -> None:
    assert encode(path) == encoded_path(path)
