"""Reading of Markdown files with front matter; every error has a line."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import yaml

from cms.content.canonical_json import Json
from cms.errors import ContentFileError
from cms.importing.script_values import flow_mapping_of, has_only_constants

_FENCES = {"---": "yaml", "+++": "toml"}
_ENDS = {"---": frozenset({"---", "..."}), "+++": frozenset({"+++"})}
_TOML_KEY = re.compile(r'^\s*\[{0,2}\s*"?([\w-]+)"?')
_TOML_PLACE = re.compile(r"\(at (?:line (\d+), column \d+|end of document)\)")
# The most parts of a key in TOML, as in `a.b.c`.
_MOST_PARTS = 100
_LONG_KEY = re.compile(rf"(?:[\w-]++\s*+\.\s*+){{{_MOST_PARTS}}}")
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*+"|'[^']*+'""")
# The most values of a front matter: a few YAML aliases can expand to gigabytes.
_MOST_VALUES = 50_000
# Problems of values that begin with a mark of YAML, or contain one.
_UNQUOTED = re.compile(r"that cannot start any token|mapping values are not allowed")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class Plain(str):
    """A scalar that is written without quotes: its type depends on the field that takes it."""

    __slots__ = ()

    @property
    def is_null(self) -> bool:
        """True if it is a spelling of null."""
        return self in _NULLS


# A value with its scalars as they are written.
Written: TypeAlias = "str | list[Written] | dict[str, Written]"


@dataclass(frozen=True)
class FrontMatter:
    """A content file.

    Attributes:
        file: the path of the file.
        written: the values of the front matter, with scalars as they are written.
        lines: the line of each key, counted from 1.
        body: the text after the front matter, without surrounding blank lines.
        body_line: the first line of the body.
        has_fences: whether there is a front matter, even an empty one.
        repeated: the line of each key that is there again; its last value is that of the key.
    """

    file: Path
    written: Mapping[str, Written]
    lines: Mapping[str, int]
    body: str
    body_line: int
    has_fences: bool = True
    repeated: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def values(self) -> Mapping[str, Json]:
        """The values, with the types that YAML gives them.

        Raises:
            ContentFileError: if a date or a number is not possible.
        """
        return {key: self._typed(key, value) for key, value in self.written.items()}

    def fault(self, key: str | None, reason: str) -> ContentFileError:
        """Return an error about a key or, without one, about the whole file."""
        return ContentFileError(self.file, self.lines.get(key or "", 1), reason)

    def refuse_repeated(self) -> None:
        """Refuse a key that is there again.

        Raises:
            ContentFileError: with the line of the first one.
        """
        _Read(self.written, self.lines, self.repeated).without_repeated(self.file)

    def _typed(self, key: str, value: Written) -> Json:
        try:
            return typed(value)
        except ValueError as error:
            raise self.fault(key, str(error)) from None


def typed(value: Written) -> Json:
    """Return a value with the types that YAML gives to scalars without quotes.

    Raises:
        ValueError: if a date or a number is not possible.
    """
    match value:
        case dict():
            return {key: typed(item) for key, item in value.items()}
        case list():
            return [typed(item) for item in value]
        case Plain():
            return _scalar(value)
        case _:
            return value


def read_markdown(file: Path) -> FrontMatter:
    """Read a Markdown file that must have a front matter with valid values.

    Raises:
        ContentFileError: if it is not UTF-8, or its front matter is missing or invalid.
    """
    read = read_page_file(file)
    if not read.has_fences:
        raise ContentFileError(file, 1, "expected front matter between --- lines at the start")
    read.refuse_repeated()
    _ = read.values  # all dates and numbers are possible
    return read


def read_page_file(file: Path) -> FrontMatter:
    """Read a Markdown file, with or without front matter.

    Raises:
        ContentFileError: if it is not UTF-8, or its front matter is invalid.
    """
    return parse_markdown(file, read_text(file))


def parse_markdown(file: Path, text: str) -> FrontMatter:
    """Read the text of a Markdown file; ``file`` is its name in errors.

    Raises:
        ContentFileError: if its front matter is invalid.
    """
    with _bounded_nesting(file):
        return _parse(file, text)


@contextmanager
def _bounded_nesting(file: Path) -> Iterator[None]:
    """Refuse a file whose values are nested deeper than its reader can go."""
    try:
        yield
    except RecursionError:
        raise ContentFileError(file, 1, "the front matter is nested too deeply") from None


