"""Settings that are scripts: they are not run, and the report tells what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from cms.errors import ContentFileError
from cms.importing.front_matter import read_text

# Comments, and texts, which can have the marks of comments in paths with "*".
_COMMENT = re.compile(
    r"""(?P<text>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|`(?:[^`\\]|\\.)*+`)"""
    r"|/\*[\s\S]*?(?:\*/|\Z)|//[^\n]*"
)


def unread_scripts(
    folder: Path, names: Iterable[str], settings: Mapping[str, str], given: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """Yield the scripts with settings of the site that the mapping does not have.

    Args:
        folder: the imported folder.
        names: paths of files that can be such scripts.
        settings: the names of settings, each with the key of the mapping that has its values.
        given: whether the mapping has another value of a key than that of its generator.
    """
    for name in names:
        script = _script(folder / name)
        found = [key for each, key in settings.items() if _has(script, each) and not given(key)]
        if found:
            keys = ", ".join(dict.fromkeys(found))
            yield name, f"its settings are a script, which is not read; write {keys} in the mapping"


def _has(script: str, setting: str) -> bool:
    return re.search(rf"(?<![\w.$]){setting}['\"]?\s*:", script) is not None


def _script(file: Path) -> str:
    """Return a script without its comments; empty if there is none."""
    try:
        return _without_comments(read_text(file)) if file.is_file() else ""
    except ContentFileError:
        return ""


def _without_comments(script: str) -> str:
    return _COMMENT.sub(lambda match: match["text"] or " ", script)
