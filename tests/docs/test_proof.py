"""The page for third parties is true: its script verifies an export, and its formulas hold."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from cms.content.canonical_json import canonical_bytes
from cms.ledger.statement import (
    KeyPredicate,
    PublicationPredicate,
    PurgePredicate,
    SignOffPredicate,
)
from cms.storage.dialects import as_text
from cms.tables import AuditedRow, Review
from graphql_api.cli import main
from tests.builders import Newsroom
from tests.cms.purging.test_purging import purge, write_secret
from tests.conftest import Templates
from tests.histories import make_history

PAGE = (Path(__file__).parents[2] / "docs" / "proof.md").read_text()
(SCRIPT,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


async def export(newsroom: Newsroom, templates: Templates) -> str:
    environment = {
        "COPYDESK_DATABASE_URL": newsroom.database.engine.url.render_as_string(hide_password=False),
        "COPYDESK_SIGNING_KEY": str(templates.signing_key),
    }
    runner = CliRunner(env=environment)
    result = await asyncio.to_thread(runner.invoke, main, ["audit", "export"])
    assert result.exit_code == 0, result.output
    return result.output


async def verify(folder: Path, lines: str, key: str) -> subprocess.CompletedProcess[str]:
    """Run the script of the page in a process that has nothing of this product."""
    for name, text in (("proof.py", SCRIPT), ("ledger.jsonl", lines), ("site.pem", key)):
        (folder / name).write_text(text, encoding="utf-8")
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-I", "proof.py", "ledger.jsonl", "site.pem"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_script_verifies_an_export(
    newsroom: Newsroom, templates: Templates, tmp_path: Path
) -> None:
    await make_history(newsroom)
    key = newsroom.database.key_file.load().public_key_pem()
    lines = await export(newsroom, templates)
    done = await verify(tmp_path, lines, key)
    assert re.fullmatch(r"\d+ records and \d+ attestations are valid\n", done.stdout), done.stderr
    contents = [line for line in map(json.loads, lines.splitlines()) if "content" in line]
    assert contents
    for line in _changed(lines):
        done = await verify(tmp_path, line, key)
        assert done.returncode == 1
        assert "AssertionError" in done.stderr or "InvalidSignature" in done.stderr


async def test_the_script_verifies_an_export_with_a_purge(
    newsroom: Newsroom, templates: Templates, tmp_path: Path
) -> None:
    await purge(newsroom, await write_secret(newsroom), reason="A request.")
    key = newsroom.database.key_file.load().public_key_pem()
    lines = await export(newsroom, templates)
    done = await verify(tmp_path, lines, key)
    assert re.fullmatch(r"\d+ records and \d+ attestations are valid\n", done.stdout), done.stderr
    every = [json.loads(line) for line in lines.splitlines()]
    (emptied,) = [each for each in every if each.get("attestation") == {}]
    (record,) = [each for each in every if _is_break_glass(each)]
    whole = next(each for each in every if each.get("attestation"))
    for line, values in (
        (emptied, {"hash": "0" * 64}),
        (record, {"record": {**record["record"], "actor": "x"}}),
        (whole, {"attestation": {}}),
    ):
        changed = [{**each, **values} if each is line else each for each in every]
        done = await verify(tmp_path, "\n".join(map(json.dumps, changed)), key)
        assert done.returncode == 1
        assert "AssertionError" in done.stderr


def _is_break_glass(line: dict[str, Any]) -> bool:
    return bool(line.get("record", {}).get("action") == "entry:break-glass")


def _changed(lines: str) -> list[str]:
    """Return exports of which one thing was changed."""
    every = [json.loads(line) for line in lines.splitlines()]
    record, attestation = every[5], [each for each in every if "content" in each][-1]
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (record, {"record": {**record["record"], "actor": "x"}}),
        (record, {"rows": record["rows"][:-1]}),
        (attestation, {"content": {**attestation["content"], "title": "UNSIGNED WORDS"}}),
    ]
    made = [
        "\n".join(json.dumps({**each, **values} if each is line else each) for each in every)
        for line, values in changes
    ]
    first = next(index for index, each in enumerate(every) if "attestation" in each)
    without = [[each for each in every if each is not every[gone]] for gone in (3, first + 1)]
    return made + ["\n".join(map(json.dumps, rest)) for rest in without]


NUMBERS = [0, 1, -1, 0.5, 1.0, 1e16, 1e20, 1e21, 1.5e300, 1e-5, 1e-6, 1e-7, 123456.789, 5e-324]


def test_the_script_writes_numbers_as_the_product_does() -> None:
    names: dict[str, Any] = {}
    exec(SCRIPT.split("\ndef sha256")[0], names)  # noqa: S102  # the page's own
    for value in NUMBERS:
        assert names["canonical"](value).encode() == canonical_bytes(value)
    document: dict[str, Any] = {
        "é": [True, None, '\u2028\x7f\x01\n\\"'],
        "\U0001f98a": 1,
        "\ufb33": 2,
        "a": {},
    }
    assert names["canonical"](document).encode() == canonical_bytes(document)


async def test_the_hash_of_a_row_is_computed_as_the_page_says(newsroom: Newsroom) -> None:
    asked = await newsroom.ask(await newsroom.draft(title="Dropout"), note="Is it right?")
    async with newsroom.database.reading() as session:
        review = await session.get_one(Review, asked.id)
        row = (await session.scalars(select(AuditedRow).where(AuditedRow.key == review.id))).one()
    stages = canonical_bytes(review.stages).decode()
    assert '"name"' in stages
    values = {
        "id": review.id,
        "edition_id": review.edition_id,
        "revision_id": review.revision_id,
        "stages": stages,
        "note": review.note,
        "requested_by": review.requested_by,
        "requested_at": as_text(review.requested_at),
        "due_at": None,
        "ended_at": None,
        "outcome": None,
    }
    document = {"salt": row.salt, "table": "review", "values": values, "version": 1}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert row.hash == hashlib.sha256(f"copydesk.row.v1\n{text}".encode()).hexdigest()


@pytest.mark.parametrize(
    "form", [SignOffPredicate, PublicationPredicate, KeyPredicate, PurgePredicate]
)
def test_each_member_of_a_predicate_is_documented(form: type[Any]) -> None:
    documented = set(
        re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\|(.*?)\|", PAGE, re.MULTILINE)))
    )
    assert {each.alias for each in form.model_fields.values()} <= documented
