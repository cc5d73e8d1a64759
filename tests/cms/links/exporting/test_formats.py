"""Each format has the same graph, whatever is in its texts."""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.xml_characters import without_forbidden
from cms.errors import ExtraMissing
from cms.links.exporting.formats import FORMATS
from cms.links.exporting.table import (
    ID,
    LABEL,
    SOURCE,
    STATUS,
    TARGET,
    TITLE,
    AttributeKind,
    GraphAttribute,
    Part,
    Period,
    Row,
    Schema,
    text_of,
)
from tests.cms.links.exporting import reading_back
from tests.cms.links.exporting.reading_back import Graph

NODES = (
    ID,
    TITLE,
    GraphAttribute("depth", AttributeKind.INTEGER),
    GraphAttribute("rank", AttributeKind.NUMBER),
    GraphAttribute("orphan", AttributeKind.BOOLEAN),
)
EDGES = (
    *(ID, SOURCE, TARGET, GraphAttribute("kind", AttributeKind.TEXT), LABEL),
    GraphAttribute("since", AttributeKind.TIME),
)
FACTS: Mapping[str, str | int] = {"site": 'The "<site>" & \\ more', "position": 7}
SCHEMA = Schema(NODES, EDGES, FACTS)
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = (
    '</node><node id="x"/>',
    "]]> & <![CDATA[ &lt; &#0;",
    '"; } digraph evil { a [label="',
    "ends with a backslash \\",
    'and \\" this \\N \\G',
    '=HYPERLINK("https://evil.example","x")',
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\tTab",
    "\rReturn",
    "a\r\nb\nc",
    "commas, and 'quotes'",
    "\x01\x08\x0b\x1f control \ufffe\uffff",
    "emoji 🦊 and عربي",
    "'already",
    "null",
    " ",
)


def rows_of(texts: Sequence[str]) -> tuple[list[Row], list[Row]]:
    """Return nodes with these titles, and edges with these labels."""
    nodes: list[Row] = [
        (f"n{at}", text, at or None, 0.1 / (at + 3), at % 2 == 0) for at, text in enumerate(texts)
    ]
    last = len(texts) - 1
    edges: list[Row] = [
        (str(at), f"n{at}", f"n{last}", text or None, text or None, MOMENT if at else None)
        for at, text in enumerate(texts)
    ]
    # A parallel edge, and a link of a page to itself.
    edges.append((str(last + 1), "n0", f"n{last}", "inline", None, None))
    edges.append((str(last + 2), "n0", "n0", "inline", None, None))
    return nodes, edges


def write(
    name: str, schema: Schema, nodes: Sequence[Row], edges: Sequence[Row], part: Part | None = None
) -> bytes:
    """Return an export, written in parts of different sizes."""
    writer = FORMATS[name].write(schema, part)
    written = [writer.begin(), writer.nodes(nodes[:1]), writer.nodes([]), writer.nodes(nodes[1:])]
    written += [writer.between(), writer.edges([]), writer.edges(edges[:2])]
    return b"".join([*written, writer.edges(edges[2:]), writer.end()])


def expected(
    nodes: Sequence[Row], edges: Sequence[Row], shown: Callable[[Any], Any] = lambda value: value
) -> Graph:
    """Return the graph that a reader should get, given how a value is read back."""

    def values(attributes: Sequence[GraphAttribute], row: Row) -> Mapping[str, Any]:
        pairs = zip(attributes, row, strict=True)
        return {each.name: shown(value) for each, value in pairs if value is not None}

    return (
        {str(row[0]): values(NODES[1:], row[1:]) for row in nodes},
        reading_back.sorted_edges([values(EDGES[1:], row[1:]) for row in edges]),
    )


def with_times(value: Any) -> Any:
    return text_of(value) if isinstance(value, datetime) else value


def in_xml(value: Any) -> Any:
    return without_forbidden(value) if isinstance(value, str) else with_times(value)


def in_csv(value: Any) -> Any:
    is_formula = isinstance(value, str) and value[:1] in {*"=+-@\t\r\n"}
    return f"'{value}" if is_formula else text_of(value)


def in_dot(value: Any) -> str:
    return re.sub("[\x00-\x20\x7f]+", " ", text_of(value))


def test_graphml_opens_in_networkx() -> None:
    nodes, edges = rows_of(HOSTILE)
    read = reading_back.read_graphml(write("graphml", SCHEMA, nodes, edges))
    assert read == expected(nodes, edges, in_xml)


