"""Files and folders that only their owner can open, regardless of the umask."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = 0o077
_FOLDER = 0o700


def make_private_folder(folder: Path) -> None:
    """Create a private folder and its missing parents, unless it exists."""
    for each in (*reversed(folder.parents), folder):
        if not each.is_dir():
            each.mkdir(mode=_FOLDER, exist_ok=True)  # another process may create it first
            with open_folder(each) as handle:
                give_to_owner_of(each.parent, handle)


@contextmanager
def open_folder(folder: Path) -> Iterator[int]:
    """Open a folder for the block, and yield its file descriptor.

    Raises:
        OSError: if it is not a folder, or a symbolic link to one.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield handle
    finally:
        os.close(handle)


def give_to_owner_of(path: Path, handle: int) -> None:
    """Change the owner of a new file to that of a path, if root creates it for another account.

    Args:
        path: file or folder whose owner and group are used.
        handle: file descriptor of the new file.
    """
    if os.geteuid() == 0:
        owner = path.stat()
        with suppress(OSError):  # root in a container may not be allowed to
            os.fchown(handle, owner.st_uid, owner.st_gid)


def make_private_file(file: Path) -> None:
    """Create an empty private file, unless it exists.

    Raises:
        OSError: if it cannot be created.
    """
    if file.exists():
        return
    # The file is never opened under its own name, since closing any descriptor of a file releases
    # the locks that other connections of this process hold on it (POSIX advisory locks).
    handle, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle):
            give_to_owner_of(file.parent, handle)
        with suppress(FileExistsError):  # another process created it first
            os.link(name, file)
    finally:
        Path(name).unlink()


def make_private(file: Path) -> None:
    """Remove the permissions of group and others from a file, if it exists and that is allowed."""
    with suppress(OSError):  # the file may belong to another user or be on a read-only disk
        mode = file.stat().st_mode
        if mode & OTHERS:
            file.chmod(mode & ~OTHERS & 0o7777)


def make_private_database(file: str) -> None:
    """Remove the permissions of group and others from an SQLite file and its companion files."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        make_private(Path(f"{file}{suffix}"))
