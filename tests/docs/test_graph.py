"""The page about the link graph is true: its queries have the answers that it shows."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest

from cms.authorization.actor import OPERATOR
from cms.cli.graph_export import export_
from cms.links.asking import GraphReading
from cms.links.exporting.asked import AskedExport, ready_export
from cms.links.exporting.formats import FORMATS
from cms.links.refreshing import refresh_metrics
from cms.reading.view import view_of
from graphql_api.link_export import _LISTS, _PARAMETERS
from tests.conftest import KINDS, Templates
from tests.docs.test_docs import DOCS, blocks, code, rows
from tests.seeds.test_demo import Demo, demo_at

PAGE = (DOCS / "graph.md").read_text()
ANSWERED = re.findall(r"```graphql\n([^`]*)```\n\n```json\n([^`]*)```", PAGE)


@pytest.fixture(scope="module", params=KINDS)
def demo(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Demo]:
    """The demo site, loaded, with the metrics of its links."""
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        loaded = demo_at(url, templates, runner)
        loaded.load()
        runner.run(refresh_metrics(loaded.database, loaded.copydesk.site))
        yield loaded
        runner.run(loaded.copydesk.close())
        runner.run(templates.drop(url))


def test_the_queries_of_an_analyst_have_these_answers(demo: Demo) -> None:
    assert len(ANSWERED) == 10
    for query, answer in ANSWERED:
        assert demo.ask(query) == json.loads(answer)


def block_of(name: str) -> str:
    """Return the query of this name on the page."""
    (found,) = (each for each in blocks(DOCS / "graph.md", "graphql") if f"query {name} " in each)
    return found


def test_a_rule_of_the_demo_is_broken_by_these_terms(demo: Demo) -> None:
    editor = "marguerite@hearth.example"
    found = demo.ask_as(editor, block_of("TermsWithFewLinks"))["linkRuleOffenders"]["nodes"]
    terms = rows("graph.md", "## Rules")
    assert [[each["entry"]["title"], each["fault"]] for each in found] == terms
    entry = demo.ask('{ entry(by: {path: "/glossary/beam-search"}) { id } }')["entry"]
    check = "query($id: ID!) { checkPublish(entryId: $id) { gate isWarning errors { message } } }"
    warnings = [
        each
        for each in demo.ask_as(editor, check, id=entry["id"])["checkPublish"]
        if each["isWarning"] and each["errors"]
    ]
    assert [each["gate"] for each in warnings] == [
        "SITE_INCOMING_LINKS_GLOSSARY_TERM",
        "SITE_CLICK_DEPTH",
    ]
    assert warnings[0]["errors"] == [{"message": terms[0][1]}]


def test_the_metrics_of_links_in_texts_are_those_of_these_links(demo: Demo) -> None:
    page = demo.ask(block_of("LinkedInTexts"))["view"]["entries"]["nodes"]
    assert page
    for each in page:
        found = demo.ask(
            """query($title: String) { entries(where: {title: {eq: $title}}) { nodes {
              id incomingLinks(where: {kind: {eq: INLINE}}, first: 100) { nodes { source { id } } }
            } } }""",
            title=each["title"],
        )["entries"]["nodes"]
        (links,) = found
        pages = {link["source"]["id"] for link in links["incomingLinks"]["nodes"]} - {links["id"]}
        assert each["linkMetrics"] == {"inPages": len(pages)}


def test_duckdb_answers_from_the_export(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("nodes", "edges"):
        data = demo.run(exported(demo, form="parquet", part=part))
        (tmp_path / f"{part}.parquet").write_bytes(data)
    monkeypatch.chdir(tmp_path)
    (query,) = blocks(DOCS / "graph.md", "sql")
    (answer,) = blocks(DOCS / "graph.md", "text")
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchall()
    assert [" ".join(map(str, row)) for row in found] == answer.splitlines()


async def exported(demo: Demo, **asked: Any) -> bytes:
    async with demo.copydesk.reading(OPERATOR) as reading:
        ready = ready_export(demo.copydesk.site, AskedExport(**asked))
        rows_ = await ready.rows(GraphReading(reading, view_of(demo.copydesk.site)))
        return b"".join([each async for each in ready.write(rows_)])


def test_every_format_option_and_parameter_is_documented() -> None:
    assert [code(name) for name, _ in rows("graph.md", "## Exports")] == list(FORMATS)
    options = {each for option in export_.params for each in option.opts if each[:2] == "--"}
    named = {*re.findall(r"--[a-z-]+", PAGE)}
    assert options - {"--position", "--kind"} <= named
    assert isinstance(export_, click.Command)
    documented = {
        *re.findall(r"`(\w+)`", PAGE.split("`/graph/export", 1)[1].split("What is", 1)[0])
    }
    assert {*_PARAMETERS, *_LISTS} - {"format"} <= documented