def test_gexf_follows_its_schema_and_opens_in_networkx() -> None:
    nodes, edges = rows_of(HOSTILE)
    read = reading_back.read_gexf(write("gexf", SCHEMA, nodes, edges))
    assert read == expected(nodes, edges, in_xml)


def test_json_opens_in_networkx() -> None:
    nodes, edges = rows_of(HOSTILE)
    read = reading_back.read_json(write("json", SCHEMA, nodes, edges))
    assert read == expected(nodes, edges, with_times)


def test_dot_opens_in_networkx() -> None:
    nodes, edges = rows_of(HOSTILE)
    data = write("dot", SCHEMA, nodes, edges)
    assert reading_back.read_dot(data) == expected(nodes, edges, in_dot)
    # Each element is one line, so no text has ended a string.
    assert data.count(b"\n") == 1 + len(FACTS) + len(nodes) + len(edges) + 1


def test_csv_opens_in_duckdb_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    nodes, edges = rows_of(HOSTILE)
    data = write("csv", SCHEMA, nodes, edges)
    assert reading_back.read_csv(data, tmp_path) == expected(nodes, edges, in_csv)
    for name in ("nodes.csv", "edges.csv"):
        cells = csv.reader(io.StringIO((tmp_path / name).read_text(), newline=""))
        assert not [cell for row in cells for cell in row if cell[:1] in {*"=+-@\t\r\n"} - {""}]


def test_parquet_opens_in_duckdb_with_types(tmp_path: Path) -> None:
    nodes, edges = rows_of(HOSTILE)
    data = write("parquet", SCHEMA, nodes, edges)
    assert reading_back.read_parquet(data, tmp_path) == expected(nodes, edges, with_times)


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=8))
def test_any_text_survives(texts: list[str]) -> None:
    nodes, edges = rows_of(texts)
    xml, json = expected(nodes, edges, in_xml), expected(nodes, edges, with_times)
    # XML has no empty texts apart from missing ones.
    assert reading_back.read_graphml(write("graphml", SCHEMA, nodes, edges)) == xml
    assert reading_back.read_gexf(write("gexf", SCHEMA, nodes, edges)) == xml
    assert reading_back.read_json(write("json", SCHEMA, nodes, edges)) == json


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("has_nodes", [False, True])
def test_a_graph_without_edges_is_one(name: str, has_nodes: bool, tmp_path: Path) -> None:
    nodes = rows_of(HOSTILE[:2])[0] if has_nodes else []
    data = write(name, SCHEMA, nodes, [])
    if name in {"csv", "parquet"}:
        read = getattr(reading_back, f"read_{name}")(data, tmp_path)
    else:
        read = getattr(reading_back, f"read_{name}")(data)
    assert [*read[0]] == [str(row[0]) for row in nodes]
    assert read[1] == []


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_a_table_by_itself_is_that_of_the_archive(name: str) -> None:
    nodes, edges = rows_of(HOSTILE)
    with zipfile.ZipFile(io.BytesIO(write(name, SCHEMA, nodes, edges))) as archive:
        for part in Part:
            alone = write(name, SCHEMA, nodes, edges, part)
            assert archive.read(f"{part.value}.{name}") == alone
            assert FORMATS[name].file_of(part)[0] == f"{part.value}.{name}"


def test_two_moments_are_a_dynamic_graph_of_gephi() -> None:
    period = Period("2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z", "date")
    schema = Schema((*NODES, STATUS), (*EDGES, STATUS), FACTS, period)
    words = ("added", "removed", "kept")
    nodes, edges = rows_of(words)
    nodes = [(*row, word) for row, word in zip(nodes, words, strict=True)]
    edges = [(*row, word) for row, word in zip(edges, words, strict=False)]
    read_nodes, read_edges = reading_back.read_gexf(write("gexf", schema, nodes, edges))
    begun, ended = period.begun, period.ended
    spans = {"added": (ended, ended), "removed": (begun, begun), "kept": (begun, ended)}
    for each in (*read_nodes.values(), *read_edges):
        assert (each["start"], each["end"]) == spans[each["status"]]
    assert len(read_edges) == len(words)


def test_parquet_says_which_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'copydesk\[graph\]'"):
        FORMATS["parquet"].require()
