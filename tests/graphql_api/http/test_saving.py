"""The statements of a save that is sent to the management API, on both databases."""

from __future__ import annotations

import re
from pathlib import Path

from tests.builders import Newsroom
from tests.graphql_api.http.desk import app_of, endpoint_of, open_desk
from tests.snapshots import check_snapshot
from tests.statements import counted

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
