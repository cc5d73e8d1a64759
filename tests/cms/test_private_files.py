"""What holds drafts and hashes of passwords can be read by its owner alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy import text  # noqa: TID251  # a test's own SQL

from cms.errors import DatabaseError
from cms.storage.database import Database
from cms.storage.migration import migrate


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Let the system give every right to everybody, as nothing of ours may."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> dict[str, int]:
    """Return the modes of the files in a folder."""
    return {each.name: mode(each) for each in folder.iterdir()}


def widen(folder: Path, wide: int) -> None:
    """Give the files in a folder another mode."""
    for each in folder.iterdir():
        each.chmod(wide)


async def test_a_new_database_is_its_owners_with_all_that_is_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    database = Database(f"sqlite:///{folder}/site.db")
    await migrate(database)
    async with database.engine.begin() as connection:
        await connection.execute(text("update counter set value = value"))
        assert modes(folder) == {"site.db": 0o600, "site.db-wal": 0o600, "site.db-shm": 0o600}
    await database.close()
    assert [mode(each) for each in (folder.parent, folder)] == [0o700] * 2


async def test_a_database_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    file = tmp_path / "site.db"
    database = Database(f"sqlite:///{file}")
    await migrate(database)
    widen(tmp_path, 0o644)
    second = Database(f"sqlite:///{file}")
    async with second.engine.begin():
        assert modes(tmp_path) == {"site.db": 0o600, "site.db-wal": 0o600, "site.db-shm": 0o600}
    await second.close()
    await database.close()


async def test_whatever_opens_a_database_closes_it_to_others(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/site.db")
    await migrate(database)
    await database.close()
    widen(tmp_path, 0o644)
    reading = Database(f"sqlite:///{tmp_path}/site.db")
    async with reading.reading() as session:
        await session.execute(text("select 1"))
        assert set(modes(tmp_path).values()) == {0o600}
    widen(tmp_path, 0o644)
    assert await reading.reader.fetch("select cast('1' as blob)", []) == b"1"
    assert set(modes(tmp_path).values()) == {0o600}
    await reading.close()


async def test_a_folder_that_exists_keeps_its_rights(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(0o755)
    database = Database(f"sqlite:///{folder}/site.db")
    await migrate(database)
    await database.close()
    assert mode(folder) == 0o755


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = Database(f"sqlite:///{tmp_path}/file/folder/site.db")
    with pytest.raises(DatabaseError, match="cannot be created"):
        await migrate(database)
    await database.close()


def test_a_url_that_is_none_is_not_repeated_with_its_password() -> None:
    for url in ("postgresql://me:hunter2@host:x/y", "me:hunter2@host", "mysql://me:hunter2@host/x"):
        with pytest.raises(DatabaseError) as refused:
            Database(url)
        assert "hunter2" not in str(refused.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file for another account")
async def test_a_database_that_root_makes_is_for_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 4321, 4322)
    database = Database(f"sqlite:///{tmp_path}/new/site.db")
    await migrate(database)
    await database.close()
    made = [tmp_path / "new", tmp_path / "new" / "site.db"]
    assert {(each.stat().st_uid, each.stat().st_gid) for each in made} == {(4321, 4322)}
