"""Reads exports with the tools that they are for: networkx and DuckDB, and by the rules of GEXF."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree as ET

import duckdb
import networkx as nx
import pyarrow.parquet as pq
import pydot

# Nodes by id and edges, each with its values; a missing value is left out.
Nodes: TypeAlias = Mapping[str, Mapping[str, Any]]
Edges: TypeAlias = Sequence[Mapping[str, Any]]
Graph: TypeAlias = tuple[Nodes, Edges]


def _of(graph: Any, *, unread: Iterable[str] = ()) -> Graph:
    nodes = {node: _values(values, unread) for node, values in graph.nodes(data=True)}
    edges = [
        _values({"source": source, "target": target, **values}, unread)
        for source, target, values in graph.edges(data=True)
    ]
    return nodes, sorted_edges(edges)


def _values(values: Mapping[str, Any], unread: Iterable[str]) -> Mapping[str, Any]:
    return {
        name: each for name, each in values.items() if each is not None and name not in {*unread}
    }


def sorted_edges(edges: Iterable[Mapping[str, Any]]) -> Edges:
    """Return edges in an order of their own."""
    return sorted(edges, key=lambda edge: sorted((name, str(each)) for name, each in edge.items()))


def read_graphml(data: bytes) -> Graph:
    """Return a graph in GraphML."""
    graph = nx.read_graphml(io.BytesIO(data), force_multigraph=True)
    return _of(graph, unread=["id"])


def read_gexf(data: bytes) -> Graph:
    """Return a graph in GEXF, which follows the rules of its format."""
    check_gexf(ET.fromstring(data))  # noqa: S314  # our own
    graph = nx.read_gexf(io.BytesIO(data))
    nodes, edges = _of(graph, unread=["id"])
    assert all(node["label"] == node.get("title", "") for node in nodes.values())
    return {key: _values(node, ["label"]) for key, node in nodes.items()}, edges


def read_json(data: bytes) -> Graph:
    """Return a graph in networkx's JSON."""
    return _of(nx.node_link_graph(json.loads(data), edges="edges"), unread=["id"])


def read_dot(data: bytes) -> Graph:
    """Return a graph in DOT, in which all values are texts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what its parser uses
        (parsed,) = pydot.graph_from_dot_data(data.decode()) or [pydot.Dot()]
        nodes, edges = _of(nx.nx_pydot.from_pydot(parsed), unread=["id"])
    return (
        {key: _unquoted({"title" if n == "label" else n: v for n, v in node.items()})
         for key, node in nodes.items()},
        sorted_edges([_unquoted(edge) for edge in edges]),
    )  # fmt: skip


def _unquoted(values: Mapping[str, str]) -> Mapping[str, str]:
    return {
        name: re.sub(r"\\(.)", r"\1", each[1:-1]) if each.startswith('"') else each
        for name, each in values.items()
    }


def read_tables(suffix: str, scan: str) -> Callable[[bytes, Path], Graph]:
    """Return the function that reads a ZIP archive of tables with DuckDB.

    Args:
        suffix: the suffix of the files.
        scan: DuckDB's function for them, with ``{}`` for the path.
    """

    def read(data: bytes, folder: Path) -> Graph:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == [f"nodes{suffix}", f"edges{suffix}"]
            archive.extractall(folder)
        nodes = _table(scan.format(folder / f"nodes{suffix}"))
        edges = _table(scan.format(folder / f"edges{suffix}"))
        by_id = {str(row["id"]): _values(row, ["id"]) for row in nodes}
        return by_id, sorted_edges(_values(row, ["id"]) for row in edges)

    return read


def _table(source: str) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        found = connection.execute(f"select * from {source}")
        names = [each[0] for each in found.description or []]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in found.fetchall()]


def _plain(value: Any) -> Any:
    """Return times as exports in texts have them."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


read_csv = read_tables(".csv", "read_csv('{}', header = true, all_varchar = true)")
read_parquet = read_tables(".parquet", "read_parquet('{}')")

