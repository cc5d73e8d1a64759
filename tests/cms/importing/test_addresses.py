"""Addresses of pages and targets of links, by the settings of each generator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cms.importing.site.faults import FaultKind
from cms.importing.site.mapping import read_mapping
from cms.importing.site.pages import OldSite
from cms.importing.site.reading import read_site
from tests.cms.importing.test_mapping import SITE

PAGE = "---\ntitle: x\n---\n"


def read(folder: Path, extends: str, files: Mapping[str, str], mapping: str = "") -> OldSite:
    for path, content in files.items():
        file = folder / "site" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    own = folder / "mapping.yaml"
    own.write_text(f"extends: {extends}\ncontent_type: Guide\n{mapping}", encoding="utf-8")
    old = read_site(folder / "site", read_mapping(own), SITE, with_drafts=False)
    for key, text in old.current.items():
        old.put(old.page(key), text)
    return old


def front(*lines: str) -> str:
    return "\n".join(["---", "title: Two words", *lines, "---", "Text."])


HUGO_PAGE = front("date: 2024-03-05", "publishDate: 2024-04-06")


@pytest.mark.parametrize(
    ("settings", "path", "text", "address"),
    [
        ("permalinks: {p: '/:06/:Jan/:02/'}", "p/x.md", HUGO_PAGE, "/24/mar/05/"),
        ("permalinks: {p: '/:sections[1:]/:filename/'}", "p/a/b/x.md", PAGE, "/a/b/x/"),
        ("permalinks: {p: '/:sections[last]/:slug/'}", "p/a/b/x.md", PAGE, "/b/x/"),
        ("permalinks: {p: '/:sections[x]/'}", "p/a/x.md", PAGE, "/p/a/"),
        (
            "permalinks: {section: {p: '/list/'}, page: {p: '/:slug/'}}",
            "p/_index.md",
            PAGE,
            "/list/",
        ),
        ("", "p/x.md", front("date: 2024-03-05", "url: /:year/:slug/"), "/2024/two-words/"),
        ("disablePathToLower: true", "P/X.md", PAGE, "/P/X/"),
        (
            "frontmatter: {date: [x, ':filename', ':default']}\npermalinks: {p: '/:month/:slug/'}",
            "p/2024-07-08-x.md",
            front("date: 2024-03-05", "day: ''"),
            "/07/two-words/",
        ),
        (
            "frontmatter: {date: [day, ':filename']}\npermalinks: {p: '/:month/'}",
            "p/2024-07-08-x.md",
            front("day: 2024-09-10"),
            "/09/",
        ),
        ("module: {mounts: [{source: content, target: content}]}", "a.md", PAGE, "/a/"),
    ],
)
def test_hugo_makes_addresses_by_its_settings(
    tmp_path: Path, settings: str, path: str, text: str, address: str
) -> None:
    old = read(tmp_path, "hugo", {"hugo.yaml": settings, f"content/{path}": text})
    (page,) = old.current.values()
    assert page.address == address


@pytest.mark.parametrize(
    ("settings", "pages"),
    [
        (
            {"config/_default/languages.en.toml": "contentDir = 'content/english'"},
            {("en", "content/english/a.md"): "/a/"},
        ),
        (
            {
                "hugo.toml": "defaultContentLanguage = 'FR'",
                "config/_default/hugo.toml": "baseURL = 'https://old.example'",
                "config/_default/languages.toml": "[en]\n[FR]\ncontentDir = 'content/fr'",
                "config/production/permalinks.yaml": "page: {b: '/:filename/'}",
            },
            {
                ("fr", "content/fr/b/x.md"): "/x/",
                ("en", "content/fr.md"): "/en/fr/",
                ("en", "content/english/a.md"): "/en/english/a/",
            },
        ),
        (
            {"hugo.yaml": "languages: {de: {contentDir: content/fr}, fr: {disabled: true}}"},
            {("en", "content/english/a.md"): "/english/a/"},
        ),
        (
            {
                "hugo.yaml": (
                    "languages: {en: {}, fr: {}}\nmodule: {mounts: ["
                    "{source: content/fr, target: content, lang: fr}, "
                    "{source: content/english, target: content, "
                    "sites: {matrix: {languages: [en, fr]}}}]}"
                )
            },
            {("fr", "content/fr/b/x.md"): "/fr/b/x/", ("en", "content/english/a.md"): "/a/"},
        ),
    ],
)
def test_hugo_has_its_settings_and_languages_in_several_files(
    tmp_path: Path, settings: dict[str, str], pages: dict[tuple[str, str], str]
) -> None:
    files = {
        "content/english/a.md": PAGE,
        "content/fr/b/x.md": PAGE,
        "content/fr.md": PAGE,
        "content/german.de.md": PAGE,
    }
    old = read(tmp_path, "hugo", {**files, **settings})
    found = {(t.key[0], t.page.place.path): t.address for t in old.current.values()}
    assert {key: address for key, address in found.items() if key in pages} == pages
    assert (
        not any(path == "content/german.de.md" for _, path in found) or "hugo.yaml" not in settings
    )


def test_hugo_reports_parts_of_the_content_that_are_mounted(tmp_path: Path) -> None:
    mounts = "module: {mounts: [{source: more, target: content/more}, {source: a, target: static}]}"
    old = read(tmp_path, "hugo", {"hugo.yaml": mounts, "more/a.md": PAGE})
    assert [each.message for each in old.faults if "mount" in each.message] == [
        "module.mounts: more is mounted as content/more, and is not read; copy it there"
    ]


@pytest.mark.parametrize(
    ("extends", "settings", "path", "text", "address"),
    [
        ("hugo", "", "content/a/B c.md", PAGE, "/a/b-c/"),
        ("hugo", "uglyURLs: true", "content/a/b.md", PAGE, "/a/b.html"),
        ("hugo", "uglyURLs: true", "content/a/_index.md", PAGE, "/a/"),
        ("hugo", "uglyURLs: {A: true}", "content/a/b.md", PAGE, "/a/b.html"),
        ("hugo", "uglyURLs: {c: true}", "content/a/b.md", PAGE, "/a/b/"),
        ("hugo", "", "content/a/b/index.md", front("slug: c"), "/a/c/"),
        ("hugo", "", "content/a/b.md", front("url: c/d"), "/c/d/"),
        (
            "hugo",
            "permalinks: {posts: '/:year/:month/:title/'}",
            "content/posts/x.md",
            front("date: 2024-01-05"),
            "/2024/01/two-words/",
        ),
        (
            "hugo",
            "permalinks: {page: {posts: '/p/:slugorfilename/'}}",
            "content/posts/x/y.md",
            PAGE,
            "/p/y/",
        ),
        (
            "hugo",
            "defaultContentLanguageInSubdir: true\nlanguages: {en: {}, fr: {}}",
            "content/a.fr.md",
            PAGE,
            "/fr/a/",
        ),
        (
            "hugo",
            "module: {mounts: [{source: content/en, target: content}]}",
            "content/en/a.md",
            PAGE,
            "/a/",
        ),
        ("jekyll", "", "a/b.md", PAGE, "/a/b.html"),
        ("jekyll", "permalink: pretty", "a/b.md", PAGE, "/a/b/"),
        ("jekyll", "", "a/index.md", PAGE, "/a/"),
        ("jekyll", "", "_posts/2024-01-05-b.md", front("category: C"), "/c/2024/01/05/b.html"),
        ("jekyll", "permalink: none", "_posts/2024-01-05-b.md", PAGE, "/b.html"),
        ("jekyll", "permalink: ordinal", "_posts/2024-02-05-b.md", PAGE, "/2024/036/b.html"),
        (
            "jekyll",
            "permalink: /n/:number",
            "_posts/2024-01-05-b.md",
            front("number: 7"),
            "/n/7.html",
        ),
        ("jekyll", "permalink: /n/:x:categories", "_posts/2024-01-05-b.md", PAGE, "/n/:x.html"),
        ("jekyll", "permalink: /n/:slug", "_posts/2024-01-05-B c.md", PAGE, "/n/b-c.html"),
        (
            "jekyll",
            "collections: {docs: {output: true}}",
            "_docs/a/b.md",
            PAGE,
            "/docs/a/b.html",
        ),
        (
            "jekyll",
            "defaults: [{scope: {path: a}, values: {permalink: '/z/:basename/'}}]",
            "a/b.md",
            PAGE,
            "/z/b/",
        ),
        (
            "eleventy",
            "",
            "a/b.md",
            front("permalink: '/{{ title | slugify }}/index.html'"),
            "/two-words/",
        ),
        ("eleventy", "", "a/2024-01-05-b.md", front("permalink: /z/{{ page.fileSlug }}/"), "/z/b/"),
        ("eleventy", "", "a/b.md", front("permalink: /z/{{ none }}/"), "/a/b/"),
        ("docusaurus", "", "docs/01-a/02_b.md", PAGE, "/docs/a/b"),
        ("docusaurus", "", "docs/1.2-notes.md", PAGE, "/docs/1.2-notes"),
        ("docusaurus", "", "docs/README.md", PAGE, "/docs/"),
        ("docusaurus", "", "docs/a/README.md", PAGE, "/docs/a/"),
        ("docusaurus", "", "docs/index.md", front("slug: /"), "/docs/"),
        ("docusaurus", "", "docs/a/b.md", front("slug: ../c"), "/docs/c"),
        ("docusaurus", "", "docs/a/b.md", front("id: c"), "/docs/a/c"),
        ("docusaurus", "", "docs/a/A.md", front("id: A"), "/docs/a/A"),
        ("docusaurus", "", "docs/a/a.md", front("id: b"), "/docs/a/"),
        ("docusaurus", "", "docs/index.md", front("id: b"), "/docs/"),
        ("docusaurus", "", "blog/2024-01-05-a/index.md", PAGE, "/blog/2024/01/05/a"),
        ("astro", "", "src/content/docs/A b/C.md", PAGE, "/docs/a-b/c/"),
        ("astro", "", "src/pages/A/b.md", PAGE, "/A/b/"),
        ("vitepress", "", "docs/a/b.md", PAGE, "/a/b.html"),
        ("vitepress", "", "docs/a/index.md", PAGE, "/a/"),
        ("obsidian", "", "a/B c.md", PAGE, "/a/B c"),
    ],
)
def test_a_page_has_the_address_that_the_generator_gives(
    tmp_path: Path, extends: str, settings: str, path: str, text: str, address: str
) -> None:
    name = {"hugo": "hugo.yaml", "jekyll": "_config.yml"}.get(extends, "settings.yaml")
    old = read(tmp_path, extends, {name: settings, path: text})
    assert [each.address for each in old.current.values()] == [address]


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("github", "A_b — é!  c", "a_b--é--c"),
        ("github-ascii", "A_b — é!  c", "a_b--e--c"),
        ("blackfriday", "A_b — é!  c", "a-b-é-c"),
    ],
)
@pytest.mark.parametrize("key", ["autoIDType", "autoHeadingIDType"])
def test_hugo_makes_ids_of_headings_by_its_settings(
    tmp_path: Path, key: str, kind: str, words: str, expected: str
) -> None:
    settings = f"markup: {{goldmark: {{parser: {{{key}: {kind}}}}}}}"
    text = f"{PAGE}## {words}\n\n[x](#{expected})"
    old = read(tmp_path, "hugo", {"hugo.yaml": settings, "content/a.md": text})
    assert link(old, "a")[1] == []


def test_a_site_of_jekyll_has_the_host_that_github_pages_reads(tmp_path: Path) -> None:
    files = {
        "CNAME": "old.example\n",
        "a.md": f"{PAGE}[x](https://old.example/b.html)",
        "b.md": PAGE,
    }
    old = read(tmp_path, "jekyll", files)
    assert link(old, "a") == ("[x](/docs/b)", [])


@pytest.mark.parametrize(
    ("extends", "settings", "path", "text", "reason"),
    [
        ("hugo", "", "content/a.md", front("draft: 'yes'"), "draft: yes"),
        (
            "hugo",
            "",
            "content/a.md",
            front("publishDate: 2999-01-01"),
            "its date, 2999-01-01, is in",
        ),
        ("hugo", "", "content/a.md", front("build: {render: never}"), "build.render: never"),
        ("hugo", "cascade: {draft: true}", "content/a.md", PAGE, "draft: true"),
        ("hugo", "", "content/a/_index.md", front("cascade: {draft: true}"), "draft: true"),
        ("jekyll", "", "_drafts/a.md", PAGE, "is in _drafts"),
        ("jekyll", "", "_posts/2999-01-01-a.md", PAGE, "its date, 2999-01-01, is in the future"),
        ("jekyll", "future: true", "_posts/2999-01-01-a.md", PAGE, ""),
        ("jekyll", "", "a.md", front("date: 2999-01-01"), ""),
        ("jekyll", "collections: {docs: {}}", "_docs/a.md", PAGE, "its collection 'docs' has no"),
        ("docusaurus", "", "docs/a.md", front("unlisted: true"), "unlisted: true"),
        ("eleventy", "", "a.md", front("permalink: false"), "permalink: false"),
        ("obsidian", "", "a.md", front("publish: false"), "publish: false"),
    ],
)
def test_a_page_that_is_not_public_says_why(
    tmp_path: Path, extends: str, settings: str, path: str, text: str, reason: str
) -> None:
    name = {"hugo": "hugo.yaml", "jekyll": "_config.yml"}.get(extends, "settings.yaml")
    (page,) = read(tmp_path, extends, {name: settings, path: text}).current.values()
    assert page.hidden.startswith(reason)
    assert bool(page.hidden) == bool(reason)


@pytest.mark.parametrize(
    ("settings", "section", "hidden"),
    [
        ("disableKinds: [section]", "", ["content/a/_index.md"]),
        ("disableKinds: [page]", "", ["content/a/b/x.md", "content/a/y.md"]),
        (
            "",
            "cascade: {draft: true}",
            ["content/a/_index.md", "content/a/b/x.md", "content/a/y.md"],
        ),
        (
            "",
            "cascade: {build: {render: never}, target: {kind: page}}",
            ["content/a/b/x.md", "content/a/y.md"],
        ),
        ("", "cascade: [{draft: true, target: {path: '{/a/b,/a/b/**}'}}]", ["content/a/b/x.md"]),
        ("", "cascade: {draft: true, target: {lang: fr}}", []),
        ("cascade: {outputs: [json], target: {path: /a/y}}", "", ["content/a/y.md"]),
        ("cascade: {outputs: [HTML, json]}", "build: {list: never}", []),
    ],
)
def test_hugo_hides_pages_by_the_values_of_sections(
    tmp_path: Path, settings: str, section: str, hidden: list[str]
) -> None:
    files = {
        "hugo.yaml": settings,
        "content/a/_index.md": front(section),
        "content/a/b/x.md": PAGE,
        "content/a/y.md": PAGE,
    }
    old = read(tmp_path, "hugo", files)
    texts = {text.page.place.path: text for text in old.current.values()}
    assert len(texts) == 3
    assert sorted(path for path, text in texts.items() if text.hidden) == hidden


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("content/a/c.fr.md", "---\ntitle: [\n---\n"),
        ("content/a/c.fr.md", "---\ntitle: x\ncustom:\n"),
        ("content/a/c.fr.html", f"{PAGE}{{{{< unknown >}}}}"),
    ],
)
def test_a_link_to_a_page_that_does_not_come_leads_to_no_other(
    tmp_path: Path, file: str, content: str
) -> None:
    files = {
        "hugo.yaml": "languages: {en: {}, fr: {}}",
        "content/a/b.md": f"{PAGE}[x](/a/c)",
        "content/a/b.fr.md": f"{PAGE}[x](/a/c)",
        "content/a/c.md": PAGE,
        file: content,
    }
    old = read(tmp_path, "hugo", files)
    texts = {
        text.key[0]: old.draft(old.page(key), text)
        for key, text in old.current.items()
        if text.page.place.name == "a/b"
    }
    assert str(texts["en"].draft.fields["body"]) == "[x](/docs/a/c)"
    assert str(texts["fr"].draft.fields["body"]) == "x"
    assert [each.message for each in texts["fr"].lost] == [
        "/a/c points to a page that is not imported"
    ]


def test_references_in_code_are_addresses(tmp_path: Path) -> None:
    body = "`{% link c.md %}` [x]({% link c.md %})\n\n```\n{% link none.md %}\n```"
    old = read(tmp_path, "jekyll", {"a.md": f"{PAGE}{body}", "c.md": PAGE})
    text, faults = link(old, "a")
    assert text == "`/docs/c` [x](/docs/c)\n\n```\nlink none.md\n```"
    assert faults == ["lost_link"]


def link(old: OldSite, slug: str) -> tuple[str, list[str]]:
    """Return the text of a page, and the faults of its links."""
    for key, text in old.current.items():
        if text.draft.slug == slug:
            drafted = old.draft(old.page(key), text)
            kinds = [each.kind.value for each in drafted.lost]
            return str(drafted.draft.fields["body"]), kinds
    raise AssertionError(slug)


@pytest.mark.parametrize(
    ("extends", "settings", "href", "expected"),
    [
        # Without a second language, Hugo leaves addresses as they are.
        ("hugo", "", "../c/", ("[x](/docs/a/c)", [])),
        ("hugo", "", "c.md", ("[x](/docs/a/c)", ["changed"])),
        ("hugo", "", "c", ("x", ["lost_link"])),
        ("hugo", "languages: {en: {}, fr: {}}", "c", ("[x](/docs/a/c)", [])),
        ("hugo", "languages: {en: {}, fr: {}}", "c.md?q=1#top", ("[x](/docs/a/c?q=1)", [])),
        ("hugo", "baseURL: https://old.example/z/", "/z/a/c/", ("[x](/docs/a/c)", [])),
        (
            "hugo",
            "baseURL: https://old.example/z/",
            "https://old.example/z/a/c",
            ("[x](/docs/a/c)", []),
        ),
        ("hugo", "baseURL: https://old.example/z/", "https://old.example/y/", None),
        ("hugo", "baseURL: https://old.example", "http://old.example/a/c", ("[x](/docs/a/c)", [])),
        ("hugo", "baseURL: http://old.example", "https://old.example/a/c", ("[x](/docs/a/c)", [])),
        ("jekyll", "", "c.html", ("[x](/docs/a/c)", [])),
        ("jekyll", "", "/a/c", ("[x](/docs/a/c)", [])),
        ("jekyll", "", "c.md", ("[x](/docs/a/c)", ["changed"])),
        ("jekyll", "plugins: [jekyll-relative-links]", "c.md", ("[x](/docs/a/c)", [])),
        ("jekyll", "", "../c.html", ("x", ["lost_link"])),
    ],
)
def test_a_link_is_read_as_the_generator_reads_it(
    tmp_path: Path, extends: str, settings: str, href: str, expected: tuple[str, list[str]] | None
) -> None:
    name, folder = ("hugo.yaml", "content/") if extends == "hugo" else ("_config.yml", "")
    files = {
        name: settings,
        f"{folder}a/b.md": f"{PAGE}[x]({href})",
        f"{folder}a/c.md": PAGE,
        f"{folder}c/c.md": PAGE,
    }
    found = link(read(tmp_path, extends, files), "a/b")
    assert found == (expected or (f"[x]({href})", []))


def test_files_of_the_old_site_stay_there(tmp_path: Path) -> None:
    text = f"{PAGE}[x](list.csv) [y](none.csv) ![z](my%20pic.png) [e](https://e.example/a%20b/?c#d)"
    files = {"hugo.yaml": "baseURL: https://old.example", "content/a/index.md": text}
    old = read(tmp_path, "hugo", {**files, "content/a/list.csv": "1"})
    assert link(old, "a") == (
        (
            "[x](https://old.example/a/list.csv) y ![z](https://old.example/a/my%20pic.png) "
            "[e](https://e.example/a%20b/?c#d)"
        ),
        ["changed", "lost_link"],
    )
    external = read(tmp_path, "hugo", files, "unresolved: external\n")
    assert "[y](https://old.example/a/none.csv)" in link(external, "a")[0]


def test_links_lead_to_blocks_and_files_of_a_vault(tmp_path: Path) -> None:
    files = {
        "a.md": "![[b#^One]] [[b#H#^one|x]] [[#^own]] [[b#^gone]] ![[c.pdf]]\n\nText. ^own",
        "b.md": "## one\n\n- item ^one",
        "files/c.pdf": "",
    }
    old = read(tmp_path, "obsidian", files, "url: https://old.example")
    texts = {text.page.place.path: text for text in old.current.values()}
    draft = old.draft(old.page(texts["a.md"].key), texts["a.md"])
    links = re.findall(r"\]\(([^)]*)\)", str(draft.draft.fields["body"]))
    path = "/docs/b"
    assert links == [f"{path}#block-one"] * 2 + [
        "#block-own",
        path,
        "https://old.example/files/c.pdf",
    ]
    assert [each.kind for each in draft.lost] == [FaultKind.LOST_ANCHOR, FaultKind.CHANGED]
    assert "block-one" in texts["b.md"].own_anchors


def test_a_name_of_two_notes_is_the_one_in_the_folder_of_the_link(tmp_path: Path) -> None:
    text = "[[Note]] [[Other]]"
    own = {"a/x.md": text, "b/y.md": text, "z.md": text}
    notes = ("a/Note.md", "c/Note.md", "b/Other.md", "Other.md")
    old = read(tmp_path, "obsidian", {**own, **dict.fromkeys(notes, "")})
    assert link(old, "a/x") == ("[Note](/docs/a/Note) Other", ["lost_link"])
    assert link(old, "b/y") == ("Note Other", ["lost_link", "lost_link"])
    assert link(old, "z") == ("Note Other", ["lost_link", "lost_link"])


@pytest.mark.parametrize(
    ("settings", "files", "pages"),
    [
        (
            "",
            {
                "en/a.md": front("lang: en"),
                "fr/a.md": front("lang: FR"),
                "fr/b.md": front("lang: fr-CA"),
                "c.md": PAGE,
                "de/a.md": front("lang: de"),
            },
            {
                "en/a.md": (("en", "a"), "/en/a.html"),
                "fr/a.md": (("fr", "a"), "/fr/a.html"),
                "fr/b.md": (("fr", "fr/b"), "/fr/b.html"),
                "c.md": (("en", "c"), "/c.html"),
                "de/a.md": (("en", "de/a"), "/de/a.html"),
            },
        ),
        (
            "defaults: [{scope: {path: fr}, values: {lang: fr}}]",
            {"a.md": PAGE, "fr/a.md": PAGE},
            {"a.md": (("en", "a"), "/a.html"), "fr/a.md": (("fr", "a"), "/fr/a.html")},
        ),
        (
            "plugins: [jekyll-polyglot]\nlanguages: [en, fr]\ndefault_lang: en",
            {
                "a.md": front("permalink: /x/", "lang: en"),
                "b/a_fr.md": front("permalink: /x/", "lang: fr"),
                "c.md": front("lang: fr"),
            },
            {
                "a.md": (("en", "x"), "/x/"),
                "b/a_fr.md": (("fr", "x"), "/fr/x/"),
                "c.md": (("fr", "c"), "/fr/c.html"),
            },
        ),
    ],
)
def test_pages_of_jekyll_name_their_language(
    tmp_path: Path,
    settings: str,
    files: dict[str, str],
    pages: dict[str, tuple[tuple[str, str], str]],
) -> None:
    old = read(tmp_path, "jekyll", {"_config.yml": settings, **files})
    found = {t.page.place.path: (t.key, t.address) for t in old.current.values()}
    assert found == pages
    faults = {each.file.relative_to(old.folder).as_posix(): each.message for each in old.faults}
    reason = "its language 'de' is not a locale; the page is in 'en'"
    assert faults == ({"de/a.md": reason} if not settings else {})


def test_links_of_jekyll_stay_in_their_language(tmp_path: Path) -> None:
    files = {
        "_config.yml": "plugins: [jekyll-polyglot]\ndefault_lang: en",
        "a.md": front("permalink: /a/", "lang: en"),
        "a_fr.md": front("permalink: /a/", "lang: fr"),
        "b_fr.md": front("lang: fr").replace("Text.", "[x](/a/)"),
    }
    old = read(tmp_path, "jekyll", files)
    text = next(each for each in old.current.values() if each.page.place.path == "b_fr.md")
    draft = old.draft(old.page(text.key), text)
    assert draft.draft.fields["body"] == "[x](/docs/a)"
    (target,) = old.mentions(old.page(text.key))
    assert target == ("fr", "a")


@pytest.mark.parametrize(
    ("extends", "file", "script", "mapping", "told"),
    [
        ("astro", "astro.config.mjs", "x({ site: 'a', base: `/b` })", "", "url, roots"),
        ("astro", "astro.config.mjs", "{site: 'a'}", "url: https://old.example", ""),
        (
            "astro",
            "astro.config.ts",
            "// site: 'a'\n/* base: 'b' */ { redirects: {} }",
            "",
            "redirects",
        ),
        (
            "docusaurus",
            "website/docusaurus.config.js",
            "{'url': 'a', x: {locales: []}}",
            "",
            "url, locales",
        ),
        (
            "docusaurus",
            "docusaurus.config.ts",
            "{routeBasePath: '/', locales: []}",
            "roots: {docs: /x}\nlocales: {en: {folder: docs}}",
            "",
        ),
        ("vitepress", "docs/.vitepress/config.mts", "{rewrites: {}, website: 1}", "", "rewrites"),
        ("eleventy", "eleventy.config.js", "f({ dir: { input: 'content' } })", "", "roots"),
        ("eleventy", ".eleventy.js", "module.exports = {}", "", ""),
    ],
)
def test_settings_that_are_scripts_are_reported(
    tmp_path: Path, extends: str, file: str, script: str, mapping: str, told: str
) -> None:
    old = read(tmp_path, extends, {file: script, "docs/a.md": PAGE}, mapping)
    message = f"its settings are a script, which is not read; write {told} in the mapping"
    faults = [each for each in old.faults if each.file == old.folder / file]
    assert [each.message for each in faults] == ([message] if told else [])


def test_data_files_that_are_scripts_are_reported(tmp_path: Path) -> None:
    files = {"a.md": PAGE, "a.11tydata.js": "", "node_modules/x/b.11tydata.js": ""}
    (fault,) = read(tmp_path, "eleventy", files).faults
    assert str(fault).endswith("site/a.11tydata.js: its values are a script, which is not read")


def test_definitions_that_readers_never_saw_are_no_losses(tmp_path: Path) -> None:
    text = f"{PAGE}a\n\n[b]: /c\n\n> [^d]: e\n"
    old = read(tmp_path, "hugo", {"content/a.md": text})
    (page,) = old.current.values()
    (fault,) = old.losses(old.page(page.key), page)
    assert fault.line == 8
    assert "[^d]" in fault.message


@pytest.mark.parametrize("heading", ["One <Badge />", "One", "`<Two>` one"])
def test_components_in_headings_are_no_words_of_their_ids(tmp_path: Path, heading: str) -> None:
    fragment = "two-one" if "`" in heading else "one"
    text = f"[x](#{fragment})\n\n## {heading}\n"
    old = read(tmp_path, "vitepress", {"docs/a.md": text})
    (page,) = old.current.values()
    draft = old.draft(old.page(page.key), page)
    assert draft.lost == ()
    assert "[x](#" in str(draft.draft.fields["body"])


@pytest.mark.parametrize(
    ("extends", "path", "text", "expected"),
    [
        ("hugo", "content/a.md", '{{% alert title="B" %}}\nc\n{{% /alert %}}', "> [!NOTE] B\n> c"),
        ("hugo", "content/a.md", "{{< note >}}\nc\n{{< /note >}}", "> [!NOTE]\n> c"),
        ("docusaurus", "docs/a.md", ":::important B\nc\n:::", "> [!IMPORTANT] B\n> c"),
        ("astro", "src/pages/a.mdx", ":::note[B]\nc\n:::", "> [!NOTE] B\n> c"),
        (
            "astro",
            "src/pages/a.mdx",
            '<CardGrid>\n<LinkCard title="B" href="/c/" description="d" />\n</CardGrid>',
            "[B](/docs/c)\n\nd",
        ),
    ],
)
def test_common_shortcodes_and_components_have_replacements(
    tmp_path: Path, extends: str, path: str, text: str, expected: str
) -> None:
    old = read(tmp_path, extends, {path: PAGE + text, path.replace("a.md", "c.md"): PAGE})
    page = next(each for each in old.current.values() if each.page.place.path == path)
    draft = old.draft(old.page(page.key), page)
    assert draft.draft.fields["body"] == expected
    assert old.faults == []


def test_links_that_stay_as_text_are_reported(tmp_path: Path) -> None:
    body = (
        "[a](/c/)\n\n<div>\n[b](/c/)\n</div>\n\n<p><a href='/c/'>c</a> [d](/c/#no)</p>\n\n[e]: /c/"
    )
    old = read(tmp_path, "hugo", {"content/b.md": f"{PAGE}{body}", "content/c.md": PAGE})
    (page, text) = next((old.page(key), text) for key, text in old.current.items() if key[1] == "b")
    stuck = list(old.stuck(page, text))
    assert [each.kind for each in stuck] == [FaultKind.LOST_LINK] * 2
    assert all("stays as text" in each.message for each in stuck)
    assert old.draft(page, text).resolved == 5


def test_dates_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    files = {
        "content/a.md": front("publishDate: soon", "expiryDate: {day: 1}"),
        "content/b.md": front("date: 0001-01-01", "publishDate: ''", "expiryDate: null"),
        "content/c.md": front("date: 2024-02-30"),
    }
    old = read(tmp_path, "hugo", files)
    found = [(each.file.name, each.line, each.message.partition(":")[0]) for each in old.faults]
    assert sorted(found) == [
        ("a.md", 3, "publishDate"),
        ("a.md", 4, "expiryDate"),
        ("c.md", 3, "date"),
    ]


def test_addresses_with_spaces_that_mean_pages_are_reported(tmp_path: Path) -> None:
    body = "[a](b c.md) `[a](b c.md)`\n[a](no page.md)\n[a](<b c.md>)"
    old = read(tmp_path, "jekyll", {"a.md": f"{PAGE}{body}", "b c.md": PAGE})
    (text,) = (each for each in old.current.values() if each.page.place.path == "a.md")
    (fault,) = old.losses(old.page(text.key), text)
    assert (fault.kind, fault.line) == (FaultKind.LOST_LINK, 4)
    assert fault.message.startswith("b c.md is text")


def test_an_address_that_a_template_computes_is_no_address_here(tmp_path: Path) -> None:
    text = '<blockquote><a href="{{ "/b/" | ours }}">b</a></blockquote>\n\n[c]({{ url | ours }}) d'
    old = read(tmp_path, "eleventy", {"a.md": text})
    ((page, written),) = old.current.items()
    draft = old.draft(old.page(page), written)
    expected = "<blockquote><a>b</a></blockquote>\n\nc d"
    assert draft.draft.fields["body"] == expected
    assert sorted(each.message for each in draft.lost) == [
        '{{ "/b/" | ours }} does not point to a page',
        "{{ url | ours }} does not point to a page",
    ]


@pytest.mark.parametrize(("extends", "title"), [("jekyll", "y"), ("eleventy", None)])
def test_the_last_value_of_a_repeated_key_counts_for_jekyll(
    tmp_path: Path, extends: str, title: str | None
) -> None:
    old = read(tmp_path, extends, {"a.md": "---\ntitle: x\ntags: [a]\ntitle: y\n---\n"})
    assert [each.draft.title for each in old.current.values()] == ([title] if title else [])
    (fault,) = old.faults
    assert (fault.kind, fault.line) == (FaultKind.CHANGED if title else FaultKind.REFUSED, 4)
    assert fault.message.startswith("the key 'title' is repeated")


def test_elements_around_words_are_no_losses_of_words(tmp_path: Path) -> None:
    text = "<button>a</button>\n\n<iframe></iframe>\n\n<font>b</font> <blink>c</blink>"
    old = read(tmp_path, "hugo", {"content/a.md": PAGE + text})
    ((key, page),) = old.current.items()
    kinds = {each.message.partition(" ")[0]: each.kind for each in old.losses(old.page(key), page)}
    assert kinds == {
        "<button>": FaultKind.CHANGED,
        "<iframe>": FaultKind.LOST_WORDS,
        "<font>": FaultKind.CHANGED,
        "<blink>": FaultKind.LOST_WORDS,
    }


def test_control_characters_are_left_out_and_reported(tmp_path: Path) -> None:
    old = read(tmp_path, "hugo", {"content/a.md": f"{PAGE}a\n\nb\x08c\fd\te"})
    ((key, page),) = old.current.items()
    assert old.draft(old.page(key), page).draft.fields["body"] == "a\n\nbcd\te"
    assert [(each.kind, each.line) for each in old.faults] == [(FaultKind.CHANGED, 6)] * 2
    assert "U+0008" in old.faults[0].message


def test_a_redirect_of_jekyll_is_relative_to_the_root(tmp_path: Path) -> None:
    files = {"a/b.md": f"{PAGE}[d](/d.html)", "a/c.md": PAGE, "c.md": PAGE}
    old = read(tmp_path, "jekyll", {**files, "d.md": front("redirect_to: c.html")})
    page = next(each for each in old.current.values() if each.page.place.path == "a/b.md")
    assert old.draft(old.page(page.key), page).draft.fields["body"] == "[d](/docs/c)"


def test_links_to_a_page_of_jekyll_that_redirects_lead_to_its_target(tmp_path: Path) -> None:
    files = {
        "a.md": f"{PAGE}[b](/b.html#part) [d](d.md) [e](/e.html)",
        "b.md": front("redirect_to: https://elsewhere.example/b"),
        "c.md": PAGE,
        "d.md": front("redirect_to: [/b2/, /x/]"),
        "b2.md": front("permalink: /b2/", "redirect_to: /c.html"),
        "e.md": front("redirect_to: /e.html"),
    }
    old = read(tmp_path, "jekyll", files)
    page = next(each for each in old.current.values() if each.page.place.path == "a.md")
    body = "[b](https://elsewhere.example/b) [d](/docs/c) e"
    assert old.draft(old.page(page.key), page).draft.fields["body"] == body
    assert old.mentions(old.page(page.key)) >= {("en", "c")}
    hidden = {each.file.name: each.message for each in old.faults}
    assert hidden.keys() == {"b.md", "d.md", "b2.md", "e.md"}
    assert hidden["d.md"] == "is not public: redirects to /b2/"


def test_hugo_reports_files_that_are_no_pages_or_in_other_formats(tmp_path: Path) -> None:
    files = {f"content/{name}": PAGE for name in ("a.MD", "b.markdown", "c.mdx", "d.org")}
    old = read(tmp_path, "hugo", files)
    assert [each.page.place.path for each in old.current.values()] == [
        "content/a.MD",
        "content/b.markdown",
    ]
    assert {each.file.name: (each.kind, each.message.partition(";")[0]) for each in old.faults} == {
        "c.mdx": (FaultKind.IGNORED, ".mdx files are not pages of the old site"),
        "d.org": (FaultKind.IGNORED, ".org files are not imported"),
    }
