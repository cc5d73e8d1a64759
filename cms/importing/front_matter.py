"""Reading of Markdown files with YAML front matter; every error has a line."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cms.content.canonical_json import Json
from cms.errors import ContentFileError

_FENCE = "---"


@dataclass(frozen=True)
class FrontMatter:
    """A content file.

    Attributes:
        file: the path of the file.
        values: the values of the front matter, as JSON.
        lines: the line of each key, counted from 1.
        body: the text after the front matter, without surrounding blank lines.
        body_line: the first line of the body.
    """

    file: Path
    values: Mapping[str, Json]
    lines: Mapping[str, int]
    body: str
    body_line: int

    def fault(self, key: str | None, reason: str) -> ContentFileError:
        """Return an error about a key or, without one, about the whole file."""
        return ContentFileError(self.file, self.lines.get(key or "", 1), reason)


def read_markdown(file: Path) -> FrontMatter:
    """Read a Markdown file.

    Raises:
        ContentFileError: if it is not UTF-8, or its front matter is missing or invalid YAML.
    """
    return parse_markdown(file, _read_text(file))


def parse_markdown(file: Path, text: str) -> FrontMatter:
    """Read the text of a Markdown file; ``file`` is its name in errors.

    Raises:
        ContentFileError: if its front matter is missing or invalid YAML.
    """
    # Not splitlines(), which splits at more characters than Markdown does.
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() != _FENCE:
        raise ContentFileError(file, 1, "expected front matter between --- lines at the start")
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if end is None:
        raise ContentFileError(file, 1, "expected a --- line at the end of the front matter")
    values, at = _read_yaml(file, "\n".join(lines[1:end]), first_line=2)
    start = next((i for i in range(end + 1, len(lines)) if lines[i].strip()), len(lines))
    return FrontMatter(file, values, at, "\n".join(lines[start:]).rstrip(), start + 1)


def read_yaml(file: Path) -> FrontMatter:
    """Read a YAML file like front matter.

    Raises:
        ContentFileError: if it is not UTF-8 or invalid YAML.
    """
    values, at = _read_yaml(file, _read_text(file), first_line=1)
    return FrontMatter(file, values, at, "", 1)


class _Loader(yaml.SafeLoader):
    """A loader for plain values whose errors have a line.

    It refuses aliases, since a few of them can expand to gigabytes.
    """

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        try:
            value = super().construct_object(node, deep)
        except ValueError as error:  # 2023-02-30
            mark = node.start_mark
            raise yaml.constructor.ConstructorError(None, None, str(error), mark) from None
        if isinstance(value, float) and not math.isfinite(value):
            reason = f"{node.value} is not a finite number"
            raise yaml.constructor.ConstructorError(None, None, reason, node.start_mark)
        return value

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # as published
            raise yaml.composer.ComposerError(None, None, "aliases are not supported", mark)
        return super().compose_node(parent, index)


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise ContentFileError(file, line, f"is not UTF-8: {error.reason}") from None
    except OSError as error:
        raise ContentFileError(file, None, error.strerror or str(error)) from None


def _read_yaml(
    file: Path, text: str, first_line: int
) -> tuple[Mapping[str, Json], Mapping[str, int]]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ContentFileError(file, first_line, "expected keys with values, as in `title: …`")
        values = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark is not None else 0)
        raise ContentFileError(file, line, error.problem or str(error)) from None
    finally:
        loader.dispose()
    lines = _lines_of_keys(file, node, first_line)
    return {str(key): _to_json(value) for key, value in values.items()}, lines


def _lines_of_keys(file: Path, node: yaml.MappingNode, first_line: int) -> Mapping[str, int]:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = first_line + key.start_mark.line
        if str(key.value) in lines:
            raise ContentFileError(file, line, f"the key {key.value!r} is repeated")
        lines[str(key.value)] = line
    return lines


def _to_json(value: Any) -> Json:
    match value:
        case dict():
            return {str(key): _to_json(item) for key, item in value.items()}
        case list():
            return [_to_json(item) for item in value]
        case dt.date():
            return value.isoformat()
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
