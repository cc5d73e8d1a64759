"""Files that a generator does not publish are not pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cms.errors import SiteError
from cms.importing.front_matter import FrontMatter, Plain, Written
from cms.importing.site.faults import FaultKind
from cms.importing.site.generators.base import Generator, SourcePage
from cms.importing.site.generators.registry import GENERATORS
from cms.importing.site.mapping import LocaleFiles, MarkdownMapping, generator_names, mapping_of
from cms.importing.site.values import PageValues
from tests.cms.importing.test_addresses import read

LOCALES = {"en": LocaleFiles()}


def generator_of(name: str, folder: Path = Path(), /, **settings: object) -> Generator:
    mapping = MarkdownMapping(extends=name, locales=LOCALES, roots={"": "/"})
    return GENERATORS[name](mapping, folder, settings)


@pytest.mark.parametrize("name", generator_names())
@pytest.mark.parametrize(
    "path", [".trash/old.md", "a/.git/x.md", ".vitepress/x.md", "a/node_modules/b/c.md", ".x.md"]
)
def test_hidden_files_and_packages_are_not_pages(name: str, path: str) -> None:
    generator = generator_of(name)
    assert generator.place_of(path) is None
    assert not generator.ignored(path)
    assert generator.place_of("a/b.md") is not None


def test_jekyll_excludes_its_own_packages() -> None:
    generator = generator_of("jekyll", exclude=["notes/"])
    assert generator.place_of("vendor/bundle/gems/x/README.md") is None
    assert generator.place_of("notes/x.md") is None
    assert generator.place_of("vendor/list.md") is not None


@pytest.mark.parametrize(
    ("path", "is_page"),
    [
        ("_includes/part.md", False),
        ("_data/part.md", False),
        ("drafts/a/b.md", False),
        ("old.md", False),
        ("a/old.md", True),
        ("a/b/note.tmp.md", False),
        ("x1.md", False),
        ("a/x1.md", True),
        ("back.md", True),
        ("again/a.md", False),
        ("again/kept.md", True),
        ("built/page.md", False),
        ("builtin/page.md", True),
    ],
)
def test_eleventy_ignores_what_its_files_list(tmp_path: Path, path: str, *, is_page: bool) -> None:
    lines = (
        "# not yet\ndrafts/\n/old.md\n**/*.tmp.md\nx?.md\n!back.md\nagain/*\n!again/kept.md\n!\n"
    )
    (tmp_path / ".eleventyignore").write_text(lines, "utf-8")
    (tmp_path / ".gitignore").write_text("built\n", "utf-8")
    assert (generator_of("eleventy", tmp_path).place_of(path) is not None) is is_page


@pytest.mark.parametrize(
    ("path", "written", "reason"),
    [
        ("a.md", {"publishdate": "2999-01-01"}, "its date"),
        ("a.md", {"pubdate": "2999-01-01", "date": "2020-01-01"}, "its date"),
        ("a.md", {"published": "2999-01-01"}, "its date"),
        ("a.md", {"publishDate": "2020-01-01", "date": "2999-01-01"}, ""),
        ("a.md", {"expirydate": "2020-01-01"}, "expired"),
        ("a.md", {"unpublishdate": "2020-01-01"}, "expired"),
        ("a.md", {"unpublishdate": "2999-01-01"}, ""),
        ("a/index.md", {"headless": Plain("true")}, "headless"),
        ("a/index.md", {"headless": Plain("false")}, ""),
        ("a.md", {"headless": Plain("true")}, ""),
    ],
)
def test_hugo_hides_pages_by_each_of_its_keys(
    path: str, written: dict[str, Written], reason: str
) -> None:
    mapping = mapping_of(FrontMatter(Path("m.yaml"), {"locales": {"en": {}}}, {}, "", 1), "hugo")
    generator = GENERATORS["hugo"](mapping, Path(), {})
    place = generator.place_of(path)
    assert place is not None
    values = PageValues(FrontMatter(Path(path), written, {}, "", 1), {})
    hidden = generator.reason_hidden(SourcePage(place, values, generator.date_of(place, values)))
    assert hidden.startswith(reason)
    assert bool(hidden) is bool(reason)


def test_hugo_ignores_files_of_its_settings() -> None:
    generator = generator_of("hugo", ignoreFiles=[r"\.draft\.md$", "/private/"])
    assert generator.place_of("a/b.draft.md") is None
    assert generator.place_of("private/b.md") is None
    assert generator.ignored("private/b.md") == "is ignored by the site"
    assert generator.place_of("a/b.md") is not None
    with pytest.raises(SiteError, match=re.escape("ignoreFiles")):
        generator_of("hugo", ignoreFiles="(").place_of("a.md")


@pytest.mark.parametrize(
    ("name", "path", "text", "is_named"),
    [
        ("jekyll", "news.html", "---\nlayout: x\n---\n", False),
        ("jekyll", "_layouts/news.html", "---\nlayout: x\n---\n", False),
        ("jekyll", "news.html", "<p>", False),
        ("hugo", "content/a/news.html", "+++\n+++\n", False),
        ("hugo", "content/a/news.html", "<p>", True),
        ("hugo", "static/news.html", "---\n---\n", False),
        ("eleventy", "news.html", "---\n---\n", False),
        ("eleventy", "news.html", "<p>", True),
        ("astro", "src/pages/news.html", "---\n---\n", False),
    ],
)
def test_pages_in_html_are_named_unless_they_are_imported(
    tmp_path: Path, name: str, path: str, text: str, *, is_named: bool
) -> None:
    site = Path("site") / path
    old = read(tmp_path, name, {path: text, "content/one.md": "---\ntitle: x\n---\n"})
    found = [each for each in old.faults if each.file == tmp_path / site]
    assert [each.kind for each in found] == [FaultKind.IGNORED] * is_named
