"""Languages of the pages of old sites, anchors in their texts, and reports of settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cms.importing.site.body import body_of
from cms.importing.site.faults import FaultKind
from cms.importing.site.headings import headings_in
from cms.importing.site.links import links_of
from cms.importing.site.pages import OldSite
from tests.cms.importing.test_addresses import PAGE, front, read

# The page of a link is known, and this site has no fallbacks for French.
FOUND = "to a page that readers of 'fr' do not get"


def test_ids_of_headings_of_a_vault_are_no_words_of_them(tmp_path: Path) -> None:
    files = {
        "a.md": "## One two ^own\n| b | c |\n|---|---|\n\n[[#One two]] [[#^own]] [[d#^in]]",
        "d.md": "# Title ^top\n\n> ## Quoted ^in\n> words",
    }
    old = read(tmp_path, "obsidian", files)
    texts = {text.page.place.path: text for text in old.current.values()}
    draft = old.draft(old.page(texts["a.md"].key), texts["a.md"])
    body = str(draft.draft.fields["body"])
    assert body.startswith('## One two\n\n<a id="block-own"></a>\n\n| b | c |')
    links = re.findall(r"\]\(([^)]*)\)", body)
    assert links == ["#one-two", "#block-own", "/docs/d#block-in"]
    assert not draft.lost
    assert "<a" not in texts["d.md"].draft.title
    assert "quoted" in texts["d.md"].own_anchors


def test_pages_in_folders_of_other_languages_are_not_pages_of_hugo(tmp_path: Path) -> None:
    settings = "languages: {en: {}, de: {contentDir: content/de}, fr: {contentDir: content/fr}}"
    paths = ("a.md", "de/a.md", "fr/a.md", "b.DE.md", "den/a.md")
    old = read(tmp_path, "hugo", {"hugo.yaml": settings, **{f"content/{p}": PAGE for p in paths}})
    assert {text.address for text in old.current.values()} == {"/a/", "/fr/a/", "/den/a/"}
    reason = "its language 'de' is not a locale of the mapping"
    found = {each.file.relative_to(old.folder).as_posix(): each.message for each in old.faults}
    assert found == {"content/b.DE.md": reason, "content/de/a.md": reason}


def test_a_language_is_no_other_that_begins_like_it(tmp_path: Path) -> None:
    files = {"a.md": front("lang: frr"), "b.md": front("lang: fr_CA")}
    old = read(tmp_path, "jekyll", files)
    assert {t.page.place.path: t.key[0] for t in old.current.values()} == {
        "a.md": "en",
        "b.md": "fr",
    }


def test_home_pages_of_jekyll_are_translations_of_each_other(tmp_path: Path) -> None:
    files = {"index.md": PAGE, "fr/index.md": front("lang: fr"), "x/fr.md": front("lang: fr")}
    old = read(tmp_path, "jekyll", files)
    assert set(old.current) == {("en", "index"), ("fr", "index"), ("fr", "x/fr")}


def test_translations_to_no_locale_are_not_pages(tmp_path: Path) -> None:
    files = {
        "_config.yml": "plugins: [jekyll-polyglot]\ndefault_lang: en",
        "de/index.md": front("lang: de", "permalink: /"),
        "index.md": front("lang: en", "permalink: /"),
    }
    old = read(tmp_path, "jekyll", files)
    assert [text.page.place.path for text in old.current.values()] == ["index.md"]
    (fault,) = old.faults
    assert (fault.kind, fault.message) == (
        FaultKind.IGNORED,
        "its language 'de' is not a locale of the mapping",
    )


def test_paths_in_scripts_are_no_comments(tmp_path: Path) -> None:
    script = "export default {x: ['**/*.a'], base: '/b/', y: ['**/c'] /* , rewrites: {} */}"
    old = read(tmp_path, "vitepress", {".vitepress/config.ts": script, "a.md": PAGE})
    (fault,) = (each for each in old.faults if each.file.name == "config.ts")
    assert fault.message.endswith("write roots in the mapping")


def test_words_without_a_place_in_a_replacement_are_reported(tmp_path: Path) -> None:
    text = "<Badge>old</Badge> <Badge text='new' />\n\n<Card>\nin\n</Card>\n"
    old = read(tmp_path, "astro", {"src/pages/a.mdx": PAGE + text})
    (page,) = old.current.values()
    assert str(old.draft(old.page(page.key), page).draft.fields["body"]).split() == ["new", "in"]
    (fault,) = old.faults
    assert (fault.kind, fault.line) == (FaultKind.LOST_WORDS, 4)
    assert "'Badge'" in fault.message


def test_spaces_in_headings_are_read_once() -> None:
    # Each of them was the start of a search for attributes: that took minutes.
    (heading,) = headings_in(body_of(f"# a{' ' * 100_000}b {{#c}}", 1), has_own=True)
    assert (heading.words.split(), heading.own) == (["a", "b"], "c")


def test_defaults_of_jekyll_that_are_none_are_left_out(tmp_path: Path) -> None:
    settings = "defaults: [3, {scope: 4, values: 5}, {scope: {path: ''}, values: {lang: fr}}]"
    old = read(tmp_path, "jekyll", {"_config.yml": settings, "a.md": PAGE})
    assert set(old.current) == {("fr", "a")}


def test_languages_in_names_of_files_of_hugo(tmp_path: Path) -> None:
    cascade = "---\ntitle: x\ncascade: {draft: true}\n---\n"
    files = {
        "hugo.yaml": "languages: {en: {}, fr: {}}",
        "content/a.FR.md": PAGE,
        "content/b.EN.md": PAGE,
        "content/b.Fr.markdown": PAGE,
        "content/c/_index.En.md": cascade,
        "content/c/x.md": PAGE,
        "content/c/x.fr.md": PAGE,
        "content/d/_index.md": PAGE,
        "content/d/_index.fr.md": cascade,
        "content/d/x.md": PAGE,
        "content/d/x.fr.md": PAGE,
    }
    old = read(tmp_path, "hugo", files)
    pages = {text.key: (text.address, bool(text.hidden)) for text in old.current.values()}
    assert pages == {
        ("fr", "a"): ("/fr/a/", False),
        ("en", "b"): ("/b/", False),
        ("fr", "b"): ("/fr/b/", False),
        ("en", "c"): ("/c/", True),
        ("en", "c/x"): ("/c/x/", True),
        ("fr", "c/x"): ("/fr/c/x/", False),
        ("en", "d"): ("/d/", False),
        ("en", "d/x"): ("/d/x/", False),
        ("fr", "d"): ("/fr/d/", True),
        ("fr", "d/x"): ("/fr/d/x/", True),
    }


@pytest.mark.parametrize(
    ("package", "href", "expected"),
    [
        ('{"dependencies": {"@astrojs/starlight": "^0.40"}}', "/fr/a/b/", FOUND),
        ('{"dependencies": {"@astrojs/starlight": "^0.40"}}', "../a/b/", FOUND),
        ('{"dependencies": {"@astrojs/starlight": "^0.40"}}', "/fr/none/", "to a page"),
        ('{"dependencies": {"@astrojs/starlight": "^0.40"}}', "/fr", FOUND),
        ("{}", "/fr/a/b/", "to a page"),
    ],
)
def test_starlight_has_pages_without_translation_in_each_language(
    tmp_path: Path, package: str, href: str, expected: str
) -> None:
    files = {
        "package.json": package,
        "src/content/docs/index.md": PAGE,
        "src/content/docs/a/b.md": PAGE,
        "src/content/docs/fr/c.md": f"{PAGE}[x]({href})",
    }
    folder = "src/content/docs"
    mapping = f"roots: {{{folder}: /}}\nlocales: {{en: {{}}, fr: {{folder: {folder}/fr}}}}\n"
    assert lost_in_french(read(tmp_path, "astro", files, mapping)).endswith(expected)


@pytest.mark.parametrize("href", ["/docs/a", "/fr/docs/a", "a", "../docs/a", "/a.md", "a.md"])
def test_docusaurus_has_pages_without_translation_in_each_language(
    tmp_path: Path, href: str
) -> None:
    folder = "i18n/fr/docusaurus-plugin-content-docs/current"
    files = {"docs/a.md": PAGE, "docs/b.md": PAGE, f"{folder}/b.md": f"{PAGE}[x]({href})"}
    assert lost_in_french(read(tmp_path, "docusaurus", files)).endswith(FOUND)


@pytest.mark.parametrize(
    ("folder", "address"),
    [
        ("docusaurus-plugin-content-docs/current", "/fr/docs/"),
        ("docusaurus-plugin-content-docs/version-2", "/fr/docs/2/"),
        ("docusaurus-plugin-content-docs-guide/current", "/fr/help/"),
        ("docusaurus-plugin-content-docs-guide/version-1", "/fr/help/old/"),
        ("docusaurus-plugin-content-blog", "/fr/blog/"),
        ("docusaurus-plugin-content-pages", "/fr/"),
        ("docusaurus-plugin-content-docs-other/current", None),
        ("docusaurus-theme-classic", None),
    ],
)
@pytest.mark.parametrize("site", ["", "website/"])
def test_docusaurus_has_its_languages_in_folders(
    tmp_path: Path, site: str, folder: str, address: str | None
) -> None:
    roots = {
        "docs": "/docs",
        "versioned_docs/version-2": "/docs/2",
        "guide": "/help",
        "guide_versioned_docs/version-1": "/help/old",
        "blog": "/blog",
        "src/pages": "/",
    }
    own = "".join(f"  {site}{root}: {path}\n" for root, path in roots.items())
    files = {f"{site}i18n/FR/{folder}/a.md": PAGE, f"{site}i18n/xx/{folder}/a.md": PAGE}
    old = read(tmp_path, "docusaurus", files, f"roots:\n{own}")
    found = [(text.key[0], text.address) for text in old.current.values()]
    assert found == ([("fr", f"{address}a".replace("/fr", "/FR", 1))] if address else [])


def test_a_link_leads_to_a_part_that_readers_of_the_language_get(tmp_path: Path) -> None:
    parts = "## One\n\n## Two\n"
    french = front("lang: fr")
    files = {
        "a.md": f"{PAGE}{parts}",
        "fr/a.md": f"{french}\n\n## One\n",
        "fr/c.md": f"{french} [x](/a.html#one) [y](/a.html#two)",
    }
    old = read(tmp_path, "jekyll", files)
    (text,) = (each for each in old.current.values() if each.page.place.name == "c")
    drafted = old.draft(old.page(text.key), text)
    assert [each.message for each in drafted.lost] == [
        "/a.html#two points to a part that the page in 'fr' does not have"
    ]
    assert [each.href.partition("#")[2] for each in links_of(drafted.body)] == ["one", ""]


def lost_in_french(old: OldSite) -> str:
    """Return the fault of the link in the only French page."""
    (text,) = (each for key, each in old.current.items() if key[0] == "fr")
    (fault,) = old.draft(old.page(text.key), text).lost
    return fault.message
