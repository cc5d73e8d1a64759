"""The demo, served, and two frontends that are built of it: ``make frontends``."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from cms import OPERATOR, Actor, Copydesk, Grant, Settings, Work, commands
from seeds.site import site

ROOT = Path(__file__).parents[2]
FRONTENDS = ROOT / "docs" / "frontends"
INSTALLED = FRONTENDS / "node_modules"
SECRET = "a secret of this test"
# The folders that a build makes.
_MADE = (".next", ".build", "dist")

T = TypeVar("T")


@dataclass(frozen=True)
class Newsroom:
    """The demo behind a server.

    Attributes:
        url: where it is served.
        settings: its settings.
    """

    url: str
    settings: Settings

    def do(self, command: Callable[[Work], Awaitable[T]]) -> T:
        """Return what a command of an administrator returns."""

        async def run() -> T:
            async with Copydesk(site, self.settings) as copydesk:
                async with copydesk.work(OPERATOR) as work:
                    actor = await _administrator(work)
                async with copydesk.work(actor) as work:
                    return await command(work)

        return asyncio.run(run())

    def ask(self, query: str, **variables: object) -> Any:
        """Return the data of a query of the delivery API."""
        body = {"query": query, "variables": variables}
        answer = httpx2.post(f"{self.url}/graphql", json=body).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


async def _administrator(work: Work) -> Actor:
    email = "frontends@example.org"
    account = await commands.find_account(work.session, email)
    if account is None:
        account = await commands.create_account(work, email)
        await commands.grant_role(work, account.id, Grant(role="administrator"))
    return await commands.load_actor(work.session, account.id)


@dataclass(frozen=True)
class Workspace:
    """The frontends, built where they are.

    Attributes:
        folder: where they are.
        variables: the environment of its programs.
    """

    folder: Path
    variables: Mapping[str, str]

    def run(self, app: str, *arguments: str, ends_well: bool = True) -> str:
        """Return what a program of ``node_modules`` prints; it must end well, or must not."""
        done = subprocess.run(  # noqa: S603  # as package.json pins it
            [str(INSTALLED / ".bin" / arguments[0]), *arguments[1:]],
            cwd=self.folder / app,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is ends_well, done.stdout
        return done.stdout


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(
    command: list[str], folder: Path, variables: Mapping[str, str], port: int
) -> Iterator[str]:
    """Start a server, wait until it answers, and yield its URL."""
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, **variables}
    with subprocess.Popen(command, cwd=folder, env=environment) as server:  # noqa: S603  # ours
        try:
            _wait_for(url, server)
            yield url
        finally:
            server.terminate()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    transport = httpx2.HTTPTransport(retries=0)
    with httpx2.Client(transport=transport) as client:
        while True:
            assert server.poll() is None, "the server ended"
            try:
                client.get(url)
            except httpx2.ConnectError:
                continue
            return


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """The demo, loaded and served."""
    folder = tmp_path_factory.mktemp("demo")
    port = free_port()
    variables = {
        "COPYDESK_SITE": "seeds.site:site",
        "COPYDESK_DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
        "COPYDESK_SIGNING_KEY": str(folder / "demo.key"),
        "COPYDESK_PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    environment = {**os.environ, **variables}
    subprocess.run(
        [sys.executable, "-m", "seeds.load"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    settings = Settings(
        site="seeds.site:site",
        database_url=variables["COPYDESK_DATABASE_URL"],
        signing_key=folder / "demo.key",
    )
    command = [sys.executable, "-c", "from graphql_api.cli import main; main()", "serve"]
    with serving(command, folder, variables, port) as url:
        yield Newsroom(url, settings)


@pytest.fixture(scope="module")
def workspace(newsroom: Newsroom) -> Workspace:
    """The frontends with the types of the demo, without what earlier builds have left behind."""
    for app in ("astro", "next"):
        for made in _MADE:
            shutil.rmtree(FRONTENDS / app / made, ignore_errors=True)
        (FRONTENDS / app / "build.json").unlink(missing_ok=True)
    frontends = Workspace(
        FRONTENDS,
        {
            "COPYDESK_URL": newsroom.url,
            "UPDATE_SECRET": SECRET,
            "ASTRO_TELEMETRY_DISABLED": "1",
            "NEXT_TELEMETRY_DISABLED": "1",
        },
    )
    frontends.run(".", "graphql-codegen")
    return frontends
