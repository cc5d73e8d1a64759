"""Small sites of each generator are read as the generator builds them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.markup.markdown import render_markdown
from cms.content.slug import Anchors
from cms.importing.site.body import body_of
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.heading_ids import HEADING_IDS
from cms.importing.site.headings import headings_in
from cms.importing.site.mapping import generator_names, read_mapping
from cms.importing.site.page_text import PageText
from cms.importing.site.pages import DraftWithLinks, OldSite
from cms.importing.site.reading import read_site
from cms.site import Site

SITES = Path(__file__).parents[2] / "corpus" / "sites"
GENERATORS = sorted(each.name for each in SITES.iterdir())

# Pages that cannot come: a script makes their text.
OF_SCRIPTS = {"docs/items/[item].md"}
# Pages without a link to them, which stay drafts here.
UNLISTED = {"docs/unlisted.md"}
# Titles that the generator does not take from the file as they are written there.
TITLES = {"_stations/hill.md", "src/pages/plain.md", "src/pages/plain page.mdx"}
# Ids of footnotes, tables of contents, tabs and paragraphs.
OF_NO_HEADING = re.compile(r"fn:|user-content|footnote-label|markdown-toc|tab-|para-id|__blog")
# Words of front matter, of which a fault tells.
OF_FRONT_MATTER = re.compile(r"(Heroname|Herotext|link502|linkbat502|Feature|Details)")


class Page(ContentType, path="/{locale}/{slug:path}"):
    """A page."""

    body = Markdown()


SITE = Site(
    "Pages",
    content_types=(Page,),
    locales=("en", "fr"),
    fallbacks={"fr": ("en",)},
    url="https://new.example",
)


@dataclass(frozen=True)
class Read:
    """A site that was read, and what its generator builds.

    Attributes:
        old: the site.
        texts: its pages, by the path of their file.
        drafts: their drafts, by the path of their file.
        expected: what the generator builds.
    """

    old: OldSite
    texts: Mapping[str, PageText]
    drafts: Mapping[str, DraftWithLinks]
    expected: Mapping[str, Any]

    def html(self, source: str) -> str:
        """Return the HTML of a page."""
        return render_markdown(str(self.drafts[source].draft.fields["body"]), Anchors()).html

    def faults(self, source: str) -> list[Fault]:
        """Return the faults of a file and of its links."""
        file = self.old.folder / source
        return [
            *(each for each in self.old.faults if each.file == file),
            *(self.drafts[source].lost if source in self.drafts else ()),
            *(self.losses(source) if source in self.drafts else ()),
        ]

    def losses(self, source: str) -> Iterable[Fault]:
        """Return what readers of a page do not see."""
        text = self.texts[source]
        return self.old.losses(self.old.page(text.key), text)

    def source_at(self, path: str) -> str | None:
        """Return the file of the page at a path of this site."""
        for source, text in self.texts.items():
            if Page.path_for(text.draft.slug, text.key[0]) == path:
                return source
        return None


@cache
def read(generator: str) -> Read:
    folder = SITES / generator
    old = read_site(folder / "site", read_mapping(folder / "mapping.yaml"), SITE, with_drafts=False)
    pages = {key: old.page(key) for key in old.current}
    for key, text in old.current.items():
        old.put(pages[key], text)
    texts = {each.page.place.path: each for each in old.current.values()}
    drafts = {source: old.draft(pages[text.key], text) for source, text in texts.items()}
    return Read(old, texts, drafts, json.loads((folder / "expected.json").read_text("utf-8")))


def path_key(path: str) -> str:
    return unquote(path).rstrip("/") or "/"


def test_each_generator_has_a_site() -> None:
    assert list(generator_names()) == GENERATORS


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_same_pages_are_at_the_same_addresses(generator: str) -> None:
    site = read(generator)
    built = {each["source"]: each for each in site.expected["pages"] if each["built"]}
    public = {source for source, text in site.texts.items() if not text.hidden}
    assert public == built.keys() - OF_SCRIPTS - UNLISTED
    for source in public:
        expected = built[source].get("canonical") or built[source]["path"]
        assert path_key(site.texts[source].address) == path_key(expected)
        if source not in TITLES:
            # A page needs a title here: without one, it is a heading or the file's name.
            title = site.texts[source].draft.title
            assert title == (built[source]["title"] or title)
            assert title
    hidden = {source for source in site.texts if source not in public}
    for source in hidden | OF_SCRIPTS & built.keys():
        kinds = {each.kind for each in site.faults(source)}
        assert kinds & {FaultKind.HIDDEN, FaultKind.REFUSED, FaultKind.IGNORED}


@pytest.mark.parametrize("generator", GENERATORS)
def test_dates_and_tags_are_read(generator: str) -> None:
    site = read(generator)
    for page in site.expected["pages"]:
        text = site.texts.get(page["source"])
        if text is None or not page["built"]:
            continue
        if page.get("tags"):
            assert list(text.draft.tags) == page["tags"]
        if re.match(r"\d{4}-\d\d-\d\dT", page.get("date") or ""):
            assert text.published_at is not None
            expected = re.sub(r"\.000", "", page["date"]).replace("Z", "+00:00")
            assert text.published_at.isoformat()[:10] == expected[:10] or (
                text.published_at.astimezone().utctimetuple()
                == type(text.published_at).fromisoformat(expected).utctimetuple()
            )


@pytest.mark.parametrize("generator", GENERATORS)
def test_headings_have_the_ids_of_the_generator(generator: str) -> None:
    site = read(generator)
    ids = HEADING_IDS[site.old.mapping.heading_ids]
    checked = 0
    for page in site.expected["anchors"]:
        text = site.texts.get(page["source"])
        if text is None or generator == "obsidian":  # which names headings by their words
            continue
        headings = [
            each
            for each in headings_in(body_of(text.page.values.source.body, 1), has_own=ids.has_own)
            if each.level > 1 or generator != "docusaurus"  # whose titles have no id
        ]
        found = ids.ids([(each.words, each.own) for each in headings])
        built = [each for each in page["ids"] if not OF_NO_HEADING.match(each)]
        assert found == built, page["source"]
        checked += len(found)
    assert checked or generator == "obsidian"


@pytest.mark.parametrize("generator", GENERATORS)
def test_redirects_become_former_addresses(generator: str) -> None:
    site = read(generator)
    found = {
        path_key(former): path_key(text.address)
        for text in site.texts.values()
        for former in text.former_addresses
    }
    expected = {path_key(e["from"]): path_key(e["to"]) for e in site.expected["redirects"]}
    assert {old: found.get(old) for old in expected} == expected


def links_with_words(site: Read) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Yield each link that is expected, with its address here, if it is a link."""
    for link in site.expected["links"]:
        is_text = link.get("kind") not in {"image", "frontmatter"} and link["word"]
        if not is_text or link["source"] not in site.drafts or "alt" in link["word"]:
            continue
        found = None
        for match in re.finditer(
            r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', site.html(link["source"])
        ):
            if link["word"] in match[2]:
                found = unquote(html.unescape(match[1]))
        yield link, found


