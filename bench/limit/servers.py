"""Servers under test, each in a process of its own, on one core; the load is on another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.__main__ import free_port, wait_for

_SERVER_CORE, _LOAD_CORE = 0, 1
_PROC = Path("/proc")
# Columns of CPU times in ``/proc/<pid>/stat``, from the one after the name.
_OWN, _OF_CHILDREN = (11, 12), (13, 14)
_REPOSITORY = Path(__file__).parents[2]
_UVICORN = ("-m", "uvicorn", "--no-access-log", "--log-level", "warning")
_COPYDESK = ("-c", "from graphql_api.cli import main; main()")


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        name: its name in tables.
        port: its port.
        pid: id of its process.
        database_pid: id of the process of its database server, if there is one.
    """

    name: str
    port: int
    pid: int
    database_pid: int | None = None

    def ask(self, body: bytes, path: str = "/graphql", token: str = "") -> Any:
        """Return the answer to a request."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        # Our own server, on loopback.
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        with urllib.request.urlopen(request) as response:  # noqa: S310  # the same
            return json.load(response)

    def cpu_seconds(self) -> float:
        """Return the CPU time of the server, and of its database server, so far."""
        seconds = _cpu_of(self.pid)
        if self.database_pid is not None:
            # With its children that have ended.
            seconds += _cpu_of(self.database_pid, _OWN + _OF_CHILDREN)
            seconds += sum(map(_cpu_of, _children_of(self.database_pid)))
        return seconds

    def memory(self) -> float:
        """Return the resident memory of the server in MiB."""
        lines = (_PROC / str(self.pid) / "status").read_text().splitlines()
        (found,) = (line for line in lines if line.startswith("VmRSS"))
        return int(found.split()[1]) / 1024


@dataclass(frozen=True)
class Load:
    """The result of a load.

    Attributes:
        rate: answers a second.
        cpu: CPU seconds of the server, and of its database server, for an answer.
    """

    rate: float
    cpu: float


@dataclass(frozen=True)
class Program:
    """A program that serves.

    Attributes:
        name: its name in tables.
        arguments: arguments of Python, without the port.
        environment: environment variables.
        checkout: the folder of its code.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    checkout: Path = _REPOSITORY


def app_program(name: str, module: str, database: str) -> Program:
    """Return an app over the lean tables.

    Args:
        name: its name in tables.
        module: its module.
        database: an SQLite file, or the URL of a database.
    """
    return Program(name, (*_UVICORN, f"{module}:app"), {"LIMIT_DATABASE": database})


def product_program(
    name: str, site: str, url: str, key: Path, checkout: Path = _REPOSITORY
) -> Program:
    """Return the product.

    Args:
        name: its name in tables.
        site: the declaration of its site.
        url: its database.
        key: the file of its signing key.
        checkout: the folder of its code.
    """
    environment = {
        "COPYDESK_SITE": site,
        "COPYDESK_DATABASE_URL": url,
        "COPYDESK_SIGNING_KEY": str(key),
    }
    return Program(name, (*_COPYDESK, "serve"), environment, checkout)


def run_command(program: Program, *arguments: str, text: str = "") -> None:
    """Run a command of the product with the environment of its server."""
    command = [sys.executable, *_COPYDESK, *arguments]
    done = subprocess.run(  # noqa: S603  # our own command
        command,
        cwd=program.checkout,
        env=_environment(program, 0),
        input=text,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{program.name}: {done.stderr[-2_000:]}")


@contextmanager
def serving(
    programs: Sequence[Program], database_pid: int | None = None
) -> Iterator[Sequence[Server]]:
    """Run servers.

    Args:
        programs: their programs.
        database_pid: id of the process of their database server, if there is one.
    """
    processes: list[subprocess.Popen[bytes]] = []
    ports = [free_port() for _ in programs]
    try:
        for program, port in zip(programs, ports, strict=True):
            processes.append(_start(program, port))
        for port in ports:
            wait_for(port)
        yield [
            Server(program.name, port, process.pid, database_pid)
            for program, port, process in zip(programs, ports, processes, strict=True)
        ]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _start(program: Program, port: int) -> subprocess.Popen[bytes]:
    option = ("--port", str(port)) if program.arguments[: len(_UVICORN)] == _UVICORN else ()
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, *program.arguments, *option],
        cwd=program.checkout,
        env=_environment(program, port),
        stdout=subprocess.DEVNULL,
    )
    pin_to_server_core(process.pid)
    return process


def _environment(program: Program, port: int) -> Mapping[str, str]:
    own = {"PYTHONPATH": str(program.checkout), "COPYDESK_PORT": str(port)}
    return {**os.environ, **program.environment, **own}


def pin_load() -> None:
    """Keep this process, and so the load, away from the core of the servers."""
    _pin(0, _LOAD_CORE)


def pin_to_server_core(pid: int) -> None:
    """Keep a process, and those that it has started or will start, on the core of the servers."""
    for each in (pid, *_children_of(pid)):
        _pin(each, _SERVER_CORE)


def _pin(pid: int, core: int) -> None:
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(pid, {core})


def measure(
    server: Server,
    bodies: Sequence[bytes],
    connections: int,
    *options: str,
) -> Load:
    """Put a load on a server.

    Args:
        server: the server.
        bodies: the bodies of the requests.
        connections: the number of connections.
        options: options of :mod:`bench.load`.
    """
    command = [sys.executable, "-m", "bench.load", str(server.port), str(connections), *options]
    before = server.cpu_seconds()
    done = subprocess.run(  # noqa: S603  # our own command
        command, input=b"\n".join(bodies), capture_output=True, check=False, cwd=_REPOSITORY
    )
    if done.returncode:
        raise SystemExit(f"{server.name}: {done.stderr.decode()[-2_000:]}")
    result = json.loads(done.stdout)
    return Load(result["rate"], (server.cpu_seconds() - before) / max(result["answers"], 1))


def _children_of(pid: int) -> list[int]:
    processes = (int(each.name) for each in _PROC.iterdir() if each.name.isdigit())
    return [each for each in processes if _parent_of(each) == pid]


def _stat_of(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return []


def _parent_of(pid: int) -> int | None:
    return int(stat[1]) if (stat := _stat_of(pid)) else None


def _cpu_of(pid: int, columns: Sequence[int] = _OWN) -> float:
    stat = _stat_of(pid)
    return sum(int(stat[each]) for each in columns if stat) / os.sysconf("SC_CLK_TCK")
