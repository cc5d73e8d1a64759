"""Batches in which pages are published: those that need each other together, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.importing.batches import in_batches
from cms.importing.site.faults import FaultKind
from tests.cms.importing.conftest import Importer
from tests.cms.importing.test_bulk import write_site
from tests.statements import counted

NEEDS = st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 12), max_size=4))


def reached(needs: Mapping[int, set[int]], key: int) -> set[int]:
    """Return the keys that a key needs, itself or by others."""
    found: set[int] = set()
    waiting = {key}
    while waiting:
        new = needs.get(waiting.pop(), set()) - found
        found |= new
        waiting |= new
    return found


@given(needs=NEEDS, most=st.integers(1, 12))
def test_no_batch_comes_before_what_it_needs(needs: dict[int, set[int]], most: int) -> None:
    keys = list(range(10))
    needs = {key: each & set(keys) for key, each in needs.items()}
    batches = list(in_batches(keys, needs, most))
    assert sorted(key for batch in batches for key in batch) == keys
    place = {key: index for index, batch in enumerate(batches) for key in batch}
    for key in keys:
        assert all(place[each] <= place[key] for each in reached(needs, key))
    for batch in batches:
        together = {each for each in reached(needs, batch[0]) if batch[0] in reached(needs, each)}
        assert len(batch) <= most or set(batch) == {batch[0], *together}


async def public(harbour: Importer) -> set[str]:
    """Return the slugs of the public pages in English."""
    data = await harbour.data("{ glossaryTerms(first: 100) { nodes { slug } } }")
    return {each["slug"] for each in data["glossaryTerms"]["nodes"]}


@pytest.mark.parametrize("batch", [1, 2, 200])
async def test_pages_in_a_circle_are_published_together(
    harbour: Importer, tmp_path: Path, batch: int
) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    write_site(harbour, tmp_path / "site", 7)
    for each in range(4):
        link = f"See [it](/page-7-{(each + 1) % 4}/). And [out](/page-7-5/)."
        harbour.replace(f"en/page-7-{each}.md", "Words.", link)
    report = await harbour.run(batch=batch)
    assert report.made["publications"] >= 14
    assert report.of_kind(FaultKind.DRAFT) == []
    assert await public(harbour) == {f"page-7-{each}" for each in range(7)}
    assert sum((await harbour.run(batch=batch)).made.values()) == 0


@pytest.mark.parametrize("batch", [1, 2, 200])
async def test_a_part_goes_together_with_the_link_to_it(
    harbour: Importer, tmp_path: Path, batch: int
) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    write_site(harbour, tmp_path / "site", 3)
    harbour.write("en/page-3-1.md", "---\ntitle: One\n---\nWords.\n\n### Part\n\nMore words.\n")
    harbour.write("en/page-3-0.md", "---\ntitle: Zero\n---\n[Part](/page-3-1/#part) of it.\n")
    await harbour.run(batch=batch)
    # The part goes, and so does the link to it. Now the other page links to a new part.
    harbour.write("en/page-3-1.md", "---\ntitle: One\n---\nOnly [this](/page-3-0/#end).\n")
    harbour.write("en/page-3-0.md", "---\ntitle: Zero\n---\nOther words.\n\n### End\n\nIt is.\n")
    report = await harbour.run(batch=batch)
    assert report.of_kind(FaultKind.DRAFT) == []
    assert report.made["publications"] == 2


@pytest.mark.parametrize("batch", [1, 2, 200])
async def test_pages_in_a_circle_are_unpublished_together(
    harbour: Importer, tmp_path: Path, batch: int
) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    write_site(harbour, tmp_path / "site", 9)
    for each in range(4):
        link = f"See [it](/page-9-{(each + 1) % 4}/)."
        harbour.replace(f"en/page-9-{each}.md", "Words.", link)
    await harbour.run(batch=batch)
    for each in range(4):
        (harbour.folder / f"en/page-9-{each}.md").unlink()
        (harbour.folder / f"de/page-9-{each}.md").unlink()
    report = await harbour.run(batch=batch)
    assert report.made["unpublished"] == 8
    assert await public(harbour) == {f"page-9-{each}" for each in range(4, 9)}


async def test_a_transaction_has_no_more_pages_than_a_batch(
    harbour: Importer, tmp_path: Path
) -> None:
    harbour.mapping = replace(harbour.mapping, history="")
    write_site(harbour, tmp_path / "site", 6)
    with counted(harbour.database) as statements:
        await harbour.run(batch=3)
    inserted = [each for each in statements if each.upper().startswith("INSERT INTO PUBLICATION ")]
    assert len(inserted) >= 12 / 3
