"""One way to write: facts go through the frame, everything else through its home."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.sources import ROOT, modules_in, name_of

SOURCES = modules_in("cms")
# The homes of the writes that are not those of facts by commands, each with its reason.
HOMES = {
    "cms/work/work.py": "the frame, through which commands write facts",
    "cms/storage/rows.py": "the rows that the frame and these homes write",
    "cms/work/idempotency.py": "answers to repeated mutations",
    "cms/ledger/audit.py": "the records that close commands, and the hashes of rows",
    "cms/ledger/counters.py": "counters",
    "cms/ledger/tombstones.py": "details of records, statements and salts, which a purge empties",
    "cms/ledger/keys.py": "attestations, which have a chain of their own",
    "cms/drafts/presence.py": "presence and the revisions seen, which are not in the record",
    "cms/access/rate_limit.py": "failed attempts",
    "cms/access/sessions.py": "the last use of a token",
    "cms/drafts/addresses.py": "where drafts would stand, which derives from facts",
    "cms/review/review_times.py": "times of reviews, which derive from the sign-offs",
    "cms/drafts/heads.py": "what editions repeat of their newest revisions",
    "cms/drafts/category_tree.py": "tree paths, which derive from facts",
    "cms/links/refreshing.py": "metrics of links, which derive from facts",
    "cms/search/deriving.py": "what derives from facts",
    "cms/search/page_fields.py": "what derives from facts",
    "cms/search/rebuilding.py": "what derives from facts",
    "cms/search/tag_counts.py": "what derives from facts",
    "cms/search/word_counts.py": "what derives from facts",
}
STATEMENTS = {"insert", "update", "delete", "insert_rows", "update_rows", "copy_values"}
# Methods of a session that write, or that prepare it.
METHODS = {"add", "add_all", "delete", "merge", "bulk_save_objects", "bulk_insert_mappings"}


def writes_in(file: Path) -> list[str]:
    """Return the calls in a file that write to a database."""
    tree = ast.parse(file.read_text())
    statements = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("sqlalchemy", "cms.storage.rows"))
        for alias in node.names
        if alias.name in STATEMENTS
    }
    return [
        f"line {call.lineno}"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _is_write(call.func, statements)
    ]


def _is_write(function: ast.expr, statements: set[str]) -> bool:
    match function:
        case ast.Name(id=name):
            return name in statements
        case ast.Attribute(attr=name, value=ast.Name(id="session") | ast.Attribute(attr="session")):
            return name in METHODS
    return False


def test_commands_write_only_through_the_frame() -> None:
    others = {name_of(file): writes_in(file) for file in SOURCES if name_of(file) not in HOMES}
    assert {name: writes for name, writes in others.items() if writes} == {}


def test_every_home_writes() -> None:
    assert {home: bool(writes_in(ROOT / home)) for home in HOMES} == dict.fromkeys(HOMES, True)


def test_no_table_loses_rows_with_those_of_another_but_what_derives() -> None:
    """A cascade is a write of no command."""
    from cms.ledger.rows import COVERED, PART_OF  # noqa: PLC0415
    from cms.tables import Base  # noqa: PLC0415

    cascades = {
        table.name
        for table in Base.metadata.tables.values()
        for constraint in table.foreign_key_constraints
        if constraint.ondelete is not None
    }
    assert cascades & {*COVERED, *PART_OF} == set()
