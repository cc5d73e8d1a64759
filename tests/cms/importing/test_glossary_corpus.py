"""The same of a real glossary, where somebody has it: see COPYDESK_CORPORA in conftest.py."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.cms.importing.conftest import CORPORA, Importer
from tests.cms.importing.sites import SITE
from tests.cms.importing.test_markdown import (
    IN_EACH_LANGUAGE,
    LINKED_BY_NOTHING,
    THEN_AND_NOW,
    check_changes,
    everything,
)
from tests.cms.links.comparing import assert_stored_like_networkx

pytestmark = [
    pytest.mark.skipif(not CORPORA, reason="COPYDESK_CORPORA names no folder"),
]

THEN = datetime(2023, 1, 1, tzinfo=UTC)
CHINESE = """
query Chinese($slug: String!) @view(locale: ZH_CN) { glossaryTerm(by: {slug: $slug}) { locale } }
"""


async def test_the_glossary_arrives_with_its_past(cloud: Importer) -> None:
    report = await cloud.run()
    assert (report.files, report.entries, report.editions) == (259, 89, 259)
    assert report.made["authors"] > 50
    await check_languages(cloud)
    await check_lonely_terms(cloud)
    await check_past(cloud)
    before = await everything(cloud.database)
    assert sum((await cloud.run()).made.values()) == 0
    assert await everything(cloud.database) == before


async def test_the_metrics_of_the_glossary_are_those_of_networkx(cloud: Importer) -> None:
    await cloud.run()
    for locale in ("en", "de", "zh-cn"):
        graph = await assert_stored_like_networkx(cloud.database, SITE, locale)
        assert len(graph) > 80
        assert len(graph.sources) > 100


async def check_languages(cloud: Importer) -> None:
    """Find a term in each language, and another that not all have in the next best."""
    pages = await cloud.data(IN_EACH_LANGUAGE, slug="cluster")
    locales = {name: page["glossaryTerm"]["locale"] for name, page in pages.items()}
    assert locales == {"en": "EN", "de": "DE", "es": "ES"}
    chinese = await cloud.data(CHINESE, slug="cluster")
    assert chinese["glossaryTerm"]["locale"] == "ZH_CN"
    others = await cloud.data(IN_EACH_LANGUAGE, slug="kubernetes")
    assert others["de"]["glossaryTerm"]["locale"] == "EN"
    assert others["es"]["glossaryTerm"]["locale"] == "ES"


async def check_lonely_terms(cloud: Importer) -> None:
    """Find the terms that nothing links to, and count on what the files say."""
    found = (await cloud.data(LINKED_BY_NOTHING))["glossaryTerms"]["nodes"]
    texts = {
        file.stem: file.read_text() for file in (cloud.folder / "content/en").glob("[a-z]*.md")
    }
    public = {name: text for name, text in texts.items() if "draft: true" not in text}
    linked = {
        name
        for name in public
        if any(f"(/{name}/" in text for other, text in public.items() if other != name)
    }
    expected = {
        name
        for name, text in public.items()
        if "category: technology" in text.lower() and '"infrastructure"' in text
    } - linked
    assert len(found) == len(expected)


async def check_past(cloud: Importer) -> None:
    """Compare the glossary as it stood with what its history says."""
    texts: dict[str, str] = {}
    for line in (cloud.folder / "history-en.jsonl").read_text().splitlines():
        change = json.loads(line)
        if datetime.fromisoformat(change["at"]) < THEN and "/_" not in change["path"]:
            texts[change["path"]] = change.get("text") or ""
    views = await cloud.data(THEN_AND_NOW)
    then = {each["id"]: each for each in views["then"]["glossaryTerms"]["nodes"]}
    now = {each["id"]: each for each in views["now"]["nodes"]}
    titles = {line for text in texts.values() for line in text.splitlines()[1:2]}
    for each in then.values():
        assert any(each["title"] in title for title in titles), each["title"]
    assert 50 < len(then) < len(now)
    changed = [each for each in now if each in then and now[each] != then[each]]
    assert len(changed) > 30
    assert [each for each in now if each not in then]
    await check_changes(cloud, views)
