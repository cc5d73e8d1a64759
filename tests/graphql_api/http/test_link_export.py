"""The link graph over HTTP, in the formats of other tools."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from cms.access.tokens import issue_preview
from cms.links.asking import LinkGraphs
from cms.links.exporting.formats import FORMATS
from graphql_api import link_export
from graphql_api.delivery import Visitor
from graphql_api.http.request import HttpRequest
from graphql_api.http.shutdown import Shutdown
from graphql_api.link_export import ExportLimits, LinkExport
from graphql_api.on_demand import OnDemand
from tests.builders import Newsroom
from tests.cms.links.exporting import reading_back
from tests.conftest import begins_with
from tests.graphql_api.http.desk import Desk, bearer, open_desk

PATH = "/graph/export"


async def get(
    desk: Desk, token: str | None = None, method: str = "GET", tag: str = "", **given: Any
) -> httpx2.Response:
    """Return the response to a request for an export; ``begun`` is the parameter ``from``."""
    names = {"begun": "from", "form": "format"}
    parameters = {names.get(name, name): value for name, value in given.items()}
    headers = {**bearer(token), **({"If-None-Match": tag} if tag else {})}
    return await desk.client.request(method, PATH, params=parameters, headers=headers)


async def titles(desk: Desk, token: str | None = None, **given: Any) -> list[str]:
    """Return the titles of the nodes in an export."""
    response = await get(desk, token, form="json", **given)
    assert response.status_code == 200, response.text
    return sorted(node["title"] for node in response.json()["nodes"])


async def pages(newsroom: Newsroom) -> str:
    """Publish two pages, begin a draft, and return the id of the first page."""
    one = await newsroom.published(title="One", slug="one")
    links = [{"href": one.entry_id}]
    await newsroom.published(title="Two", slug="two", related=links)
    await newsroom.draft(title="Secret", slug="secret", related=links)
    return one.entry_id


PAGES = begins_with(pages)


@PAGES
@pytest.mark.parametrize("name", FORMATS)
async def test_everyone_gets_what_is_public(desk: Desk, name: str) -> None:
    response = await get(desk, form=name)
    assert response.status_code == 200, response.text
    file, media_type = FORMATS[name].file_of(None)
    assert response.headers["content-type"].partition(";")[0] == media_type.partition(";")[0]
    assert response.headers["content-disposition"] == f'attachment; filename="{file}"'
    assert response.headers["x-content-type-options"] == "nosniff"
    text = reading_back.text_in(response.content)
    assert "One" in text
    assert "Two" in text
    assert "ecret" not in text


@PAGES
async def test_a_part_and_a_view_are_chosen_by_parameters(desk: Desk, content: str) -> None:
    one = content
    response = await get(desk, form="csv", part="nodes")
    assert response.text.startswith("id,type,title,path,category,in_degree,")
    assert response.headers["content-disposition"] == 'attachment; filename="nodes.csv"'
    assert await titles(desk, position="2") == ["One"]
    assert await titles(desk, asOf="2001-01-01") == []
    assert await titles(desk, locale="de") == []
    changed = (await get(desk, form="json", begun="2")).json()
    assert [(each["target"], each["status"]) for each in changed["edges"]] == [(one, "added")]
    assert {each["title"]: each["status"] for each in changed["nodes"]} == {
        "One": "kept",
        "Two": "added",
    }
    edges = (await get(desk, form="json", kind=["source", "menu"])).json()["edges"]
    assert edges == []
    layers = (await get(desk, form="json", layer=["content", "taxonomy"])).json()["edges"]
    assert len(layers) == 1


@PAGES
async def test_drafts_need_a_token_that_can_read_them(desk: Desk) -> None:
    newsroom = desk.newsroom
    token = await desk.secret(newsroom.author)
    assert await titles(desk, token, perspective="DRAFT") == ["One", "Secret", "Two"]
    assert await titles(desk, token) == ["One", "Two"]
    assert await titles(desk, token, perspective="PUBLISHED") == ["One", "Two"]
    response = await get(desk, token, form="json", perspective="DRAFT")
    assert response.headers["cache-control"] == "private, no-store"
    assert "etag" not in response.headers
    for given in ({}, {"tag": "*"}, {"method": "HEAD"}):
        refused = await get(desk, form="json", perspective="DRAFT", **given)
        assert refused.status_code == 403
    assert (await get(desk, "nonsense", form="json")).status_code == 401
    assert (await get(desk, token, "GET", "*", form="json")).status_code == 200


@PAGES
async def test_a_preview_shows_its_revision_as_if_it_were_public(desk: Desk) -> None:
    newsroom = desk.newsroom
    head = await newsroom.draft(title="Shown", slug="shown")
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await newsroom.entry_id(head)
        shown = await issue_preview(work, entry_id, valid_for=timedelta(hours=1))
    assert await titles(desk, shown.secret) == ["One", "Shown", "Two"]
    refused = await get(desk, shown.secret, form="json", perspective="DRAFT")
    assert refused.status_code == 403
    refused = await get(desk, shown.secret, form="json", asOf="2020-01-01")
    assert (refused.status_code, refused.text) == (
        400,
        "drafts have no past; leave out the times and positions\n",
    )


@PAGES
async def test_the_tag_is_that_of_the_position(desk: Desk) -> None:
    newsroom = desk.newsroom
    first = await get(desk, form="json")
    tag = first.headers["etag"]
    again = await get(desk, tag=tag, form="json")
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await get(desk, tag=f'"other", W/{tag}', form="json")).status_code == 304
    assert (await get(desk, tag=tag, form="dot")).status_code == 200
    await newsroom.draft(title="Another secret", slug="another")
    assert (await get(desk, tag=tag, form="json")).status_code == 304
    await newsroom.published(title="Three", slug="three")
    changed = await get(desk, tag=tag, form="json")
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert "Three" in changed.text


@PAGES
async def test_head_has_the_headers_of_get(desk: Desk) -> None:
    response, head = await get(desk, form="csv"), await get(desk, method="HEAD", form="csv")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-disposition"):
        assert head.headers[name] == response.headers[name]
    assert (await get(desk, method="HEAD", form="csv", position="99")).status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_other_methods_are_not_allowed(desk: Desk, method: str) -> None:
    response = await get(desk, method=method, form="json")
    assert response.status_code == 405
    assert {*response.headers["allow"].split(", ")} == {"GET", "HEAD"}


_IN_DISORDER = "the earlier moment is after the later one"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "there is no format ''; use one of graphml, gexf, csv, json, dot, parquet"),
        ({"form": "../../etc/passwd"}, "there is no format '../../etc/passwd'; use one of"),
        ({"form": ["json", "dot"]}, "give format once"),
        ({"form": "json", "metrics": "true"}, "there is no parameter 'metrics'; use any of format"),
        ({"form": "json", "part": "nodes"}, "json has no parts"),
        ({"form": "json", "locale": "fr"}, "there is no locale 'fr'"),
        ({"form": "json", "layer": "x" * 1000}, "there is no layer 'xxx"),
        (
            {"form": "json", "perspective": "draft"},
            "there is no perspective 'draft'; use PUBLISHED",
        ),
        ({"form": "json", "asOf": "x\r\nSet-Cookie: y"}, "'x\\r\\nSet-Cookie: y' is no moment"),
        ({"form": "json", "position": "99"}, "the site has no position 99"),
        ({"form": "json", "position": "1.0123456789abcdef"}, "the site has no position 1"),
        ({"form": "json", "asOf": "2020-01-01", "position": "1"}, "give one moment only"),
        ({"form": "json", "begun": "9" * 18}, "the site has no position 999"),
        ({"form": "json", "to": "1"}, "give the earlier moment too"),
        ({"form": "gexf", "begun": "2020-01-02", "to": "2020-01-01"}, _IN_DISORDER),
        ({"form": "gexf", "begun": "9999-12-31"}, _IN_DISORDER),
        ({"form": "json", "begun": "1", "to": "2000-01-01"}, _IN_DISORDER),
        ({"form": "json", "begun": "1", "to": "0"}, _IN_DISORDER),
    ],
)
async def test_invalid_requests_are_refused_in_one_line(
    desk: Desk, given: Any, message: str
) -> None:
    response = await get(desk, **given)
    assert response.status_code == 400
    assert response.text.startswith(message)
    assert response.text.count("\n") == 1
    assert len(response.text) < 300


@PAGES
async def test_an_unknown_kind_has_no_edges(desk: Desk) -> None:
    response = await get(desk, form="json", kind="\x00'; drop table link; --")
    assert (response.status_code, response.json()["edges"]) == (200, [])


class SlowFormat:
    """Exports that stop in the middle until they may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.may_end, self.ended = (asyncio.Event() for _ in range(3))
        self._true = link_export._logged
        monkeypatch.setattr(link_export, "_logged", self._slow)

    async def _slow(self, chunks: Any) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._true(chunks):
                self.begun.set()
                yield chunk
                await self.may_end.wait()
        finally:
            self.ended.set()


