"""Files and folders that only their owner can open, whatever the umask."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = 0o077
_FOLDER = 0o700


def make_private_folder(folder: Path) -> None:
    """Create a folder and its parents, unless it exists."""
    for each in (*reversed(folder.parents), folder):
        if not each.is_dir():
            each.mkdir(mode=_FOLDER, exist_ok=True)  # another process can be quicker
            with opened_folder(each) as handle:
                give_to_owner_of(each.parent, handle)


@contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    """Open a folder, but not a symbolic link to one."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield handle
    finally:
        os.close(handle)


def give_to_owner_of(path: Path, handle: int) -> None:
    """Give a new file to the owner of a path, if root creates it for a server's account."""
    if os.geteuid() == 0:
        owner = path.stat()
        with suppress(OSError):  # root in a container may be no more than another account
            os.fchown(handle, owner.st_uid, owner.st_gid)


def make_private_file(file: Path) -> None:
    """Create an empty file, unless it exists.

    Raises:
        OSError: if it cannot be created.
    """
    if file.exists():
        return
    # The file is never opened by its own name, since closing it would release the locks of other
    # connections of this process.
    handle, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle):
            give_to_owner_of(file.parent, handle)
        with suppress(FileExistsError):  # another process was quicker
            os.link(name, file)
    finally:
        Path(name).unlink()


def make_private(file: Path) -> None:
    """Remove the rights of other users from a file, if it exists and this process may do so."""
    with suppress(OSError):  # it can belong to another user, or be on a disk that is read-only
        mode = file.stat().st_mode
        if mode & OTHERS:
            file.chmod(mode & ~OTHERS & 0o7777)


def make_private_database(file: str) -> None:
    """Remove the rights of other users from an SQLite file and its companion files."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        make_private(Path(f"{file}{suffix}"))
