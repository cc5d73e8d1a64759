"""The operator's work on many entries at a shell: ``unpublish`` and ``fill``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from cms.reading.periods import is_public_now
from cms.tables import AuditRecord, Edition, Publication, Revision
from tests.builders import Newsroom
from tests.cms.cli.test_audit import Shell, shell

__all__ = ["shell"]


async def public(newsroom: Newsroom) -> set[str]:
    async with newsroom.database.reading() as session:
        titles = await session.scalars(
            select(Publication.title).where(
                is_public_now(Publication), Publication.content_type.in_(("Article", "Snippet"))
            )
        )
        return set(titles)


async def test_matching_pages_are_unpublished_together_with_the_reason(
    newsroom: Newsroom, shell: Shell
) -> None:
    old = await newsroom.category("Old")
    older = await newsroom.category("Older", old)
    first = await newsroom.draft(title="First", slug="first", category=old, level="EASY")
    second = await newsroom.draft(
        title="Second", category=older, body="[first](/articles/first)", tags=["Fine-tuning"]
    )
    await newsroom.publish(first, second)
    await newsroom.published("Snippet", title="Kept", text="t")

    async def run(*words: str) -> tuple[int, str]:
        result = await shell.run("unpublish", *words, "--reason", "Discontinued.", "--dry-run")
        return result.exit_code, result.output

    assert await run("--where", "tag=fine tuning", "--type", "Article") == (
        0,
        "/articles/second (en): Second\nWould unpublish 1 page.\n",
    )
    for words in (("title=First",), ("slug=first",), ("level=EASY",)):
        code, output = await run("--type", "Article", "--where", *words)
        assert code == 1, output
        assert "“Second” (/articles/second, en) links to “First”" in output
    assert await run("--where", "category=old") == (
        0,
        "/articles/first (en): First\n/articles/second (en): Second\nWould unpublish 2 pages.\n",
    )
    assert await run("--locale", "de") == (0, "Would unpublish 0 pages.\n")
    assert await public(newsroom) == {"First", "Second", "Kept"}

    done = await shell.run("unpublish", "--where", "category=old", "--reason", "Discontinued.")
    assert (done.exit_code, done.output) == (0, "Unpublished 2 pages.\n")
    assert await public(newsroom) == {"Kept"}
    async with newsroom.database.reading() as session:
        records = await session.execute(
            select(AuditRecord.actor, AuditRecord.detail).where(
                AuditRecord.action == "entry:unpublish"
            )
        )
        assert [(actor, detail["reason"]) for actor, detail in records] == [
            ("operator", "Discontinued.")
        ] * 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "choose pages"),
        (("--type", "Nothing"), "there is no content type 'Nothing'"),
        (("--where", "level=EASY"), "there is no value 'level' to compare"),
        (("--where", "old"), "is not a condition"),
        (("--where", "category=none"), "there is no category 'none'"),
        (("--locale", "fr"), "there is no locale 'fr'"),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    shell: Shell, words: tuple[str, ...], message: str
) -> None:
    result = await shell.run("unpublish", *words, "--reason", "Discontinued.")
    assert result.exit_code != 0
    assert message in result.output


FILLER = """
def level(content):
    if content["title"] == "Broken":
        raise ValueError("no idea")
    if content["title"] == "Wrong":
        return "SIMPLE"
    if content["title"] == "Skipped":
        return None
    assert {"body", "level", "title", "slug", "summary", "locale"} <= content.keys()
    return "EASY" if "easy" in content["body"] else "HARD"
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module of the site with the function."""
    (tmp_path / "filling_of_tests.py").write_text(FILLER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "filling_of_tests", raising=False)
    return "filling_of_tests:level"


async def test_drafts_are_filled_and_errors_listed(
    newsroom: Newsroom, shell: Shell, module: str
) -> None:
    easy = await newsroom.draft(title="Easy", body="An easy one.")
    public_one = await newsroom.published(title="Public", body="Another.")
    known = await newsroom.draft(title="Known", level="MEDIUM")
    for title in ("Broken", "Wrong", "Skipped"):
        await newsroom.draft(title=title)

    tried = await shell.run("fill", "Article.level", "--with", module, "--dry-run")
    assert "Would save 3 drafts; 1 left empty, 1 refused." in tried.output
    assert "“Broken”: ValueError: no idea" in tried.output
    limited = await shell.run("fill", "Article.level", "--with", module, "--limit", "1")
    assert "Saved 1 draft; 0 left empty, 0 refused." in limited.output
    done = await shell.run("fill", "Article.level", "--with", module)
    assert done.exit_code == 1
    assert "Saved 1 draft; 1 left empty, 2 refused." in done.output
    assert "“Wrong”: " in done.output

    async with newsroom.database.reading() as session:
        heads = await session.scalars(
            select(Revision)
            .join(Edition, Edition.head_id == Revision.id)
            .where(
                Revision.edition_id.in_([easy.edition_id, public_one.edition_id, known.edition_id])
            )
            .order_by(Revision.title)
        )
        found = [
            (each.content["title"], each.content["fields"]["level"], each.number, each.author_id)  # type: ignore[index, call-overload]  # it is JSON
            for each in heads
        ]
    assert found == [
        ("Easy", "EASY", 2, None),
        ("Known", "MEDIUM", 1, newsroom.author.account_id),
        ("Public", "HARD", 2, None),
    ]
    # Readers see it when it is signed off.
    assert await public(newsroom) == {"Public"}


async def test_an_unknown_field_or_function_is_named(shell: Shell, module: str) -> None:
    for words, message in (
        (("Nothing.level", "--with", module), "there is no content type 'Nothing'"),
        (("Article.nothing", "--with", module), "Article has no field 'nothing'"),
        (("Article.level", "--with", "nowhere:level"), "No module named 'nowhere'"),
    ):
        result = await shell.run("fill", *words)
        assert result.exit_code == 1
        assert message in result.output
