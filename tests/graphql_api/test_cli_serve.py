"""The server: whom it believes, and what it warns of before it starts."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Coroutine

import httpx2
import pytest
from click.testing import CliRunner, Result
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from cms.settings import Settings, load_settings
from cms.storage.database import Database
from graphql_api.cli import main
from graphql_api.server import Server, address_of, server_config
from graphql_api.serving import is_loopback
from tests.graphql_api.http.live import running

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  # a server that listens on it ends at once
FORWARDED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}


async def who_asks(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the address and the scheme of a request."""
    request = Request(scope)
    host = request.client.host if request.client else ""
    await PlainTextResponse(f"{host} {request.url.scheme}")(scope, receive, send)


async def seen(proxies: str, headers: dict[str, str] | None = None, times: int = 1) -> str:
    """Return the address and the scheme that a server sees, which trusts these proxies."""
    settings = Settings.model_validate({"port": 0, "trusted_proxies": proxies})
    config = server_config(who_asks, settings)
    config.lifespan = "off"
    chosen = FORWARDED if headers is None else headers
    async with running(config) as host, httpx2.AsyncClient() as client:
        for _ in range(times - 1):
            await client.get(f"http://{host}/", headers=chosen)
        return (await client.get(f"http://{host}/", headers=chosen)).text


async def test_nobody_is_believed_to_be_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert await seen("") == "127.0.0.1 http"


async def test_a_proxy_that_is_not_named_is_not_believed() -> None:
    assert await seen("192.0.2.1, 2001:db8::/32") == "127.0.0.1 http"


@pytest.mark.parametrize("proxies", ["", "192.0.2.1"])
async def test_a_proxy_that_is_not_named_is_warned_of_once(
    caplog: pytest.LogCaptureFixture, proxies: str
) -> None:
    await seen(proxies, times=3)
    assert [each.getMessage() for each in caplog.records if each.name == "copydesk"] == [
        (
            "ignored X-Forwarded-For from 127.0.0.1; if it is your proxy, "
            "add its address to COPYDESK_TRUSTED_PROXIES"
        )
    ]


@pytest.mark.parametrize(("proxies", "headers"), [("127.0.0.0/8", FORWARDED), ("", {})])
async def test_nothing_is_warned_of_without_a_proxy_that_is_not_named(
    caplog: pytest.LogCaptureFixture, proxies: str, headers: dict[str, str]
) -> None:
    await seen(proxies, headers, times=2)
    assert [each for each in caplog.records if each.name == "copydesk"] == []


async def test_a_proxy_that_is_named_is_believed() -> None:
    assert await seen("192.0.2.1, 127.0.0.0/8") == "203.0.113.7 https"


async def test_only_what_trusted_proxies_have_added_is_believed() -> None:
    chain = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7, 127.0.0.9"}
    assert await seen("127.0.0.0/8", chain) == "203.0.113.7 http"


@pytest.mark.parametrize("proxies", ["*", "example.org", "10.0.0.1/8", "10.0.0.0/33"])
def test_what_is_no_network_is_no_proxy(proxies: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"trusted_proxies": proxies})


def test_proxies_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_TRUSTED_PROXIES", "10.0.0.1,2001:db8::/32")
    assert [str(each) for each in load_settings().trusted_proxies] == [
        "10.0.0.1/32",
        "2001:db8::/32",
    ]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *(("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True)),
        *((EVERY_ADDRESS, False), ("::", False), ("", False), ("192.0.2.1", False)),
        *(("copydesk.example", False), ("localhost.example", False)),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, *, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("host", "terminated_by", "warns"),
    [
        ("127.0.0.1", "", False),
        (EVERY_ADDRESS, "", True),
        (EVERY_ADDRESS, "nginx", False),
    ],
)
def test_a_server_that_others_reach_without_tls_warns(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    terminated_by: str,
    *,
    warns: bool,
) -> None:
    done = started_and_ended(database, monkeypatch, HOST=host, TLS_TERMINATED_BY=terminated_by)
    assert done.exit_code == 0, done.output
    assert ("COPYDESK_TLS_TERMINATED_BY" in done.stderr) is warns
    assert "/graphql for readers" in done.stdout


async def _ended(_: Server) -> None:
    """End at once."""


def started_and_ended(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    until: Callable[[Server], Coroutine[None, None, None]] = _ended,
    **settings: str,
) -> Result:
    """Run a server that listens, and is stopped as soon as it does, or after a wait."""
    url = database.engine.url.set(drivername=database.engine.dialect.name)
    environment = {
        "SITE": "tests.sites:SITE",
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "PORT": "0",
        **settings,
    }
    for name, value in environment.items():
        monkeypatch.setenv(f"COPYDESK_{name}", value)
    monkeypatch.setattr(Server, "main_loop", until)
    return CliRunner().invoke(main, ["serve"])


def test_the_port_that_was_picked_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = started_and_ended(database, monkeypatch)
    (port,) = set(re.findall(r"http://127\.0\.0\.1:(\d+)/", done.stdout))
    assert int(port) > 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [("::1", "http://[::1]:80"), ("127.0.0.1", "http://127.0.0.1:80"), ("a.b", "http://a.b:80")],
)
def test_an_address_can_be_opened_in_a_browser(host: str, expected: str) -> None:
    assert address_of(host, 80) == expected


def test_a_port_that_is_taken_is_one_sentence(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = started_and_ended(database, monkeypatch, PORT=port)
    check_refused(done, f"http://127.0.0.1:{port} (Address already in use)")


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "a..b", "x" * 70])
def test_a_host_that_is_not_here_is_one_sentence(
    database: Database, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    check_refused(started_and_ended(database, monkeypatch, HOST=host), f"http://{host}:0 (")


def check_refused(done: Result, expected: str) -> None:
    assert done.exit_code == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: cannot listen on ")
    assert expected in line
    assert "COPYDESK_PORT" in line
