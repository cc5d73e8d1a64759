"""The page about purging is true: its tables are the code's own, and its commands exist."""

from __future__ import annotations

import re

from cms.ledger.words import EMPTIED, PURGE_TIME
from cms.purging.refusals import PURGEABLE
from graphql_api.cli import main
from tests.docs.test_docs import DOCS, code, rows

PAGE = (DOCS / "purging.md").read_text()


def test_every_emptied_column_is_documented() -> None:
    documented = {
        code(table): re.findall(r"`(\w+)`", columns)
        for table, columns in rows("purging.md", "## Rows")
    }
    assert documented == {
        table: [name for name, value in left.items() if value is not PURGE_TIME]
        for table, left in EMPTIED.items()
    }


def test_every_kind_of_id_is_documented() -> None:
    cells = " ".join(kinds for kinds, _ in rows("purging.md", "## Ids"))
    assert sorted(re.findall(r"`([a-z]+)_…`", cells)) == sorted(PURGEABLE)


def test_every_command_of_the_page_exists() -> None:
    named = {
        tuple(each.split()) for each in re.findall(r"copydesk ((?:purge|purges)\b ?[a-z]*)", PAGE)
    }
    of_list = {("purges", name) for name in main.commands["purges"].commands}  # type: ignore[attr-defined]
    assert of_list <= named
    options = {each for option in main.commands["purge"].params for each in option.opts}
    assert set(re.findall(r"`(--(?:yes|with-byline|reason))`", PAGE)) <= options
