"""Directives whose classes are renamed, changed and removed."""

from __future__ import annotations

from typing import Any

from cms.content.fields import Block, Blocks, Choice, Integer, Markdown, Section, Sections, Text
from cms.content.fields.blocks import Block as AnyClass
from cms.site import Site
from tests.builders import Newsroom
from tests.changing import Changing
from tests.cms.type_versions.scene import content_type, site_of
from tests.graphql_api.conftest import api_of

TEXT = 'a :hint[b]{level=2}\n\n:::hint{kind=loud title="c"}\nd\n:::'


class Hint(Block):
    """As it is first."""

    title = Text()
    level = Integer()
    kind = Choice(choices=("CALM", "LOUD"))


def sites(*classes: type[AnyClass], **fields: Any) -> Site:
    """Return the site whose texts can contain some directives."""
    body, sections = Markdown(directives=classes), Sections(of=Section(directives=classes))
    return site_of(content_type("Article", body=body, sections=sections, **fields))


def renamed(first: str, name: str, was: str = "", **fields: Any) -> type[AnyClass]:
    """Return the class under another name, with fields that can have other names too."""
    title = {first: Text(was="title" if was == "Hint" else "")}
    given = {"level": Integer(), "kind": Choice(choices=("CALM", "LOUD")), **fields}
    return type(name, (Block,), {**title, **given}, **({"was": was} if was else {}))


async def nodes(newsroom: Newsroom) -> list[Any]:
    """Return the data of the directives in the article."""
    asked = '{ article(by: {path: "/articles/one"}) { body { html ast } } }'
    article = (await api_of(newsroom.site, newsroom).data(asked))["article"]
    paragraph, container = article["body"]["ast"]["children"]
    assert article["body"]["html"].count("data-directive=") == 2
    return [paragraph["children"][1]["data"], container["data"]]


async def test_a_renamed_directive_is_read_under_all_names_that_it_had(newsroom: Newsroom) -> None:
    changing = Changing(newsroom)
    await changing.migrate(sites(Hint))
    await newsroom.published("Article", title="One", slug="one", body=TEXT)
    fields = [{"level": 2}, {"kind": "LOUD", "title": "c"}]
    assert await nodes(newsroom) == [{"block": "Hint", "fields": each} for each in fields]
    fields = [{"level": 2}, {"kind": "LOUD", "heading": "c"}]
    for name, was in (("Tip", "Hint"), ("Tip", ""), ("Advice", "Tip"), ("Advice", "")):
        await changing.migrate(sites(renamed("heading", name, was)))
        assert await nodes(newsroom) == [{"block": name, "fields": each} for each in fields]
    await newsroom.published(
        "Article", title="Two", slug="two", body="a :hint[b] :tip[c] :advice[d]{heading=e}"
    )


async def test_a_directive_that_pages_use_cannot_be_removed(newsroom: Newsroom) -> None:
    changing = Changing(newsroom)
    await changing.migrate(sites(Hint))
    section = {"heading": "a", "body": "::hint"}
    await newsroom.published("Article", title="One", body=TEXT, sections=[section])
    await newsroom.published("Article", title="Two", body="No :hint and `:hint[x]`.")
    problems = await changing.problems(sites())
    assert {(each.place, each.reason) for each in problems} == {
        (place, "a text has the directive 'hint', and readers would see its source")
        for place in ("Article.body", "Article.sections")
    }
    report = await changing.migrate(sites(Hint, renamed("a", "Other")))
    assert "BLOCK_ADDED" in {each.code for each in report.changes}


async def test_a_directive_can_be_removed_once_no_page_uses_it(newsroom: Newsroom) -> None:
    changing = Changing(newsroom)
    await changing.migrate(sites(Hint, parts=Blocks(Hint)))
    await newsroom.published("Article", title="One", body="A :hint alone.")
    report = await changing.migrate(sites(parts=Blocks(Hint)))
    assert report.problems == []


async def test_texts_that_a_new_declaration_refuses_do_not_fit(newsroom: Newsroom) -> None:
    changing = Changing(newsroom)
    await changing.migrate(sites(Hint))
    await newsroom.published("Article", title="One", slug="one", body=TEXT)
    (problem,) = await changing.problems(sites(renamed("title", "Hint", level=Integer(most=1))))
    assert (problem.place, problem.reason) == (
        "Article.body",
        "line 1, column 12: level: expected at most 1",
    )
