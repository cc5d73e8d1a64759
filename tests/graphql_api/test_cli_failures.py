"""Every command on every database that will not do: one sentence, and no traceback."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import make_url

from cms.access import passwords
from cms.signing import KeyFile
from graphql_api.cli import main
from tests.conftest import SERVER, Templates
from tests.rights import as_ordinary_user

PASSWORD = "hunter2hunter2"
HARBOUR = Path(__file__).parents[1] / "corpus" / "harbour"
MAPPING = ["--mapping", str(HARBOUR / "mapping.yaml")]

# The commands that use the database, and whether they write to it.
WRITING = {
    "serve": ["serve"],
    "migrate": ["migrate"],
    "account create": ["account", "create", "ada@example.org"],
    "account password": ["account", "password", "ada@example.org"],
    "import": ["import", "markdown", str(HARBOUR), *MAPPING],
    "rebuild": ["rebuild"],
    "keys rotate": ["keys", "rotate"],
}
READING = {
    "account list": ["account", "list"],
    "audit verify": ["audit", "verify"],
    "audit checkpoint": ["audit", "checkpoint"],
    "keys list": ["keys", "list"],
    "keys create": ["keys", "create"],
}
COMMANDS = {**WRITING, **READING}
WITHOUT = {"schema": ["schema"], "keys public": ["keys", "public"]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in which commands run, quickly; its rights are given back at the end."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(1, 8, 1))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    tmp_path.chmod(0o700)


@pytest.fixture(scope="session")
def migrated(templates: Templates) -> bytes:
    """The bytes of a migrated database."""
    url = asyncio.run(templates.copy("sqlite"))
    return Path(str(make_url(url).database)).read_bytes()


@pytest.fixture
def file(folder: Path, migrated: bytes) -> Path:
    """A migrated database in the folder."""
    file = folder / "site.db"
    file.write_bytes(migrated)
    return file


def run(url: str, *words: str) -> Result:
    environment = {
        "COPYDESK_SITE": "tests.cms.importing.sites:SITE",
        "COPYDESK_DATABASE_URL": url,
        "COPYDESK_PORT": "0",
    }
    return CliRunner(env=environment).invoke(main, words, input=PASSWORD)


def run_as_ordinary_user(url: str, *words: str) -> Result:
    return as_ordinary_user(lambda: run(url, *words))


def check_sentence(result: Result, expected: str) -> None:
    """Check that a command has failed with one sentence that holds these words."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert expected in line
    assert PASSWORD not in result.output


def _missing(file: Path) -> None:
    file.unlink()


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _junk(file: Path) -> None:
    file.write_bytes(b"<html>" * 5_000)


def _damaged(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + b"\xff" * 50_000 + whole[50_100:])


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _unreadable(file: Path) -> None:
    file.chmod(0)


def _set_revision(file: Path, revision: str) -> None:
    with closing(sqlite.connect(file)) as connection, connection:
        connection.execute("update alembic_version set version_num = ?", [revision])


def _newer(file: Path) -> None:
    _set_revision(file, "9999")


def _behind(file: Path) -> None:
    _set_revision(file, "0001")


# What is done to a database, and what is said of it then.
FILES: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "missing": (_missing, "run: copydesk migrate"),
    "empty": (_empty, "not been migrated yet; run: copydesk migrate"),
    "junk": (_junk, "is not an SQLite database"),
    "damaged": (_damaged, "is damaged"),
    "folder": (_folder, "is a folder"),
    "unreadable": (_unreadable, "site.db"),
    "newer": (_newer, "install a newer version"),
    "behind": (_behind, "run: copydesk migrate"),
}
# Those that `migrate` is there for; from 0001 on it finds tables that are there already.
MIGRATED = {"missing": None, "empty": None, "behind": "nothing was migrated"}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("kind", FILES)
def test_a_command_says_what_is_wrong_with_a_file(file: Path, kind: str, name: str) -> None:
    spoil, expected = FILES[kind]
    spoil(file)
    if name == "migrate" and kind in MIGRATED:
        expected = MIGRATED[kind] or ""
    before = sorted(file.parent.iterdir())
    result = run_as_ordinary_user("sqlite:///site.db", *COMMANDS[name])
    if expected:
        check_sentence(result, expected)
    else:
        assert result.exit_code == 0, result.output
    if kind == "missing" and name != "migrate":
        assert sorted(file.parent.iterdir()) == before


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_command_says_that_nothing_can_be_written(file: Path, kind: str, name: str) -> None:
    (file if kind == "file" else file.parent).chmod(0o444 if kind == "file" else 0o555)
    result = run_as_ordinary_user("sqlite:///site.db", *COMMANDS[name])
    if name in READING and result.exit_code == 0:
        assert result.stderr == ""
    else:
        check_sentence(result, "read-only" if name in WRITING else "")


