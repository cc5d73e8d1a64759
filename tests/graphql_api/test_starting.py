"""The start of a server: readers first, then editors, and all that is refused at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from socket import socket

import pytest
import uvicorn
from sqlalchemy import select
from starlette.testclient import TestClient

from cms.copydesk import Copydesk
from cms.errors import SettingsError
from cms.settings import Settings
from cms.storage.database import Database
from cms.type_versions.versions import Binding
from graphql_api import app, management, server, setup_notes
from graphql_api.app import create_app
from graphql_api.server import Server
from tests.graphql_api.test_cli_serve import started_and_ended
from tests.sites import SITE

ROOT = Path(__file__).parents[2]
INTROSPECTION = "{ __schema { mutationType { name } } }"


@pytest.fixture
def url(database: Database) -> str:
    """The URL of an empty site's database."""
    return database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the schemas that were built, in order."""
    names: list[str] = []
    for module, name in ((app, "build_delivery_schema"), (management, "build_management_schema")):
        build = getattr(module, name)

        def noted(*arguments: object, name: str = name, build: object = build) -> object:
            names.append(name)
            return build(*arguments)  # type: ignore[operator]  # one of the two

        monkeypatch.setattr(module, name, noted)
    return names


def threads() -> set[str]:
    return {each.name.rpartition("_")[0] for each in threading.enumerate()}


async def _prepared(running: Server) -> None:
    """End as soon as the server is ready for editors."""
    assert running._preparing is not None
    await running._preparing


def test_the_management_api_is_made_after_the_start(
    database: Database, monkeypatch: pytest.MonkeyPatch, built: list[str]
) -> None:
    monkeypatch.setattr(server, "_PAUSE", 0)
    done = started_and_ended(database, monkeypatch, until=_prepared)
    assert done.exit_code == 0, done.output
    assert built == ["build_delivery_schema", "build_management_schema"]
    assert "copydesk-on-demand" not in threads()


def test_what_remains_to_be_set_up_is_told_after_the_start(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_PAUSE", 0)
    done = started_and_ended(database, monkeypatch, until=_prepared)
    serving, *notes = done.stdout.splitlines()
    assert "for readers" in serving
    assert any("copydesk account create EMAIL" in each for each in notes)


def test_a_setup_that_cannot_be_checked_is_logged(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    built: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no notes")

    monkeypatch.setattr(server, "_PAUSE", 0)
    monkeypatch.setattr(setup_notes, "setup_notes", fail)
    assert started_and_ended(database, monkeypatch, until=_prepared).exit_code == 0
    assert "the setup of the site could not be checked" in caplog.text
    assert built == ["build_delivery_schema", "build_management_schema"]


def test_an_end_waits_for_what_uses_the_database(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, seen = asyncio.Event(), list[str]()
    shutdown = uvicorn.Server.shutdown

    async def ask(copydesk: Copydesk, _: Binding) -> list[str]:
        async with copydesk.database.reading() as session:
            await session.execute(select(1))
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("notes")
        return []

    async def shut_down(running: uvicorn.Server, sockets: list[socket] | None = None) -> None:
        seen.append("server")
        await shutdown(running, sockets)

    async def until_asked(_: Server) -> None:
        await asked.wait()

    monkeypatch.setattr(server, "_PAUSE", 0)
    monkeypatch.setattr(setup_notes, "setup_notes", ask)
    monkeypatch.setattr(uvicorn.Server, "shutdown", shut_down)
    assert started_and_ended(database, monkeypatch, until=until_asked).exit_code == 0
    assert seen == ["notes", "server"]


def test_a_server_that_ends_before_has_made_no_more_than_readers_need(
    database: Database, monkeypatch: pytest.MonkeyPatch, built: list[str]
) -> None:
    assert started_and_ended(database, monkeypatch).exit_code == 0
    assert built == ["build_delivery_schema"]


def test_a_server_whose_management_api_cannot_be_made_serves_readers(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object) -> None:
        raise RuntimeError("no schema")

    monkeypatch.setattr(server, "_PAUSE", 0)
    monkeypatch.setattr(management, "build_management_schema", build)
    assert started_and_ended(database, monkeypatch, until=_prepared).exit_code == 0


def test_the_first_request_of_an_editor_is_answered(url: str, built: list[str]) -> None:
    with TestClient(create_app(Copydesk(SITE, Settings(database_url=url)))) as client:
        assert client.post("/graphql", json={"query": INTROSPECTION}).json() == {
            "data": {"__schema": {"mutationType": None}}
        }
        assert built == ["build_delivery_schema"]
        refused = client.post("/manage/graphql", json={"query": INTROSPECTION})
        assert refused.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        assert built == ["build_delivery_schema", "build_management_schema"]
        client.post("/manage/graphql", json={"query": INTROSPECTION})
        assert len(built) == 2
    assert "copydesk-on-demand" not in threads()


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_a_server_starts_where_there_are_no_arenas(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def load(_: None) -> None:
        raise error

    monkeypatch.setattr("ctypes.CDLL", load)
    server.share_arenas()


@pytest.mark.parametrize("name", ["limits", "management_limits"])
def test_limits_that_do_not_exist_are_refused_at_the_start(url: str, name: str) -> None:
    settings = Settings(database_url=url, **{name: {"speed": 1}})  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=f"COPYDESK_{name.upper()}: there is no limit 'speed'"):
        create_app(Copydesk(SITE, settings))


def test_the_command_is_a_module_too() -> None:
    done = subprocess.run(  # our own
        [sys.executable, "-m", "graphql_api", "schema", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Print a GraphQL schema" in done.stdout