def _parse(file: Path, text: str) -> FrontMatter:
    # Not splitlines(), which splits at more characters than Markdown does.
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].startswith("{") and (found := _json_at_start("\n".join(lines))) is not None:
        values, rest = found
        return _page(file, _Read(values, _keys_at_line(values, 1), {}), lines, rest)
    fence = (
        lines[0].rstrip()[:3]
        if re.fullmatch(r"(---|\+\+\+)(\s*[a-z]+)?", lines[0].rstrip())
        else ""
    )
    if fence not in _FENCES:
        return _page(file, _NOTHING, lines, 0, has_fences=False)
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in _ENDS[fence]), None)
    if end is None:
        if any(":" in line for line in lines[1:2]):  # no line that parts two texts
            raise ContentFileError(
                file, 1, f"expected a {fence} line at the end of the front matter"
            )
        return _page(file, _NOTHING, lines, 0, has_fences=False)
    language = lines[0].rstrip()[3:].strip() or _FENCES[fence]
    read = _READERS.get(language)
    if read is None:
        reason = f"the front matter is {language}, which cannot be read; use YAML, TOML or JSON"
        raise ContentFileError(file, 1, reason)
    return _page(file, read(file, "\n".join(lines[1:end]), 2), lines, end + 1)


def read_yaml(file: Path) -> FrontMatter:
    """Read a YAML file like front matter.

    Raises:
        ContentFileError: if it is not UTF-8, invalid or empty.
    """
    with _bounded_nesting(file):
        values = _read_yaml(file, read_text(file), 1).without_repeated(file)
        if not values.written:
            raise ContentFileError(file, 1, "expected keys with values, as in `title: …`")
        read = FrontMatter(file, values.written, values.lines, "", 1)
        _ = read.values  # all dates and numbers are possible
        return read


def read_data(file: Path) -> Mapping[str, Written]:
    """Read a file of settings in YAML, TOML or JSON, by the ending of its name.

    Raises:
        ContentFileError: if it is invalid.
    """
    ending = file.suffix.lower().lstrip(".")
    read = _READERS["yaml" if ending == "yml" else ending]
    with _bounded_nesting(file):
        values = read(file, read_text(file).removeprefix("\ufeff"), 1)
        return values.without_repeated(file).written


def read_text(file: Path) -> str:
    """Return the text of a file.

    Raises:
        ContentFileError: if it cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise ContentFileError(file, line, f"is not UTF-8: {error.reason}") from None
    except OSError as error:
        raise ContentFileError(file, None, error.strerror or str(error)) from None


class _Read(NamedTuple):
    """The values of a front matter, the line of each key, and the line of each repeated key."""

    written: Mapping[str, Written]
    lines: Mapping[str, int]
    repeated: Mapping[str, int]

    def without_repeated(self, file: Path) -> _Read:
        """Return the values, none of whose keys is repeated.

        Raises:
            ContentFileError: with the line of the first key that is.
        """
        for key, line in self.repeated.items():
            raise ContentFileError(file, line, f"the key {key!r} is repeated")
        return self


_NOTHING = _Read({}, {}, {})


def _page(
    file: Path, front: _Read, lines: list[str], end: int, *, has_fences: bool = True
) -> FrontMatter:
    start = next((i for i in range(end, len(lines)) if lines[i].strip()), len(lines))
    body = "\n".join(lines[start:]).rstrip()
    return FrontMatter(
        file,
        front.written,
        front.lines,
        body,
        start + 1,
        has_fences=has_fences,
        repeated=front.repeated,
    )


# --- YAML ---


# Composes nodes; in C where PyYAML has that, which is ten times as fast.
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _read_yaml(file: Path, text: str, first_line: int) -> _Read:
    try:
        node = _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark is not None else 0)
        problem = error.problem or str(error)
        advice = "; put the value in quotes" if _UNQUOTED.search(problem) else ""
        raise ContentFileError(file, line, f"{problem}{advice}") from None
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise ContentFileError(file, first_line, str(error).partition("\n")[0]) from None
    if node is None:
        return _NOTHING
    if not isinstance(node, yaml.MappingNode):
        raise ContentFileError(file, first_line, "expected keys with values, as in `title: …`")
    return _read_nodes(file, node, first_line)


def _composed(text: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, _FAST)
    except yaml.YAMLError:
        node = yaml.compose(text, yaml.SafeLoader)  # its errors name the place
    return node


class _Nodes:
    """A conversion of YAML nodes, which counts them."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def mapping(self, node: yaml.MappingNode) -> dict[str, Written]:
        """Return the values of a mapping; those of ``<<`` are added where there are no others."""
        own: dict[str, Written] = {}
        merged: dict[str, Written] = {}
        for key, item in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            value = self._value(item)
            if key.tag == "tag:yaml.org,2002:merge":
                for each in value if isinstance(value, list) else [value]:
                    merged |= each if isinstance(each, dict) else {}
            else:
                own[name] = value
        return {**merged, **own}

    def _value(self, node: yaml.Node) -> Written:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"the front matter has more than {_MOST_VALUES:,} values")
        match node:
            case yaml.MappingNode():
                return self.mapping(node)
            case yaml.SequenceNode():
                return [self._value(item) for item in node.value]
            case _:
                is_quoted = bool(getattr(node, "style", None))
                return str(node.value) if is_quoted else Plain(node.value)