def target_of(site: Read, source: str, href: str | None) -> str | None:
    """Return the file that an address here leads to, or ``external``."""
    if href is None:
        return None
    if href.startswith("#"):
        return source
    if href.startswith("/") and not href.startswith("//"):
        return site.source_at(re.split("[?#]", href)[0]) or f"nothing at {href}"
    return "external"


@pytest.mark.parametrize("generator", GENERATORS)
def test_links_lead_to_the_same_pages_or_are_reported(generator: str) -> None:
    site = read(generator)
    checked = 0
    for link, href in links_with_words(site):
        checked += 1
        found, expected = target_of(site, link["source"], href), link["target"]
        is_file = str(expected).startswith(("file:", "generated:"))
        is_ambiguous = str(expected).startswith("ambiguous")
        wanted = "external" if is_file else None if is_ambiguous else expected
        name = re.split("[?#|]", re.sub(r'.*"([^"]*)".*', r"\1", link["written"]).strip("<>[]"))[0]
        told = [each for each in site.faults(link["source"]) if name in each.message]
        if found != wanted:
            # The generator breaks it, or this site does not allow it: a fault says so.
            assert told, (link, href)
            assert found is None or wanted is None
        elif wanted is None and not link.get("not_a_link_in_the_built_page"):
            assert told, link
        if found is not None and found == wanted and link.get("fragment_exists") is True:
            assert "#" in str(href), (link, href)
    assert checked > 10


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_same_words_reach_readers(generator: str) -> None:
    site = read(generator)
    for words in site.expected["words"]:
        source = words["source"]
        if source not in site.drafts:
            continue
        draft = site.drafts[source].draft
        page = f"{draft.title} {draft.summary} {site.html(source)}"
        missing = [
            each for each in [*words["reach"], *words.get("attributes", ())] if each not in page
        ]
        told = {each.kind for each in site.faults(source)}
        assert [each for each in missing if not OF_FRONT_MATTER.match(each)] == []
        assert not missing or told & {FaultKind.LOST_WORDS, FaultKind.LOST_VALUE}
        assert [each for each in words["lost"] if "comment" in each and each in page] == []


@pytest.mark.parametrize("generator", GENERATORS)
def test_each_text_is_a_page_or_is_reported(generator: str) -> None:
    site = read(generator)
    reported = {each.file for each in site.old.faults}
    for file in site.old.folder.rglob("*.m*"):
        path = file.relative_to(site.old.folder).as_posix()
        is_text = re.fullmatch(r"\.(md|mdx|markdown)", file.suffix)
        if is_text and not site.old.mapping.is_skipped(path):
            assert path in site.texts or file in reported


@pytest.mark.parametrize("generator", GENERATORS)
def test_no_reference_of_the_old_site_stays(generator: str) -> None:
    site = read(generator)
    for draft in site.drafts.values():
        assert "copydesk+" not in str(draft.draft.fields["body"])
