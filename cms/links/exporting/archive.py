"""Files that are written while they are sent: one by itself, or several in a ZIP archive."""

from __future__ import annotations

from io import RawIOBase
from typing import IO, Any, Protocol, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

# Nothing of an export depends on the time at which it is written.
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Sink(RawIOBase):
    """A file from which the bytes are taken in parts, so that it holds only the last ones.

    It cannot be read, and no place in it can be sought.
    """

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()
        self._position = 0

    def writable(self) -> bool:
        """Return that it can be written."""
        return True

    def write(self, data: Any, /) -> int:
        """Add bytes."""
        given = memoryview(data).cast("B")
        self._written += given
        self._position += len(given)
        return len(given)

    def tell(self) -> int:
        """Return the number of all bytes that were written."""
        return self._position

    def take(self) -> bytes:
        """Return the bytes that were written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


class Store(Protocol):
    """Files that are written one after the other."""

    def open(self, name: str) -> IO[bytes]:
        """Begin a file; the one before has to be closed."""

    def take(self) -> bytes:
        """Return the bytes that were written since the last time."""

    def close(self) -> bytes:
        """Return the last bytes."""


class Alone:
    """One file by itself."""

    def __init__(self) -> None:
        self._sink = Sink()

    def open(self, _: str) -> IO[bytes]:
        """Begin the file."""
        return cast("IO[bytes]", _Kept(self._sink))

    def take(self) -> bytes:
        """Return the bytes that were written since the last time."""
        return self._sink.take()

    def close(self) -> bytes:
        """Return the last bytes."""
        return self._sink.take()


class _Kept(RawIOBase):
    """A file that can be closed while its bytes are still to be taken."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return self._sink.write(data)

    def tell(self) -> int:
        return self._sink.tell()


class Archive:
    """Files in a ZIP archive."""

    def __init__(self, *, compresses: bool) -> None:
        self._sink = Sink()
        self._method = ZIP_DEFLATED if compresses else ZIP_STORED
        self._archive = ZipFile(cast("IO[bytes]", self._sink), "w")

    def open(self, name: str) -> IO[bytes]:
        """Begin a file."""
        info = ZipInfo(name, _EPOCH)
        info.compress_type = self._method
        return self._archive.open(info, "w", force_zip64=True)

    def take(self) -> bytes:
        """Return the bytes that were written since the last time."""
        return self._sink.take()

    def close(self) -> bytes:
        """Return the directory of the archive, which is its end."""
        self._archive.close()
        return self._sink.take()