def app_with(newsroom: Newsroom, limits: ExportLimits) -> Starlette:
    """Return an app with nothing but exports, with other limits."""

    async def anyone(_: HttpRequest) -> Visitor:
        return Visitor()

    shutdown = Shutdown(lambda: None)
    exports = LinkExport(newsroom.desk, OnDemand(LinkGraphs), anyone, shutdown, limits)
    return Starlette(routes=exports.routes())


@PAGES
async def test_few_exports_run_at_once(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowFormat(monkeypatch)
    limits = ExportLimits(at_once=1, waiting=1, waiting_seconds=0.2)
    async with open_desk(newsroom, app_with(newsroom, limits)) as desk:
        running = asyncio.create_task(get(desk, form="json"))
        await slow.begun.wait()
        tag = (await get(desk, method="HEAD", form="json")).headers["etag"]
        assert (await get(desk, tag=tag, form="json")).status_code == 304
        waiting, refused = await asyncio.gather(get(desk, form="dot"), get(desk, form="gexf"))
        assert {waiting.status_code, refused.status_code} == {429, 503}
        assert all("retry-after" in each.headers for each in (waiting, refused))
        slow.may_end.set()
        assert json.loads((await running).content)["nodes"]
        assert (await get(desk, form="json")).status_code == 200


@PAGES
async def test_a_client_that_goes_away_ends_its_export(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowFormat(monkeypatch)
    async with open_desk(newsroom, app_with(newsroom, ExportLimits(at_once=1))) as desk:
        async with desk.client.stream("GET", PATH, params={"format": "json"}) as response:
            assert response.status_code == 200
        await slow.ended.wait()
        slow.may_end.set()
        assert (await get(desk, form="json")).status_code == 200


@PAGES
async def test_an_export_that_takes_too_long_has_no_end(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowFormat(monkeypatch)
    limits = ExportLimits(at_once=1, seconds=0.2)
    async with open_desk(newsroom, app_with(newsroom, limits)) as desk:
        with pytest.raises(httpx2.RemoteProtocolError):
            await get(desk, form="json")
        slow.may_end.set()
        assert (await get(desk, form="json")).status_code == 200


@PAGES
async def test_a_failure_in_the_middle_has_no_end_and_is_logged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    writer = type(FORMATS["dot"].write(None, None))  # type: ignore[arg-type]
    monkeypatch.setattr(writer, "edges", lambda *_: 1 / 0)
    with pytest.raises(httpx2.RemoteProtocolError):
        await get(desk, form="dot")
    assert "ZeroDivisionError" in caplog.text
    assert (await get(desk, form="json")).status_code == 200


async def test_a_site_without_pages_has_an_empty_graph(desk: Desk) -> None:
    assert await titles(desk) == []
