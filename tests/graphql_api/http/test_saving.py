"""The statements of a save that is sent to the management API, on both databases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import event

from cms.content.fields.markdown import Markdown
from cms.content.markup.losses import Loss
from cms.content.markup.parser import Parsed, Parser
from tests.builders import Newsroom
from tests.graphql_api.http.desk import app_of, endpoint_of, open_desk
from tests.snapshots import check_snapshot
from tests.statements import counted

SAVED = "revision { id } warnings { code message }"
FOLDER = Path(__file__).parents[2] / "commands"
# The most statements, those of the save included: who asks, with all grants; the answer that the
# key has, and that it gets.
MOST = 13 + 3


async def test_a_save_with_a_token_and_a_key_takes_these_statements(newsroom: Newsroom) -> None:
    app = app_of(newsroom)
    database = endpoint_of(app).database
    async with open_desk(newsroom, app) as desk:
        await desk.article("Other", slug="other")
        text = "See [other](/articles/other) and [elsewhere](https://example.org)."
        made = await desk.article("One", slug="one", body=text, tags=["one"])
        with counted(database) as seen:
            saved = await desk.do(
                newsroom.author,
                "updateArticle",
                "clientMutationId revision { id } warnings { code }",
                entryId=made["entry"],
                baseRevision=made["id"],
                clientMutationId="one",
                values={"title": "Two"},
            )
    assert saved["clientMutationId"] == "one"
    own = [each for each in seen if not re.match("(?i)begin|savepoint|release", each)]
    dialect = newsroom.database.engine.dialect.name
    written = "".join(f"{' '.join(each.split())};\n" for each in own)
    check_snapshot(FOLDER / f"save_over_http.{dialect}.sql", written)
    assert len(own) <= MOST


@pytest.mark.parametrize("is_bulk", [False, True])
async def test_a_text_is_parsed_once_and_before_the_transaction_begins(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, is_bulk: bool
) -> None:
    app = app_of(newsroom)
    seen: list[str] = []
    parse = Parser.parse

    def note(parser: Parser, text: str) -> Parsed:
        seen.append(text)
        return parse(parser, text)

    async with open_desk(newsroom, app) as desk:
        made = await desk.article("One", slug="one")
        monkeypatch.setattr(Parser, "parse", note)
        engine = endpoint_of(app).database.engine.sync_engine
        event.listen(engine, "begin", lambda _: seen.append("begin"))
        body = f"# A heading\n\n<font>Words</font> that no other test has: {engine.name} {is_bulk}."
        item = {"entryId": made["entry"], "baseRevision": made["id"], "values": {"body": body}}
        if is_bulk:
            (saved,) = (
                await desk.do(
                    newsroom.author, "updateArticles", f"results {{ {SAVED} }}", entries=[item]
                )
            )["results"]
        else:
            saved = await desk.do(newsroom.author, "updateArticle", SAVED, **item)
    assert [each["code"] for each in saved["warnings"]] == ["REMOVED_ELEMENT"]
    while seen[0] == "begin":  # on PostgreSQL, to ask who that is
        del seen[0]
    assert seen[:2] == [body, "begin"]
    assert body not in seen[1:]


@pytest.mark.parametrize("is_bulk", [False, True])
async def test_warnings_that_are_not_selected_are_not_looked_for(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, is_bulk: bool
) -> None:
    app = app_of(newsroom)
    seen: list[str] = []

    def note(_: Markdown, text: str) -> Sequence[Loss]:
        seen.append(text)
        return ()

    async with open_desk(newsroom, app) as desk:
        body = f"<font>Words</font> of {newsroom.database.engine.name} {is_bulk}."
        made = await desk.article("One", slug="one", body=body)
        monkeypatch.setattr(Markdown, "losses", note)
        item = {"entryId": made["entry"], "baseRevision": made["id"], "values": {"title": "Two"}}
        if is_bulk:
            selected = "results { errors { message } revision { number } }"
            (saved,) = (await desk.do(newsroom.author, "updateArticles", selected, entries=[item]))[
                "results"
            ]
        else:
            saved = await desk.do(newsroom.author, "updateArticle", "revision { number }", **item)
    assert saved["revision"]["number"] == 2
    assert seen == []


async def test_a_repeated_key_answers_with_warnings_that_were_not_selected_first(
    newsroom: Newsroom,
) -> None:
    async with open_desk(newsroom, app_of(newsroom)) as desk:
        made = await desk.article("One", slug="one", body="<font>Words</font>")
        item = {
            "entryId": made["entry"],
            "baseRevision": made["id"],
            "clientMutationId": "one",
            "values": {"title": "Two"},
        }
        first = await desk.do(newsroom.author, "updateArticle", "revision { number }", **item)
        again = await desk.do(newsroom.author, "updateArticle", SAVED, **item)
    assert first["revision"]["number"] == 2
    assert [each["code"] for each in again["warnings"]] == ["REMOVED_ELEMENT"]