# The parts of GEXF 1.3 that exports have: the children of each element in order, with its
# attributes and those that it must have. Made from the schema of the format.
_GEXF: Mapping[str, tuple[Sequence[str], Sequence[str], Sequence[str]]] = {
    "gexf": (("meta", "graph"), ("version", "variant"), ("version",)),
    "meta": (("creator", "keywords", "description"), ("lastmodifieddate",), ()),
    "creator": ((), (), ()),
    "description": ((), (), ()),
    "graph": (
        ("attributes", "nodes", "edges"),
        ("timeformat", "start", "end", "mode", "defaultedgetype", "idtype"),
        (),
    ),
    "attributes": (("attribute",), ("class", "mode"), ("class",)),
    "attribute": (("default", "options"), ("id", "title", "type"), ("id", "title", "type")),
    "nodes": (("node",), ("count",), ()),
    "node": (("attvalues",), ("id", "label", "start", "end", "pid"), ("id",)),
    "edges": (("edge",), ("count",), ()),
    "edge": (
        ("attvalues",),
        ("id", "type", "label", "source", "target", "weight", "kind", "start", "end"),
        ("source", "target"),
    ),
    "attvalues": (("attvalue",), (), ()),
    "attvalue": ((), ("for", "value", "start", "end"), ("for", "value")),
}
_TYPES = {"integer", "long", "double", "float", "boolean", "string", "anyURI"}
_WORDS: Mapping[tuple[str, str], set[str]] = {
    ("gexf", "version"): {"1.3"},
    ("graph", "mode"): {"static", "dynamic"},
    ("graph", "timeformat"): {"integer", "double", "date", "dateTime"},
    ("graph", "defaultedgetype"): {"directed", "undirected", "mutual"},
    ("graph", "idtype"): {"integer", "string"},
    ("attributes", "class"): {"node", "edge"},
    ("attributes", "mode"): {"static", "dynamic"},
    ("attribute", "type"): _TYPES,
}
_NAMESPACE = "{http://gexf.net/1.3}"
_TIME = re.compile(r"-?\d+(\.\d+)?|\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?")


def check_gexf(element: ET.Element) -> None:
    """Check that an element and all in it follow the rules of GEXF 1.3."""
    name = element.tag.removeprefix(_NAMESPACE)
    assert element.tag == f"{_NAMESPACE}{name}"
    children, attributes, required = _GEXF[name]
    assert {*element.attrib} <= {*attributes}, (name, element.attrib)
    assert {*required} <= {*element.attrib}, (name, element.attrib)
    for attribute, value in element.attrib.items():
        assert value in _WORDS.get((name, attribute), {value}), (name, attribute, value)
        assert attribute not in {"start", "end"} or _TIME.fullmatch(value), value
    order = [children.index(each.tag.removeprefix(_NAMESPACE)) for each in element]
    assert order == sorted(order), name
    for child in element:
        check_gexf(child)
    if name == "graph":
        _check_references(element)


def _check_references(graph: ET.Element) -> None:
    """Check that edges lead to nodes, and that values are of attributes that are declared."""
    nodes = [node.get("id") for node in graph.iterfind(f"{_NAMESPACE}nodes/*")]
    edges = [*graph.iterfind(f"{_NAMESPACE}edges/*")]
    assert len({*nodes}) == len(nodes)
    assert len({edge.get("id") for edge in edges}) == len(edges)
    assert {edge.get(end) for edge in edges for end in ("source", "target")} <= {*nodes}
    for owner in ("node", "edge"):
        declared = {
            each.get("id") for each in graph.iterfind(f"{_NAMESPACE}attributes[@class='{owner}']/*")
        }
        used = {each.get("for") for each in graph.iterfind(f"{_NAMESPACE}{owner}s/*/*/*")}
        assert used <= declared


def text_in(data: bytes) -> str:
    """Return all that is in an export, of an archive the files."""
    if not data.startswith(b"PK"):
        return data.decode()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = [archive.read(name) for name in archive.namelist()]
    return "".join(
        str(pq.read_table(io.BytesIO(file)).to_pylist()) if file[:4] == b"PAR1" else file.decode()
        for file in files
    )
