"""The link graph at a shell."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cms.links.exporting import exporting
from tests.builders import Newsroom
from tests.cms.cli.test_audit import Shell, shell
from tests.cms.links.exporting import reading_back

__all__ = ["shell"]


def text_in(name: str) -> str:
    return Path(name).read_text()


async def two_pages(newsroom: Newsroom) -> tuple[str, str]:
    """Publish a page and another one that links to it, and begin a draft that links to both."""
    one = await newsroom.published(title="One", slug="one")
    two = await newsroom.published(title="Two", slug="two", related=[{"href": one.entry_id}])
    links = [{"href": one.entry_id}, {"href": two.entry_id}]
    await newsroom.draft(title="Three", slug="three", related=links)
    return one.entry_id, two.entry_id


async def test_the_graph_is_exported_to_standard_output(newsroom: Newsroom, shell: Shell) -> None:
    one, two = await two_pages(newsroom)
    done = await shell.run("graph", "export", "json")
    assert done.exit_code == 0, done.output
    exported = json.loads(done.stdout)
    assert exported["graph"] == {
        "site": "Test site",
        "locale": "en",
        "perspective": "published",
        "position": 3,
    }
    assert [(each["source"], each["target"]) for each in exported["edges"]] == [(two, one)]


async def test_the_graph_is_exported_to_a_file_in_any_view(
    newsroom: Newsroom, shell: Shell
) -> None:
    _, two = await two_pages(newsroom)
    file = shell.folder / "links.graphml"

    async def edges(*words: str) -> list[tuple[str, str]]:
        options = ("graph", "export", "graphml", "--output", str(file), *words)
        done = await shell.run(*options)
        assert (done.exit_code, done.output) == (0, "")
        _, found = reading_back.read_graphml(file.read_bytes())
        return [(str(edge["source"]), str(edge.get("status", ""))) for edge in found]

    assert await edges() == [(two, "")]
    assert len(await edges("--draft")) == 3
    assert await edges("--position", "2") == []
    assert await edges("--as-of", "2001-02-01") == []
    assert await edges("--from", "2") == [(two, "added")]
    refused = await shell.run("graph", "export", "json", "--from", "3", "--to", "2")
    assert (refused.exit_code, "exchange the two" in refused.output) == (1, True)
    assert await edges("--kind", "source") == []
    assert await edges("--layer", "taxonomy", "--layer", "navigation") == []
    assert await edges("--locale", "de") == []
    assert [each.name for each in shell.folder.glob("links*")] == ["links.graphml"]


async def test_metrics_that_take_long_are_exported_on_demand(
    newsroom: Newsroom, shell: Shell
) -> None:
    one, _ = await two_pages(newsroom)
    done = await shell.run("graph", "export", "json", "--metrics")
    nodes, _ = reading_back.read_json(done.stdout_bytes)
    assert {name: nodes[one][name] for name in ("betweenness", "authority", "core_number")} == {
        "betweenness": 0.0,
        "authority": 1.0,
        "core_number": 1,
    }
    assert {"hub", "closeness", "articulation_point"} <= {*nodes[one]}


@pytest.mark.parametrize("name", ["csv", "parquet"])
async def test_a_table_is_exported_by_itself(newsroom: Newsroom, shell: Shell, name: str) -> None:
    await two_pages(newsroom)
    for part in ("nodes", "edges"):
        done = await shell.run("graph", "export", name, "--part", part)
        assert done.stdout_bytes.startswith(b"PAR1" if name == "parquet" else b"id,")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("pdf",), "there is no format 'pdf'; use one of graphml, gexf, csv, json, dot, parquet"),
        (("json", "--part", "nodes"), "json has no parts; only csv and parquet have"),
        (("csv", "--part", "both"), "there is no part 'both'; use one of nodes, edges"),
        (("json", "--locale", "fr"), "there is no locale 'fr'; use one of en, de"),
        (("json", "--layer", "all"), "there is no layer 'all'; use one of content, navigation"),
        (("json", "--as-of", "then"), "'then' is no moment; write a time such as"),
        (("json", "--as-of", "1"), "1 is a position and no time"),
        (("json", "--position", "2001-01-01"), "2001-01-01 is a time and no position"),
        (("json", "--position", "99"), "the site has no position 99"),
        (("json", "--from", "99"), "the site has no position 99"),
        (("json", "--as-of", "2001-01-01", "--position", "1"), "give one moment only"),
        (("json", "--to", "1"), "give the earlier moment too"),
        (("json", "--draft", "--from", "0"), "drafts have no past"),
        (("json", "--output", "no/such/folder/x"), "no/such/folder/x cannot be written: No such"),
    ],
)
async def test_options_that_cannot_be_are_refused_in_one_line(
    shell: Shell, words: tuple[str, ...], message: str
) -> None:
    done = await shell.run("graph", "export", *words)
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {message}"), done.output
    assert done.output.count("\n") == 1


async def test_parquet_without_its_library_is_refused(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = await shell.run("graph", "export", "parquet", "--output", "x.parquet")
    assert done.exit_code == 1
    assert "pip install 'copydesk[graph]'" in done.output


async def test_an_export_that_fails_leaves_the_file_as_it_was(
    newsroom: Newsroom, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_pages(newsroom)
    file = shell.file("links.json", "before")

    def fail(*_: object) -> list[object]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "batches", fail)
    done = await shell.run("graph", "export", "json", "--output", file)
    assert (done.exit_code, text_in(file)) == (1, "before")
    assert "links.json cannot be written: No space left on device" in done.output
    assert [each.name for each in shell.folder.glob("links*")] == ["links.json"]