def _read_nodes(file: Path, node: yaml.MappingNode, first_line: int) -> _Read:
    lines: dict[str, int] = {}
    repeated: dict[str, int] = {}
    for key, _ in node.value:
        line = first_line + key.start_mark.line
        known = repeated if str(key.value) in lines else lines
        known.setdefault(str(key.value), line)
    try:
        return _Read(_Nodes().mapping(node), lines, repeated)
    except ValueError as error:
        raise ContentFileError(file, first_line, str(error)) from None


def _scalar(text: Plain) -> Json:
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, str(text), (True, False))  # type: ignore[no-untyped-call]
    known = tag if tag != "tag:yaml.org,2002:merge" else "tag:yaml.org,2002:str"
    value: Any = loader.construct_document(yaml.ScalarNode(known, str(text)))
    loader.dispose()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float) else str(text)


# --- TOML and JSON ---


def _read_toml(file: Path, text: str, first_line: int) -> _Read:
    for number, line_text in enumerate(text.split("\n"), first_line):
        # The reader takes quadratic time for a key with many parts.
        is_long = line_text.count(".") >= _MOST_PARTS
        if is_long and _LONG_KEY.search(_QUOTED.sub("q", line_text)):
            reason = f"the line has a key with more than {_MOST_PARTS} parts"
            raise ContentFileError(file, number, reason)
    try:
        values = tomllib.loads(text, parse_float=Plain)
    except ValueError as error:  # also a number that is too long
        place = _TOML_PLACE.search(str(error))
        last = text.count("\n")
        line = first_line + (int(place[1]) - 1 if place and place[1] else last)
        raise ContentFileError(file, line, _TOML_PLACE.sub("", str(error)).strip()) from None
    lines: dict[str, int] = {}
    for number, line_text in enumerate(text.split("\n"), first_line):
        key = _TOML_KEY.match(line_text)
        if key is not None and key[1] in values:
            lines.setdefault(key[1], number)
    return _Read(_as_written(values), lines, {})


def _read_json(file: Path, text: str, first_line: int) -> _Read:
    try:
        values = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ContentFileError(file, first_line + error.lineno - 1, error.msg) from None
    if not isinstance(values, dict):
        raise ContentFileError(file, first_line, "expected an object with keys and values")
    return _Read(_as_written(values), _keys_at_line(values, first_line), {})


def _json_at_start(text: str) -> tuple[Mapping[str, Written], int] | None:
    """Return an object at the start of a text, and the number of its lines; ``None`` if none."""
    try:
        values, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError:
        return None
    rest = text[end:].partition("\n")[0]
    return (_as_written(values), text.count("\n", 0, end) + 1) if not rest.strip() else None


_DECODER = json.JSONDecoder(parse_float=Plain, parse_int=Plain, parse_constant=Plain)


# --- Scripts ---


def _read_script(file: Path, text: str, first_line: int) -> _Read:
    """Read a script that is one object or declares constants."""
    computes = "the front matter is a script that computes values; write them in YAML"
    try:
        node = _composed(flow_mapping_of(text))
    except yaml.YAMLError:
        raise ContentFileError(file, first_line, computes) from None
    if not isinstance(node, yaml.MappingNode):
        raise ContentFileError(file, first_line, computes)
    read = _read_nodes(file, node, first_line)  # not too many, also if aliases repeat them
    if not has_only_constants(node):
        raise ContentFileError(file, first_line, computes)
    return read


def _keys_at_line(values: Iterable[str], line: int) -> Mapping[str, int]:
    return dict.fromkeys(values, line)


def _as_written(values: Mapping[str, Any]) -> dict[str, Written]:
    return {str(key): _written(value) for key, value in values.items()}


def _written(value: Any) -> Written:
    match value:
        case dict():
            return _as_written(value)
        case list():
            return [_written(item) for item in value]
        case None:
            return Plain("null")
        case bool():
            return Plain(str(value).lower())
        case dt.date() | dt.time():
            return Plain(value.isoformat().replace("+00:00", "Z"))
        case str():
            return value
        case _:
            return Plain(value)


_READERS: Mapping[str, Callable[[Path, str, int], _Read]] = {
    "yaml": _read_yaml,
    "yml": _read_yaml,
    "toml": _read_toml,
    "json": _read_json,
    "js": _read_script,
    "javascript": _read_script,
}
