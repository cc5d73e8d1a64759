"""Values of front matter that arrive nowhere: each is in the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cms.importing.front_matter import parse_markdown
from cms.importing.report import ImportReport
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.lost_values import lost_values
from cms.importing.site.mapping import MarkdownMapping, built_in_mapping, generator_names
from cms.importing.site.values import PageValues
from tests.cms.importing.test_addresses import read

MAPPING = MarkdownMapping(
    summary="lead",
    category="category",
    tags="tags",
    author="author",
    reviewed_by="reviewer",
    reviewed_on="reviewed",
    fields={"price": "price.amount", "maker": "Maker"},
    aliases=("old",),
    url="https://tea.example",
    settings=("weight", "ui.navbar"),
)


def lost(front_matter: str, mapping: MarkdownMapping = MAPPING, body: str = "") -> Sequence[Fault]:
    source = parse_markdown(Path("a.md"), f"---\ntitle: Tea\n{front_matter}\n---\n{body}\n")
    return list(lost_values(mapping, PageValues(source, {}), "Tea"))


@pytest.mark.parametrize(
    ("front_matter", "keys"),
    [
        ("lead: x\nmaker: y\nWeight: 3", []),
        ("code: {client: one, servers: [two]}", ["code.client", "code.servers"]),
        ("price: {amount: 3, currency: EUR}", ["price.currency"]),
        ("ui: {navbar: {theme: dark}, footer: big}", ["ui.footer"]),
        ("steps:\n- name: one\n- name: two", ["steps"]),
        ("a: ''\nb: ~\nc: []\nd: {e: '', f: [~, '']}\ng: null\nh: ' '", []),
        ("a: false\nb: 0\nc: 'null'", ["a", "b", "c"]),
        ("short: Tea", []),
        ("short: Green tea", ["short"]),
        ("category: [one, two, three]", ["category", "category"]),
        ("author: [Ada, {name: Ben}]", ["author"]),
        ("author: ['!', Ada]", ["author"]),
        ("author: ['?', Ada, Ben, '!']", ["author", "author", "author"]),
        ("author: {name: Ada, link: /ada, more: {a: 1}}", ["author.link", "author.more.a"]),
        ("Reviewer: [Ada, {name: Ben, role: cook, note: ''}]", ["Reviewer.role"]),
        ("tags: [a, '!']", ["tags"]),
        ("old: [/a, https://tea.example/b, '']", []),
        ("old: ['/a?b=1', https://else.example/b]", ["old", "old"]),
        ("reviewed: 2026-01-31", ["reviewed"]),
        ("reviewed: 2026-01-31\nreviewer: Ada", []),
    ],
)
def test_values_without_a_place_are_named(front_matter: str, keys: Sequence[str]) -> None:
    found = lost(front_matter)
    assert [each.key for each in found] == keys
    assert {each.kind for each in found} <= {FaultKind.LOST_VALUE}
    assert all(each.message.startswith(each.key) for each in found)


def test_each_value_has_the_line_of_its_key() -> None:
    found = lost("weight: 1\ncode:\n  client: one\n  server: two\nnote: x")
    assert [(each.key, each.line) for each in found] == [
        ("code.client", 4),
        ("code.server", 4),
        ("note", 7),
    ]


def test_a_value_that_a_template_of_the_text_shows_has_arrived() -> None:
    front_matter = "version: 1.10\nedition: second\nhost: a.example\nother: z"
    body = '{{ page.version }} {{edition}} {{< param "host" >}} the page.other {a} param other'
    assert [each.key for each in lost(front_matter, body=body)] == ["other"]


def test_a_value_in_a_tag_or_a_condition_has_arrived() -> None:
    body = '<img :src="$frontmatter.image"> {% if page.note %}x{% endif %} > frontmatter.size'
    assert [each.key for each in lost("image: a\nnote: b\nsize: 3", body=body)] == ["size"]


def test_the_first_author_with_letters_is_the_byline() -> None:
    assert [each.message for each in lost("author: ['!', Ada, Ben]")] == [
        "author: 'Ben' arrives nowhere; only the first is the byline",
        "author: '!' arrives nowhere; a name has a letter or a digit",
    ]


def test_a_category_arrives_nowhere_if_folders_are_categories() -> None:
    mapping = replace(MAPPING, folders="category")
    assert [each.key for each in lost("category: [one, two]", mapping)] == ["category"]


def test_a_key_of_an_object_in_a_script_shows_no_value() -> None:
    body = "<p style={{color: 'red'}}>Words</p> {{ size }}"
    assert [each.key for each in lost("color: red\nsize: 3", body=body)] == ["color"]


def test_values_of_a_folder_are_those_of_each_page(tmp_path: Path) -> None:
    files = {
        "content/a/_index.md": "---\ntitle: A\ncascade: {params: {banner: old}, type: docs}\n---\n",
        "content/a/b.md": "---\ntitle: B\n---\n",
    }
    old = read(tmp_path, "hugo", {"hugo.yaml": "title: x", **files})
    found = [each for each in old.faults if each.kind is FaultKind.LOST_VALUE]
    assert {(each.file.name, each.line, each.key) for each in found} == {
        ("_index.md", 1, "params.banner"),
        ("b.md", 1, "params.banner"),
    }
    assert all("a folder gives it to the page" in each.message for each in found)


def test_a_mapping_adds_to_the_settings_of_its_generator(tmp_path: Path) -> None:
    page = "---\ntitle: A\nweight: 1\nshelf: 2\nprice: 3\n---\n"
    old = read(tmp_path, "hugo", {"content/a.md": page}, mapping="settings: [shelf]\n")
    assert [each.key for each in old.faults] == ["price"]


def test_the_report_counts_the_values_of_each_key() -> None:
    report = ImportReport(source="s", folder=Path())
    report.faults = [*lost("a: 1\nb: 2"), *lost("b: 3\n\n")]
    report.sort()
    assert report.to_json()["lostValues"] == {"b": 2, "a": 1}
    assert report.lost_values() == [("b", 2), ("a", 1)]


@pytest.mark.parametrize("name", generator_names())
def test_settings_of_generators_are_no_content(name: str) -> None:
    mapping = built_in_mapping(name)
    assert mapping.settings
    assert list(mapping.settings) == sorted(mapping.settings, key=str.casefold)
    for each in mapping.settings:
        front_matter = "x: 1\n" + each.replace(".", ": {") + ": 5" + "}" * each.count(".")
        assert [one.key for one in lost(front_matter, mapping)] == ["x"]
