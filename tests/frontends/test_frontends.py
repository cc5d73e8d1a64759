"""Both frontends build the demo and what changes, show drafts, and pass their checks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import pytest

from cms import Work, commands
from tests.frontends.conftest import (
    FRONTENDS,
    INSTALLED,
    SECRET,
    Newsroom,
    Workspace,
    free_port,
    serving,
)

pytestmark = pytest.mark.skipif(
    not INSTALLED.exists(),
    reason="frontends are not installed: run `make frontends`, which needs npm",
)

# An approved draft of the demo, and words that are new in it.
APPROVED, NEW_WORDS = "/glossary/lora", "Choosing a rank"
# A page that nothing links to.
LONELY = "/glossary/beam-search"
# A draft that is not approved, and words that are new in it.
DRAFT, DRAFT_WORDS = "/glossary/context-window", "What programs reserve"

ID = "query Id($path: String!) { entry(by: {path: $path}) { id } }"
AFFECTED = """query Affected($since: SitePosition!) {
  affectedPaths(since: $since, first: 100) { totalCount nodes { path } }
}"""
CLIENT = FRONTENDS / "astro" / "dist" / "client"
BUILD = FRONTENDS / "astro" / "dist" / "build.json"


@dataclass(frozen=True)
class Built:
    """Both frontends, built and served.

    Attributes:
        astro: the URL of the one.
        next: the URL of the other.
        position: the position of the builds.
    """

    astro: str
    next: str
    position: str

    def url(self, app: str) -> str:
        """Return the URL of a frontend."""
        return self.astro if app == "astro" else self.next


@dataclass(frozen=True)
class Changed:
    """What was made when content had changed.

    Attributes:
        affected: the paths that it could change.
        before: the files of the first build by Astro, with the times when they were written.
        after: the same of the second build.
        updated: the paths that Next.js makes again.
    """

    affected: frozenset[str]
    before: Mapping[Path, int]
    after: Mapping[Path, int]
    updated: frozenset[str]


@pytest.fixture(scope="module")
def built(workspace: Workspace) -> Iterator[Built]:
    """Both frontends, built for the first time."""
    output = workspace.run("astro", "astro", "build")
    assert "85 paths to build: all" in output
    workspace.run("next", "tsx", "scripts/begin.ts")
    workspace.run("next", "next", "build")
    position = json.loads(BUILD.read_text())["position"]
    ports = free_port(), free_port()
    node = ["node", "dist/server/entry.mjs"]
    start = [str(INSTALLED / ".bin" / "next"), "start", "-H", "127.0.0.1", "-p", str(ports[1])]
    host = {"HOST": "127.0.0.1", "PORT": str(ports[0])}
    with (
        serving(node, FRONTENDS / "astro", {**workspace.variables, **host}, ports[0]) as astro,
        serving(start, FRONTENDS / "next", workspace.variables, ports[1]) as next_,
    ):
        yield Built(astro, next_, position)


@pytest.fixture(scope="module")
def changed(built: Built, newsroom: Newsroom, workspace: Workspace) -> Changed:
    """Both frontends after a publication and a page that was unpublished."""
    before = _times()
    entry_id = _id_at(newsroom, APPROVED)

    async def publish(work: Work) -> None:
        held = await commands.look_at(work, entry_id, None)
        await commands.publish_entry(work, entry_id, revision_id=held.head.id)

    newsroom.do(publish)
    lonely_id = _id_at(newsroom, LONELY)
    newsroom.do(lambda work: commands.unpublish_entry(work, lonely_id))
    workspace.run("astro", "astro", "build")
    after = _times()
    updated = httpx2.post(f"{built.next}/update", headers={"authorization": f"Bearer {SECRET}"})
    nodes = newsroom.ask(AFFECTED, since=built.position)["affectedPaths"]["nodes"]
    affected = frozenset(node["path"] for node in nodes)
    return Changed(affected, before, after, frozenset(updated.json()["paths"]))


def _id_at(newsroom: Newsroom, path: str) -> str:
    entry_id: str = newsroom.ask(ID, path=path)["entry"]["id"]
    return entry_id


def _times() -> dict[Path, int]:
    return {each: each.stat().st_mtime_ns for each in CLIENT.rglob("*.html")}


def _page(path: str) -> Path:
    return CLIENT / path.strip("/") / "index.html"


@pytest.mark.parametrize("app", ["astro", "next"])
def test_all_pages_are_accessible_and_all_links_lead_somewhere(
    built: Built, workspace: Workspace, app: str
) -> None:
    assert " pages, 0 faults" in workspace.run("site", "tsx", "src/check.ts", built.url(app))


def test_the_checks_find_what_is_wrong(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        "<!doctype html><html lang=en><title>Home</title><main><h1>Home</h1>"
        "<img src=picture.png><a href=/missing>Missing</a> <a href=/index.html#no>No</a></main>"
    )
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        output = workspace.run("site", "tsx", "src/check.ts", url, ends_well=False)
        server.shutdown()
    assert "/: /missing answers with 404" in output
    assert "/: /index.html has no element #no" in output
    assert "/: Images must have alternative text" in output


def test_code_has_the_types_of_the_schema(workspace: Workspace) -> None:
    workspace.run("site", "tsc", "--project", ".")
    assert "0 errors" in workspace.run("astro", "astro", "check")


def test_only_what_is_affected_is_built(changed: Changed) -> None:
    assert {APPROVED, LONELY} < changed.affected
    written = {each for each, time in changed.after.items() if changed.before.get(each) != time}
    made = {_page(path) for path in changed.affected - {LONELY}}
    assert written == made | {CLIENT / "index.html"}
    assert set(changed.before) - set(changed.after) == {_page(LONELY)}
    assert NEW_WORDS in _page(APPROVED).read_text()
    assert len(written) < len(changed.after) / 2


@pytest.mark.usefixtures("changed")
def test_what_is_built_in_parts_is_what_is_built_as_a_whole(
    workspace: Workspace, tmp_path: Path
) -> None:
    assert "0 paths to build" in workspace.run("astro", "astro", "build")
    kept = tmp_path / "kept"
    shutil.copytree(CLIENT, kept)
    BUILD.unlink()
    assert "84 paths to build: all" in workspace.run("astro", "astro", "build")
    assert _contents(kept) == _contents(CLIENT)


def _contents(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


def test_next_makes_only_what_is_affected(built: Built, changed: Changed) -> None:
    assert changed.updated == changed.affected
    answer = httpx2.get(built.next + APPROVED)
    assert NEW_WORDS in answer.text
    assert httpx2.get(built.next + LONELY).status_code == httpx2.codes.NOT_FOUND
    kept = {"/about", "/hardware/rtx-3090"} - changed.affected
    assert kept
    for path in kept:
        assert httpx2.get(built.next + path).headers["x-nextjs-cache"] == "HIT"


def test_only_who_knows_the_secret_can_update(built: Built) -> None:
    for headers in ({}, {"authorization": "Bearer another"}):
        answer = httpx2.post(f"{built.next}/update", headers=headers)
        assert answer.status_code == httpx2.codes.UNAUTHORIZED


@pytest.mark.parametrize("app", ["astro", "next"])
def test_a_preview_shows_a_draft_to_who_has_its_token(
    built: Built, newsroom: Newsroom, app: str
) -> None:
    entry_id = _id_at(newsroom, DRAFT)
    issued = newsroom.do(lambda work: commands.issue_preview(work, entry_id))
    url, chosen = built.url(app), {"token": issued.secret, "path": DRAFT}
    opened = httpx2.get(f"{url}/preview/open", params=chosen)
    # Browsers send secure cookies to this machine without TLS, the client here does not.
    cookies = "; ".join(each.split(";")[0] for each in opened.headers.get_list("set-cookie"))
    shown = opened.url.join(opened.headers["location"])
    page = httpx2.get(shown, headers={"cookie": cookies})
    assert "This is a preview of a draft." in page.text
    assert DRAFT_WORDS in page.text
    assert "no-store" in page.headers["cache-control"]
    assert issued.secret not in page.text
    assert DRAFT_WORDS not in httpx2.get(url + DRAFT).text
    away = httpx2.get(f"{url}/preview/open", params={**chosen, "path": "//evil.example"})
    assert away.status_code == httpx2.codes.BAD_REQUEST