def _server(**changes: str) -> str:
    url = make_url(os.environ[SERVER])
    return url.set(**changes).render_as_string(hide_password=False)  # type: ignore[arg-type]  # all are text


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (lambda: f"postgresql://u:{PASSWORD}@127.0.0.1:1/site", "cannot be reached"),
        (lambda: f"postgresql://u:{PASSWORD}@/site?host=/nowhere", "cannot be reached"),
        (lambda: f"postgresql://u:{PASSWORD}@nowhere.invalid/site", "cannot be reached"),
        (lambda: _server(database="copydesk_nothing", password=PASSWORD), "does not exist"),
        (lambda: _server(username="copydesk_nobody", password=PASSWORD), "does not exist"),
        (lambda: f"postgresql://u:{PASSWORD}@/site?sslmode=require", "sslmode"),
        (lambda: f"postgresql://u:{PASSWORD}@host:port/site", "is not a URL"),
        (
            lambda: f"mysql://u:{PASSWORD}@host/site",
            "mysql in COPYDESK_DATABASE_URL is not supported",
        ),
        (lambda: "sqlite://", "names no file"),
    ],
)
def test_a_command_says_that_a_database_cannot_be_reached(
    folder: Path, url: Callable[[], str], expected: str, name: str
) -> None:
    del folder
    check_sentence(run(url(), *COMMANDS[name]), expected)


@pytest.mark.parametrize("name", COMMANDS.keys() - {"migrate"})
def test_a_command_says_that_there_is_no_folder(folder: Path, name: str) -> None:
    check_sentence(run("sqlite:///no/folder/site.db", *COMMANDS[name]), "there is no folder")
    assert not (folder / "no").exists()


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_command_says_that_a_server_has_a_newer_database(
    folder: Path, templates: Templates, name: str
) -> None:
    del folder
    url = await templates.copy("postgresql")
    await templates.execute(url, "update alembic_version set version_num = '9999'")
    result = await asyncio.to_thread(run, url, *COMMANDS[name])
    check_sentence(result, "install a newer version")
    await templates.drop(url)


@pytest.mark.parametrize("name", COMMANDS.keys() - {"migrate"})
async def test_a_command_says_that_a_server_has_an_empty_database(
    folder: Path, templates: Templates, name: str
) -> None:
    del folder
    url = await templates.empty("postgresql")
    result = await asyncio.to_thread(run, url, *COMMANDS[name])
    check_sentence(result, "not been migrated yet; run: copydesk migrate")
    await templates.drop(url)


@pytest.mark.parametrize("name", WITHOUT)
def test_what_needs_no_database_does_not_look_at_it(folder: Path, name: str) -> None:
    KeyFile(folder / "copydesk.key").make()
    result = run("sqlite:///no/folder/site.db", *WITHOUT[name])
    assert result.exit_code == 0
    assert result.stderr == ""
    assert not list(folder.glob("*.db"))


@pytest.mark.parametrize(("content", "expected"), [(None, "cannot be read"), ("{", "is not JSON")])
def test_verify_says_what_is_wrong_with_a_file(
    folder: Path, content: str | None, expected: str
) -> None:
    if content is not None:
        (folder / "attestation.json").write_text(content)
    words = ("verify", "attestation.json", "content.json", "--key", "key.pem")
    check_sentence(run("sqlite:///site.db", *words), expected)


@pytest.mark.parametrize("name", ["keys create", "keys rotate", "audit checkpoint"])
def test_a_key_that_cannot_be_made_is_one_sentence(file: Path, name: str) -> None:
    (file.parent / "copydesk.key").mkdir()
    result = run("sqlite:///site.db", *(WITHOUT | COMMANDS)[name])
    check_sentence(result, "key")
