"""Files that cannot be imported: each is refused by itself, whatever it has in it."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.errors import ContentFileError
from cms.importing.markdown import ImportOptions, import_markdown
from cms.importing.report import ImportReport
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.heading_ids import HEADING_IDS
from cms.importing.site.mapping import TypeRules
from cms.site import Site
from cms.storage.database import Database
from cms.work.work import Desk
from tests.builders import Newsroom
from tests.cms.importing.conftest import PUBLIC, Importer
from tests.cms.importing.sites import GlossaryTerm
from tests.cms.importing.test_batches import public
from tests.cms.importing.test_markdown import told

GOOD = "---\ntitle: {title}\n---\n\nSee [the other](/{other}/).\n"

BOMB = b"---\na: &a [x,x,x,x,x,x,x,x,x]\n%s---\n" % b"".join(
    b"%c: &%c [%s]\n" % (key, key, b",".join([b"*%c" % (key - 1)] * 9)) for key in b"bcde"
)
# What is in a file, and what is wrong with it.
REFUSED = {
    "binary": (bytes(range(256)), "is not UTF-8"),
    "latin": ("---\ntitle: x\n---\n\nCafé\n".encode("latin-1"), "is not UTF-8"),
    "unclosed": (b"---\ntitle: x\n\nWords.\n", "at the end of the front matter"),
    "long": (b"---\ntitle: x\n---\n\n" + b"Words. " * 40_000, "200,000"),
    "quotes": (b"---\ntitle: x\n---\n\n" + b"> " * 150 + b"x\n", "100 levels deep"),
    "yaml": (b"---\ntitle: " + b"[" * 3_000 + b"]" * 3_000 + b"\n---\n", "nested too deeply"),
    "itself": (b"---\na: &a [*a]\ntitle: x\n---\n", "nested too deeply"),
    "bomb": (BOMB, "more than 50,000 values"),
    "json": (b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}\n\nx\n", "nested too deeply"),
    "toml": (b"+++\na = " + b"[" * 5_000 + b"]" * 5_000 + b"\n+++\n", "nested too deeply"),
    "number": (b"+++\na = " + b"9" * 5_000 + b"\n+++\n", "digits"),
    "nul": (b"---\ntitle: x\n---\n\nA\0B\n", "U+0000"),
}


@pytest.fixture
def quay(harbour: Importer, tmp_path: Path) -> Importer:
    """A site with two good pages that link to each other."""
    harbour.folder = tmp_path / "quay"
    (harbour.folder / "en").mkdir(parents=True)
    harbour.mapping = replace(harbour.mapping, history="")
    harbour.write("en/one.md", GOOD.format(title="One", other="two"))
    harbour.write("en/two.md", GOOD.format(title="Two", other="one"))
    return harbour


async def test_each_file_is_refused_by_itself(quay: Importer) -> None:
    for name, (content, _) in REFUSED.items():
        (quay.folder / f"en/{name}.md").write_bytes(content)
    (quay.folder / "en/out.md").symlink_to("/etc/hostname")
    (quay.folder / "en/round.md").symlink_to("round.md")
    quay.write(os.fsdecode(b"en/name-\xff.md"), "Words.")
    (quay.folder / os.fsdecode(b"en/folder-\xff")).mkdir()
    quay.write(os.fsdecode(b"en/folder-\xff/three.md"), GOOD.format(title="Three", other="one"))
    report = await quay.run()
    refused = {each.file.name: each.message for each in report.of_kind(FaultKind.REFUSED)}
    for name, (_, reason) in REFUSED.items():
        assert reason in refused.pop(f"{name}.md")
    assert "points outside" in refused.pop("out.md")
    assert "link without an end" in refused.pop("round.md")
    assert refused.pop("three.md") == "its path is not UTF-8"
    assert refused == {"name-\ufffd.md": "its path is not UTF-8"}
    assert report.made["publications"] == 2
    assert report.to_json()
    assert +(await quay.run()).made == {}


async def test_a_page_whose_file_is_a_link_now_stays_public(quay: Importer) -> None:
    targets = {"round": "round.md", "outside": "/etc/hostname", "nowhere": "nothing.md"}
    for each in targets:
        quay.write(f"en/{each}.md", GOOD.format(title=each, other="one"))
    await quay.run()
    for name, target in targets.items():
        file = quay.folder / f"en/{name}.md"
        file.unlink()
        file.symlink_to(target)
    report = await quay.run()
    assert +report.made == {}
    assert {each.file.stem for each in report.of_kind(FaultKind.REFUSED)} == {"round", "outside"}
    reason = "is a link to a file that does not exist"
    assert ("ignored", f"en/nowhere.md: {reason}") in told(quay, report)
    assert await public(quay) == {"one", "two", *targets}


async def test_odd_names_are_names(quay: Importer) -> None:
    names = ["a b", "new\nline", 'quo"te', "50%", "a#b", "é", "\u202eabc", "x" * 200, "ONE"]
    for each in names:
        quay.write(f"en/{each}.md", GOOD.format(title="Odd", other="one"))
    report = await quay.run()
    came = {"revisions": len(names) + 2 - len(report.of_kind(FaultKind.REFUSED))}
    assert came.items() <= report.made.items()
    assert not any("\n" in each for _, each in told(quay, report))
    assert +(await quay.run()).made == {}


async def test_impossible_dates_are_none(quay: Importer) -> None:
    quay.mapping = replace(quay.mapping, date=("date",), expires="until")
    dates = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-00-00", "2020-02-31"]
    for index, each in enumerate(dates):
        quay.write(f"en/date-{index}.md", f"---\ntitle: x\ndate: {each}\nuntil: {each}\n---\nx\n")
    report = await quay.run()
    assert report.made["publications"] + len(report.of_kind(FaultKind.REFUSED)) == 2 + len(dates)


async def test_a_folder_in_which_no_file_is_a_page_is_refused(quay: Importer) -> None:
    quay.mapping = replace(quay.mapping, extends="vitepress", locales={}, roots={"docs": "/"})
    with pytest.raises(ContentFileError, match=r"no file in it is a page by this mapping: one\.md"):
        await quay.run()


async def test_an_empty_folder_is_refused(quay: Importer) -> None:
    shutil.rmtree(quay.folder)
    quay.folder.mkdir()
    with pytest.raises(ContentFileError, match="there are no pages in it"):
        await quay.run()
    assert not (await quay.run(allows_removals=True)).made


def test_a_fault_is_one_line_whatever_the_name_of_its_file_is() -> None:
    fault = Fault(Path("a\nb: c.md"), 3, FaultKind.REFUSED, "is wrong")
    assert str(fault) == r"a\nb: c.md:3: is wrong"


async def test_a_folder_that_is_linked_is_not_read(quay: Importer) -> None:
    (quay.folder / "again").symlink_to(quay.folder / "en", target_is_directory=True)
    report = await quay.run()
    assert ("ignored", "again: links to folders are not followed") in told(quay, report)
    assert report.files == 2


def test_ids_of_many_headings_with_the_same_words_take_linear_time() -> None:
    ids = HEADING_IDS["goldmark"].ids([("a", "")] * 100_000)
    assert ids[:3] == ["a", "a-1", "a-2"]
    assert len(set(ids)) == 100_000


# --- Singletons ---


class Front(ContentType, path="/", singleton=True):
    """The first page."""

    body = Markdown()


WITH_FRONT = Site(
    "Front",
    content_types=(GlossaryTerm, Front),
    locales=("en", "de"),
    url={"en": "https://en.example", "de": "https://de.example"},
)


@pytest.mark.parametrize("with_history", [False, True], ids=["files", "history"])
async def test_a_second_file_of_a_singleton_is_refused(
    database: Database, harbour: Importer, with_history: bool
) -> None:
    newsroom = Newsroom(database, WITH_FRONT)
    mapping = replace(
        harbour.mapping,
        history=harbour.mapping.history if with_history else "",
        locales={each: harbour.mapping.locales[each] for each in ("en", "de")},
        types={"*/[bc]*": TypeRules(content_type="Front", fields={}, sections="")},
    )

    async def run() -> ImportReport:
        options = ImportOptions(provenance=PUBLIC)
        desk: Desk = newsroom.desk
        return await import_markdown(desk, harbour.folder, mapping, options)

    report = await run()
    second = [each for each in report.of_kind(FaultKind.REFUSED) if "singleton" in each.message]
    assert len(second) > 0
    assert all("Front is a singleton, which another page is" in each.message for each in second)
    assert report.made["publications"] > 1
    again = await run()
    assert +again.made == {}
    assert again.of_kind(FaultKind.REFUSED) == report.of_kind(FaultKind.REFUSED)
