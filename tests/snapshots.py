"""Files that tests compare with; ``make snapshots`` writes them, and nothing else does."""

from __future__ import annotations

import os
from pathlib import Path

_IS_WRITING = os.environ.get("COPYDESK_WRITE_SNAPSHOTS") == "1"


def check_snapshot(file: Path, text: str) -> None:
    """Compare a text with a file, or write the file where that was asked for."""
    if _IS_WRITING:
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, f"{file.name} differs; see make snapshots"
