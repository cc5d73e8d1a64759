"""A mapping extends that of a generator; fields take values as they are written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cms.content.canonical_json import Json
from cms.content.content_type import ContentType
from cms.content.fields import (
    Boolean,
    Choice,
    Date,
    DateTime,
    Decimal,
    Field,
    Integer,
    List,
    Markdown,
    Number,
    Object,
    Text,
)
from cms.content.fields import Json as JsonField
from cms.errors import ContentFileError, SiteError
from cms.importing.front_matter import FrontMatter, Plain, Written
from cms.importing.site.faults import FaultKind
from cms.importing.site.mapping import MarkdownMapping, is_file_in, read_mapping
from cms.importing.site.pages import OldSite
from cms.importing.site.reading import read_site
from cms.importing.site.slugs import slug_of
from cms.importing.site.values import PageValues, field_value, is_same_value, moment_of
from cms.site import Site

PARIS = ZoneInfo("Europe/Paris")


class Guide(ContentType, path="/docs/{slug:path}"):
    """A guide."""

    body = Markdown()
    height = Integer()
    note = Text()


class Post(ContentType, path="/blog/{slug}"):
    """A post."""

    text = Markdown()


SITE = Site(
    "Docs",
    content_types=(Guide, Post),
    locales=("en", "fr"),
    url={"en": "https://new.example", "fr": "https://fr.new.example"},
)


@pytest.mark.parametrize(
    ("field", "written", "expected"),
    [
        (Text(), Plain("No"), "No"),
        (Text(), Plain("0755"), "0755"),
        (Text(), Plain("1.10"), "1.10"),
        (Text(), Plain("12:30:45"), "12:30:45"),
        (Text(), Plain("~"), None),
        (Text(), "~", "~"),
        (Text(), ["a"], ["a"]),
        (Choice(choices=("YES",)), Plain("YES"), "YES"),
        (Boolean(), Plain("yes"), True),
        (Boolean(), "false", False),
        (Boolean(), "perhaps", "perhaps"),
        (Number(), Plain("1.10"), 1.1),
        (Number(), Plain("0755"), 493),
        (Integer(), "7", 7),
        (Number(), Plain("12:30:45"), "12:30:45"),
        (Number(), Plain("yes"), "yes"),
        (Decimal(), Plain("19.90"), "19.90"),
        (Decimal(), " 1.10 ", "1.10"),
        (Decimal(), Plain("1e3"), "1e3"),
        (Date(), Plain("2024-1-5"), "2024-01-05"),
        (Date(), Plain("2024-01-05T23:00:00-05:00"), "2024-01-05"),
        (Date(), "soon", "soon"),
        (DateTime(), Plain("2024-01-05 10:00"), "2024-01-05T10:00:00+01:00"),
        (DateTime(), Plain("2024-07-05T10:00:00Z"), "2024-07-05T10:00:00+00:00"),
        (List(of=Text()), Plain("1.10"), ["1.10"]),
        (List(of=Integer()), ["1", Plain("2")], [1, 2]),
        (Object(a=Text(), b=Integer()), {"a": Plain("No"), "b": Plain("2")}, {"a": "No", "b": 2}),
        (JsonField(), {"a": [Plain("1.10"), Plain("no"), "no"]}, {"a": [1.1, False, "no"]}),
        (None, Plain("x"), "x"),
    ],
)
def test_a_field_takes_a_value_as_it_is_written(
    field: Field | None, written: Written, expected: Json
) -> None:
    assert field_value(field, written, PARIS) == expected


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-05-06 07:08:09 +0200", "2021-05-06T07:08:09+02:00"),
        ("2024-03-01 23:30:00 -5", "2024-03-01T23:30:00-05:00"),
        ("2024-01-05T10:00:00.5Z", "2024-01-05T10:00:00+00:00"),
        ("2024-01-05", "2024-01-05T00:00:00+01:00"),
        ("2024-02-30", None),
        ("yesterday", None),
    ],
)
def test_times_without_a_zone_are_those_of_the_site(text: str, moment: str | None) -> None:
    found = moment_of(text, PARIS)
    assert (found.isoformat() if found is not None else None) == moment


def test_values_of_a_mapping_match_each_spelling() -> None:
    assert is_same_value("true", declared=True)
    assert is_same_value(Plain("yes"), declared=True)
    assert is_same_value(Plain("False"), declared=False)
    assert is_same_value("Draft", "draft")
    assert is_same_value("b", ["a", "b"])
    assert not is_same_value(None, declared=True)
    assert not is_same_value("no", declared=True)


def test_keys_are_found_in_keys() -> None:
    source = FrontMatter(Path("x.md"), {"Params": {"a": {"b": "c"}}, "x.y": "z"}, {}, "", 1)
    values = PageValues(source, {"params.a.b": {"c": "d"}})
    assert values.text("params.a.b") == "d"
    assert values.text("x.y") == "z"
    assert values.text("params.none.b") == ""


@pytest.mark.parametrize(
    ("content_type", "path", "slug"),
    [
        (Guide, "/docs/tea/Green%20tea/", "tea/Green-20tea"),
        (Guide, "/docs/tea/green.html", "tea/green"),
        (Guide, "/docs/v1.2/Łódź/", "v1.2/Łódź"),
        (Guide, "/other/x/", "other/x"),
        (Guide, "/", "index"),
        (Guide, "/docs/", "docs"),
        (Post, "/blog/one-two/", "one-two"),
        (Post, "/2024/01/One two/", "2024-01-one-two"),
    ],
)
def test_a_slug_keeps_the_address_where_it_can(
    content_type: type[ContentType], path: str, slug: str
) -> None:
    assert slug_of(content_type, path, "en", folders=True) == slug
    assert content_type.accepts_slug(slug)


def test_a_mapping_adds_to_that_of_its_generator(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text("extends: hugo\ndrafts: {hidden: true}\nsummary: lead\n")
    mapping = read_mapping(file)
    assert mapping.drafts == {"draft": True, "hidden": True}
    assert (mapping.summary, mapping.tags) == ("lead", "tags")
    assert read_mapping(Path("jekyll")).extends == "jekyll"
    file.write_text("extends: unknown\n")
    with pytest.raises(ContentFileError, match=r"mapping\.yaml:1: extends: 'unknown' is unknown"):
        read_mapping(file)


def site_of(folder: Path, mapping: MarkdownMapping, **files: str) -> OldSite:
    for path, content in files.items():
        file = folder / path.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_name(f"{file.name}.md").write_text(content, encoding="utf-8")
    old = read_site(folder, mapping, SITE, with_drafts=False)
    for key, text in old.current.items():
        old.put(old.page(key), text)
    return old


def bodies(old: OldSite) -> dict[str, str]:
    """Return the texts of the pages, by their slugs, with links of this site."""
    drafts = [old.draft(old.page(key), text).draft for key, text in old.current.items()]
    return {each.slug: str(each.fields.get("body") or each.fields.get("text")) for each in drafts}


def test_links_lead_to_other_content_types(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(
        "content_type: Guide\ntypes:\n  blog/*: {content_type: Post, body: text}\n", "utf-8"
    )
    old = site_of(
        tmp_path / "site",
        read_mapping(file),
        blog__one="---\ntitle: One\n---\n[two](/docs/two/) [three](../docs/three.md)\n",
        docs__two="---\ntitle: Two\n---\n[one](/blog/one/) [none](/other/one/)\n",
        docs__three="---\ntitle: Three\n---\n## Here\n[here](#here) [there](two.md?a=b#none)\n",
    )
    assert bodies(old) == {
        "one": "[two](/docs/two) [three](/docs/three)",
        "two": "[one](/blog/one) none",
        "three": "## Here\n[here](#here) [there](/docs/two?a=b)",
    }
    lost = [fault for k, t in old.current.items() for fault in old.draft(old.page(k), t).lost]
    assert {(each.kind, each.line) for each in lost} == {
        (FaultKind.LOST_LINK, 4),
        (FaultKind.LOST_ANCHOR, 5),
    }


def test_a_link_never_leads_to_another_page_with_the_same_last_segment(tmp_path: Path) -> None:
    old = site_of(
        tmp_path,
        MarkdownMapping(content_type="Guide"),
        a__intro="---\ntitle: A\n---\n[b](/b/intro/) [c](/c/intro/) [d](/intro/)\n",
        b__intro="---\ntitle: B\ndraft: true\n---\n[a](../a/intro.md)\n",
    )
    assert bodies(old)["a/intro"] == "[b](/docs/b/intro) c d"
    assert {each.key for each in old.current.values()} == {("en", "a/intro"), ("en", "b/intro")}


def test_names_that_differ_in_signs_are_pages_of_their_own(tmp_path: Path) -> None:
    mapping = MarkdownMapping(content_type="Guide")
    page = "---\ntitle: x\n---\n"
    old = site_of(tmp_path, mapping, **{"C": page, "c++": page, "d e": page, "d-e": page})
    assert [each.draft.slug for each in old.current.values()] == ["C", "c", "d-e"]
    (fault,) = old.faults
    assert str(fault).endswith(
        "d-e.md:1: has the slug 'd-e', as " + f"{tmp_path}/d e.md has; rename one of them"
    )


def test_a_link_that_cannot_be_converted_is_reported(tmp_path: Path) -> None:
    mapping = MarkdownMapping(content_type="Guide")
    text = "---\ntitle: x\n---\n[`]`](/two/)\n"
    old = site_of(tmp_path, mapping, one=text, two=text)
    key, page = next(iter(old.current.items()))
    assert [str(each).partition("md:")[2] for each in old.losses(old.page(key), page)] == [
        "4: /two/ is not converted: write the link as [words](address)"
    ]


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    old = site_of(
        tmp_path,
        MarkdownMapping(content_type="Guide", fields={"height": "height"}, drafts={"draft": True}),
        one="---\ntitle: [\n---\n",
        two="---\ntitle: Two\nheight: tall\n---\n",
        three="---\ntitle: Three\ndraft: yes\n---\n<iframe></iframe>\n",
    )
    (tmp_path / "four.rst").write_text("Four")
    old = read_site(tmp_path, old.mapping, SITE)
    losses = [each for key, page in old.current.items() for each in old.losses(old.page(key), page)]
    assert [
        (each.kind.value, each.file.name, each.line)
        for each in sorted([*old.faults, *losses], key=str)
    ] == [
        ("ignored", "four.rst", None),
        ("refused", "one.md", 2),
        ("hidden", "three.md", 1),
        ("lost_words", "three.md", 5),
        ("refused", "two.md", 3),
    ]


def test_translations_share_a_key(tmp_path: Path) -> None:
    (tmp_path / "hugo.yaml").write_text(
        "baseURL: https://old.example/base/\nlanguages: {en: {}, fr: {contentDir: content/fr}}\n"
    )
    file = tmp_path / "mapping.yaml"
    file.write_text("extends: hugo\ncontent_type: Guide\n")
    old = site_of(
        tmp_path,
        read_mapping(file),
        content__tea="---\ntitle: Tea\ntranslationKey: t\n---\n[x](/base/fr/the/)\n",
        content__fr__the="---\ntitle: Thé\ntranslationKey: t\naliases: the-vert\n---\n",
        content__pot="---\ntitle: Pot\nexpiryDate: 2020-01-01\n---\n",
    )
    assert set(old.current) == {("en", "=t"), ("fr", "=t"), ("en", "pot")}
    french = old.current["fr", "=t"]
    assert french.address == "/fr/the/"
    assert french.former_addresses == ("/fr/the/", "/fr/the-vert/")
    assert french.draft.slug == "the"
    assert old.current["en", "pot"].hidden == "expired at 2020-01-01"
    assert old.mapping.url == "https://old.example/base"
    assert bodies(old)["tea"] == "[x](https://fr.new.example/docs/the)"


def test_folders_can_be_categories(tmp_path: Path) -> None:
    mapping = MarkdownMapping(content_type="Guide", folders="category")
    old = site_of(tmp_path, mapping, a__b__c="---\ntitle: C\ndate: 2024-01-05\n---\n")
    (text,) = old.current.values()
    assert (text.draft.slug, text.category, text.category_name) == ("c", "a/b", "b")


def test_titles_can_be_headings_or_file_names(tmp_path: Path) -> None:
    mapping = MarkdownMapping(content_type="Guide", title=("title", "heading", "file"))
    old = site_of(
        tmp_path,
        mapping,
        one="---\ntitle: One\n---\n# Heading\n",
        two="# The *second*\n\nText [up](#the-second)\n",
        three="Text\n",
    )
    found = {text.draft.title: text.body.text for text in old.current.values()}
    assert found == {
        "One": "# Heading",
        "The second": "\nText [up](#the-second)",
        "three": "Text",
    }
    assert bodies(old)["two"] == "Text [up](/docs/two)"


def test_dates_say_when_pages_were_published(tmp_path: Path) -> None:
    mapping = MarkdownMapping(content_type="Guide", date=("date",), time_zone="Europe/Paris")
    old = site_of(tmp_path, mapping, one="---\ntitle: One\ndate: 2024-01-05\n---\n")
    (text,) = old.current.values()
    assert text.published_at == datetime(2024, 1, 4, 23, tzinfo=UTC)
    with pytest.raises(SiteError, match="time_zone: there is no time zone 'Paris/Europe'"):
        read_site(tmp_path, MarkdownMapping(content_type="Guide", time_zone="Paris/Europe"), SITE)


def test_only_files_in_the_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "a.png").touch()
    (tmp_path / "b.png").touch()
    (folder / "out.png").symlink_to(tmp_path / "b.png")
    (folder / "loop").symlink_to(folder / "loop")
    assert is_file_in(folder, "a.png")
    assert is_file_in(folder, "/a.png")
    outside = ["../b.png", "out.png", "loop", "c.png", "", "x" * 5000, "a\0.png"]
    assert not any(is_file_in(folder, each) for each in outside)
