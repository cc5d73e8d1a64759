"""Files and folders that only their owner can open, whatever the umask."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

_FOLDER = 0o700
_OTHERS = 0o077


def make_private_folder(folder: Path) -> None:
    """Make a folder, with those above it, unless it exists."""
    for each in (*reversed(folder.parents), folder):
        if not each.is_dir():
            each.mkdir(mode=_FOLDER, exist_ok=True)  # another process can be quicker


def make_private_file(file: Path) -> None:
    """Make an empty file, unless it exists.

    Raises:
        OSError: if it cannot be made.
    """
    if file.exists():
        return
    # It is never opened under its own name: closing a file gives up the locks that other
    # connections of this process have on it.
    handle, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    os.close(handle)
    try:
        with suppress(FileExistsError):  # another process was quicker
            os.link(name, file)
    finally:
        Path(name).unlink()


def make_private(file: Path) -> None:
    """Take the rights of others from a file, if it exists and the system lets this process."""
    with suppress(OSError):  # it can belong to another user, or be on a disk that is read-only
        mode = file.stat().st_mode
        if mode & _OTHERS:
            file.chmod(mode & ~_OTHERS & 0o7777)


def make_private_database(file: str) -> None:
    """Take the rights of others from an SQLite file and from those that SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        make_private(Path(f"{file}{suffix}"))
