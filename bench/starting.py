"""Measures how soon a server answers after its start: ``python -m bench.starting``.

Each round starts ``copydesk serve`` on the same site, and asks as soon as the port is open. It
reads ``/proc``, so it runs on Linux only.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import click

from bench.__main__ import free_port
from seeds.welcome import QUERY

_COMMAND = "from graphql_api.__main__ import main; main()"
_TICKS = os.sysconf("SC_CLK_TCK")
_MOST_PACKAGES = 20


@click.command()
@click.option("--rounds", default=9, show_default=True, help="How often the server is started.")
@click.option("--requests", default=500, show_default=True, help="The load before memory.")
@click.option("--imports", is_flag=True, help="List the import times by package, too.")
def main(rounds: int, requests: int, *, imports: bool) -> None:
    """Measure the start of a server on the demo site, on SQLite."""
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder:
        environment = _environment(Path(folder))
        subprocess.run(  # our own command
            [sys.executable, "-m", "seeds.load"], env=environment, check=True, capture_output=True
        )
        # The first start compiles the modules, as an installation does.
        _, *measured = [_start(environment, requests) for _ in range(rounds + 1)]
        for name in measured[0]:
            values = [each[name] for each in measured]
            click.echo(f"{name:40} {statistics.median(values):9.3f} (least {min(values):.3f})")
        if imports:
            for package, seconds in _import_times(environment):
                click.echo(f"import {package:33} {seconds:9.3f}")


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of a server that keeps its bytecode, beside its database."""
    kept = {key: each for key, each in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "COPYDESK_SITE": "seeds.site:site",
        "COPYDESK_DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
        "COPYDESK_SIGNING_KEY": str(folder / "demo.key"),
    }


def _start(environment: dict[str, str], requests: int) -> dict[str, float]:
    """Return the seconds from the start of a server to each of its first answers."""
    began = time.perf_counter()
    measured: dict[str, float] = {}
    with _serving(environment) as (process, connection):
        measured["seconds to the open port"] = time.perf_counter() - began
        _ask(connection, "/graphql", QUERY)
        measured["seconds to the first answer"] = time.perf_counter() - began
        measured["CPU seconds to the first answer"] = _cpu_seconds(process.pid)
        for name, path, query in (
            ("seconds of the second answer", "/graphql", QUERY),
            ("seconds of the first for editors", "/manage/graphql", "{ me { account { id } } }"),
            ("seconds of the second for editors", "/manage/graphql", "{ me { account { id } } }"),
        ):
            asked = time.perf_counter()
            _ask(connection, path, query)
            measured[name] = time.perf_counter() - asked
        measured["MiB before the load"] = _mebibytes(process.pid)
        for number in range(requests):
            _ask(connection, "/graphql", QUERY if number % 50 else f"{QUERY} #{number}")
        measured["MiB after the load"] = _mebibytes(process.pid)
    return measured


@contextmanager
def _serving(
    environment: dict[str, str], *options: str, errors: IO[str] | int = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[str], http.client.HTTPConnection]]:
    """Give a server that has just begun to listen, and a connection to it.

    Args:
        environment: the environment variables.
        options: options of Python.
        errors: where the server writes its errors: a file, since nobody reads a pipe meanwhile.
    """
    port = free_port()
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, *options, "-c", _COMMAND, "serve"],
        env={**environment, "COPYDESK_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=errors,
        text=True,
    )
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while process.poll() is None:
            with suppress(ConnectionRefusedError):
                connection.connect()
                break
            time.sleep(0.002)
        yield process, connection
        connection.close()
    finally:
        process.terminate()
        process.wait()


def _ask(connection: http.client.HTTPConnection, path: str, query: str) -> None:
    connection.request(
        "POST", path, json.dumps({"query": query}), {"Content-Type": "application/json"}
    )
    response = connection.getresponse()
    body = response.read()
    if path == "/graphql" and b'"errors"' in body:
        raise SystemExit(body.decode())


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _mebibytes(pid: int) -> float:
    """Return the resident memory of a process."""
    (kibibytes,) = re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(kibibytes) / 1024


def _import_times(environment: dict[str, str]) -> list[tuple[str, float]]:
    """Return the packages that take longest to import, with the seconds."""
    with tempfile.TemporaryFile("w+") as written:
        with _serving(environment, "-X", "importtime", errors=written) as (_, connection):
            _ask(connection, "/graphql", QUERY)
        written.seek(0)
        times = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", written.read())
    microseconds: Counter[str] = Counter()
    for own, name in times:
        microseconds[name.partition(".")[0]] += int(own)
    most = microseconds.most_common(_MOST_PACKAGES)
    return [(package, count / 1e6) for package, count in most]


if __name__ == "__main__":
    main()
