"""What ``@view`` and ``view(…)`` show: perspectives, the past, languages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cms.authorization.actor import OPERATOR
from cms.content.snapshot import Changes
from cms.drafts.saving import update_entry
from cms.publishing.publishing import publish_imported
from cms.reading.view import EVERYTHING, ContentScope
from cms.site import Site
from cms.tables import Revision
from graphql_api.delivery import Visitor
from graphql_api.http.request import GraphQLRequest
from tests.builders import entry_id_of
from tests.graphql_api.conftest import Api, api_of
from tests.positions import token_at
from tests.sites import SITE, URLS

EDITOR = Visitor(scopes=EVERYTHING)
# The test site, with a language that falls back to another.
FALLING = Site(
    "Falls back",
    content_types=list(SITE.content_types.values()),
    locales=("en", "de"),
    url=URLS,
    fallbacks={"de": ("en",)},
)
TITLES = "entries(first: 100, orderBy: [title_ASC]) { totalCount nodes { title } }"


def through(arguments: str, selected: str) -> tuple[str, str]:
    """Return the same question twice: by the directive, and by the root field."""
    return f"query @view({arguments}) {{ {selected} }}", f"{{ view({arguments}) {{ {selected} }} }}"


async def both(api: Api, arguments: str, selected: str, visitor: Visitor = EDITOR) -> Any:
    """Return what both ways of asking show, which is the same."""
    directive, field = through(arguments, selected)
    seen = await api.seen_by(visitor, directive)
    assert (await api.seen_by(visitor, field))["view"] == seen
    return seen


def titles(data: Any) -> list[str]:
    found = [node["title"] for node in data["entries"]["nodes"]]
    assert data["entries"]["totalCount"] == len(found)
    return found


async def in_german(api: Api, head: Revision, **values: Any) -> Revision:
    """Publish a translation, and return it."""
    german = await api.newsroom.translate(head, "de", **values)
    await api.newsroom.publish(german, locale="de")
    return german


# --- Perspective ---


async def test_drafts_take_a_right_to_them(api: Api) -> None:
    await api.newsroom.draft(title="Draft", slug="draft")
    for query in through("perspective: DRAFT", TITLES):
        (error,) = await api.refused(query)
        assert error.extensions == {"code": "NOT_ALLOWED"}
    assert titles(await both(api, "perspective: DRAFT", TITLES)) == ["Draft"]


async def test_the_draft_view_shows_the_newest_revision_of_everything(api: Api) -> None:
    head = await api.newsroom.draft(title="Old", slug="one")
    await api.newsroom.publish(head)
    await api.newsroom.save(head, title="New", slug="one")
    await api.newsroom.draft(title="Unpublished", slug="two")
    assert titles(await both(api, "perspective: DRAFT", TITLES)) == ["New", "Unpublished"]
    assert titles(await both(api, "perspective: PUBLISHED", TITLES)) == ["Old"]
    data = await api.seen_by(
        EDITOR,
        """{
          entry(by: {path: "/articles/one"}) { title }
          view(perspective: DRAFT) { entry(by: {path: "/articles/one"}) { title } }
        }""",
    )
    assert data == {"entry": {"title": "Old"}, "view": {"entry": {"title": "New"}}}


async def test_a_right_to_a_part_shows_that_part(api: Api) -> None:
    root = await api.newsroom.category("Topics")
    below = await api.newsroom.category("Below", root)
    await api.newsroom.draft("Note", title="Note", slug="note", text="x")
    await api.newsroom.draft(title="Article", slug="article")
    await api.newsroom.draft(title="Below", slug="below", category=below)
    notes = Visitor(scopes=(ContentScope(content_type="Note"),))
    topics = Visitor(scopes=(ContentScope(category_id=root.id),))
    assert titles(await both(api, "perspective: DRAFT", TITLES, notes)) == ["Note"]
    assert titles(await both(api, "perspective: DRAFT", TITLES, topics)) == ["Below"]


async def test_drafts_of_one_path_are_told_apart_by_their_time(api: Api) -> None:
    for title in ("First", "Second"):
        await api.newsroom.draft(title=title, slug="same")
    selected = 'entry(by: {path: "/articles/same"}) { title } article(by: {slug: "same"}) { title }'
    data = await both(api, "perspective: DRAFT", selected)
    assert data == {"entry": {"title": "Second"}, "article": {"title": "Second"}}


async def test_what_is_no_page_can_share_its_slug(api: Api) -> None:
    for title in ("First", "Second"):
        await api.newsroom.published("Snippet", title=title, slug="same", text="x")
    data = await api.data('{ snippet(by: {slug: "same"}) { title } }')
    assert data == {"snippet": {"title": "Second"}}


# --- The past ---


async def test_the_past_by_time_and_by_position(api: Api) -> None:
    database = api.newsroom.database
    head = await api.newsroom.draft(title="Old", slug="one")
    (first,) = await api.newsroom.publish(head)
    second = await api.newsroom.published(title="Gone", slug="two")
    (third,) = await api.newsroom.publish(await api.newsroom.save(head, title="New", slug="one"))
    await api.newsroom.unpublish(second)
    shown = {
        first: ["Old"],
        second: ["Gone", "Old"],
        third: ["Gone", "New"],
    }
    for publication, expected in shown.items():
        position = f'position: "{await token_at(database, publication.position)}"'
        moment = f'asOf: "{publication.published_at.isoformat()}"'
        assert titles(await both(api, position, TITLES)) == expected
        assert titles(await both(api, moment, TITLES)) == expected
    assert titles(await both(api, f'position: "{await api.at(4)}"', TITLES)) == ["New"]
    assert titles(await both(api, 'position: "0"', TITLES)) == []
    assert titles(await both(api, 'asOf: "2001-01-01T00:00:00Z"', TITLES)) == []
    assert titles(await api.data(f"{{ {TITLES} }}")) == ["New"]


async def test_a_position_at_an_earlier_time_does_not_hide_what_was_public(api: Api) -> None:
    # As an import does, whose history is older than what is here.
    newsroom = api.newsroom
    await newsroom.published(title="Present", slug="present")
    for number, year in enumerate((2020, 2010), 2):
        head = await newsroom.draft(title=str(year), slug=str(year))
        async with newsroom.as_(OPERATOR, datetime(year, 1, 1, tzinfo=UTC)) as work:
            revisions = {await entry_id_of(work, head): head.id}
            await publish_imported(work, revisions, source="elsewhere")
        position = f'position: "{await api.at(number)}"'
        expected = [str(each) for each in range(year, 2021, 10)]
        assert sorted(titles(await both(api, position, TITLES))) == [*expected, "Present"]
    assert titles(await both(api, 'asOf: "2015-01-01T00:00:00Z"', TITLES)) == ["2010"]


async def test_the_past_does_not_change_any_more(api: Api) -> None:
    head = await api.newsroom.draft(title="Old", slug="one")
    await api.newsroom.publish(head)
    position = (await api.data("{ position }"))["position"]
    query = f'query @view(position: "{position}") {{ {TITLES} }}'
    before = await api.ask(query)
    await api.newsroom.published(title="Later", slug="later", related=["/articles/one"])
    await api.newsroom.publish(await api.newsroom.save(head, title="New", slug="two"))
    assert await api.ask(query) == before


SIGNED = """
  note(by: {slug: "one"}) {
    review { signedAt expiresAt reviewers { name } signOffs { stage reviewer { name } } }
    jsonLd
    jsonLdScript
  }
  person(by: {slug: "runa-reviewer"}) { reviewed { totalCount } }
  notes(where: {reviewers: {some: {slug: {eq: "runa-reviewer"}}}}) { totalCount }
"""


async def test_the_past_has_the_sign_offs_that_had_been_given(api: Api) -> None:
    newsroom = api.newsroom
    head = await newsroom.draft("Note", title="One", slug="one", text="x")
    (first,) = await newsroom.publish(head)
    await newsroom.unpublish(await newsroom.published(title="Other", slug="other"))
    moment = f'asOf: "{first.published_at.isoformat()}"'
    points = [moment, *[f'position: "{await api.at(number)}"' for number in (1, 2, 3)]]
    before = [await both(api, point, SIGNED) for point in points]
    now = await api.data(f"{{ {SIGNED} }}")
    assert before == [now] * 4
    await newsroom.ask(head)
    again = await newsroom.sign(head, newsroom.reviewers[2], stage="editorial")
    assert [await both(api, point, SIGNED) for point in points] == before
    now = await api.data(f"{{ {SIGNED} }}")
    assert now["note"]["review"]["reviewers"][-1] == {"name": "Runa Reviewer"}
    assert now["note"]["jsonLd"][0]["reviewedBy"][-1]["name"] == "Runa Reviewer"
    assert now["person"]["reviewed"] == now["notes"] == {"totalCount": 1}
    # It counts from its own position on.
    await newsroom.published(title="Later", slug="later")
    signed_at = f'asOf: "{again.signed_at.isoformat()}"'
    for point in (signed_at, *[f'position: "{await api.at(number)}"' for number in (4, 5)]):
        assert await both(api, point, SIGNED) == now


async def test_the_past_is_filtered_by_the_sign_offs_that_had_been_given(api: Api) -> None:
    newsroom = api.newsroom
    head = await newsroom.draft("Note", title="One", slug="one", text="x")
    (first,) = await newsroom.publish(head)
    published_at = first.published_at.isoformat()
    selected = f'notes(where: {{reviewedAt: {{gt: "{published_at}"}}}}) {{ totalCount }}'
    await newsroom.ask(head)
    await newsroom.sign(head, newsroom.reviewers[2], stage="editorial")
    assert await api.data(f"{{ {selected} }}") == {"notes": {"totalCount": 1}}
    first_position = f'position: "{await api.at(1)}"'
    assert await both(api, first_position, selected) == {"notes": {"totalCount": 0}}


@pytest.mark.parametrize(
    "arguments",
    [
        'asOf: "2026-01-01T00:00:00Z", position: "0"',
        'perspective: DRAFT, position: "0"',
        'perspective: DRAFT, asOf: "2026-01-01T00:00:00Z"',
    ],
)
async def test_contradictions_are_refused(api: Api, arguments: str) -> None:
    for query in through(arguments, TITLES):
        (error,) = await api.refused(query, visitor=EDITOR)
        assert error.extensions == {"code": "BAD_USER_INPUT"}


async def test_null_arguments_say_nothing(api: Api) -> None:
    await api.newsroom.published(title="One", slug="one")
    nothing = "perspective: null, asOf: null, position: null, locale: null, fallbackLocales: null"
    assert titles(await both(api, nothing, TITLES)) == ["One"]


async def test_a_second_view_is_part_of_the_same_statement(api: Api) -> None:
    head = await api.newsroom.draft(title="Old", slug="one")
    await api.newsroom.publish(head)
    await api.newsroom.publish(await api.newsroom.save(head, title="New", slug="one"))
    before = len(api.reader.statements)
    selected = 'article(by: {slug: "one"}) { title }'
    then = f'view(position: "{await api.at(1)}")'
    data = await api.data(f"{{ {selected} then: {then} {{ {selected} }} }}")
    assert data == {"article": {"title": "New"}, "then": {"article": {"title": "Old"}}}
    assert len(api.reader.statements) == before + 1


async def test_a_second_view_can_be_of_the_present(api: Api) -> None:
    head = await api.newsroom.draft(title="Old", slug="one")
    await api.newsroom.publish(head)
    await api.newsroom.publish(await api.newsroom.save(head, title="New", slug="one"))
    selected = 'article(by: {slug: "one"}) { title }'
    old_token, new_token = await api.at(1), await api.at(2)
    query = f"""query($seen: Perspective) @view(position: "{old_token}") {{
      {selected}
      same: view(perspective: $seen) {{ {selected} }}
      now: view(perspective: PUBLISHED) {{ {selected} }}
      draft: view(perspective: DRAFT) {{ {selected} }}
      second: view(perspective: PUBLISHED, position: "{new_token}") {{ {selected} }}
    }}"""
    data = await api.seen_by(EDITOR, query)
    old, new = {"article": {"title": "Old"}}, {"article": {"title": "New"}}
    assert data == {**old, "same": old, "now": new, "draft": new, "second": new}


async def test_variables_stand_in_the_directives_arguments(api: Api) -> None:
    head = await api.newsroom.draft(title="Old", slug="one")
    await api.newsroom.publish(head)
    await in_german(api, head, title="Alt", slug="eins")
    await api.newsroom.publish(await api.newsroom.save(head, title="New", slug="one"))
    query = f"""query(
      $position: SitePosition, $locale: Locale, $perspective: Perspective, $at: DateTime
    ) @view(position: $position, locale: $locale, perspective: $perspective, asOf: $at)
      {{ {TITLES} }}"""
    for number in (1, 2):
        assert titles(await api.data(query, position=await api.at(number))) == ["Old"]
    # The position is a value: it is bound, and no part of the statement.
    assert len(set(api.reader.statements)) == 1
    assert titles(await api.data(query)) == ["New"]
    assert titles(await api.data(query, locale="DE", position=await api.at(2))) == ["Alt"]
    assert titles(await api.data(query, locale="DE", position=await api.at(1))) == []
    (error,) = await api.refused(query, {"perspective": "DRAFT"})
    assert error.extensions == {"code": "NOT_ALLOWED"}


# --- Languages ---


async def test_a_language_shows_what_there_is_in_it(api: Api) -> None:
    head = await api.newsroom.draft(title="English", slug="one")
    await api.newsroom.publish(head)
    await api.newsroom.published(title="Only English", slug="only")
    await in_german(api, head, title="Deutsch", slug="eins")
    assert titles(await both(api, "locale: DE", TITLES)) == ["Deutsch"]
    with_english = "locale: DE, fallbackLocales: [EN]"
    assert titles(await both(api, with_english, TITLES)) == ["Deutsch", "Only English"]
    assert titles(await both(api, "locale: EN", TITLES)) == ["English", "Only English"]


async def test_declared_fallbacks_hold_unless_others_are_named(api: Api) -> None:
    falling = api_of(FALLING, api.newsroom)
    head = await api.newsroom.draft(title="English", slug="one")
    await api.newsroom.publish(head)
    await api.newsroom.published(title="Only English", slug="only")
    await in_german(api, head, title="Deutsch", slug="eins")
    assert titles(await both(falling, "locale: DE", TITLES)) == ["Deutsch", "Only English"]
    assert titles(await both(falling, "locale: DE, fallbackLocales: []", TITLES)) == ["Deutsch"]
    assert titles(await falling.data(f"{{ {TITLES} }}")) == ["English", "Only English"]
    selected = '{ entry(by: {path: "/articles/one"}) { title } }'
    assert await falling.data(f"query @view(locale: DE) {selected}") == {"entry": None}


async def test_one_path_in_two_languages_is_the_first_ones(api: Api) -> None:
    first = await api.newsroom.draft(title="English", slug="same")
    await api.newsroom.publish(first)
    other = await api.newsroom.draft(title="Other", slug="other")
    await in_german(api, other, title="Deutsch", slug="same")
    selected = 'entry(by: {path: "/articles/same"}) { title } article(by: {slug: "same"}) { title }'
    for languages, title in (
        ("locale: DE, fallbackLocales: [EN]", "Deutsch"),
        ("locale: EN, fallbackLocales: [DE]", "English"),
    ):
        data = await both(api, languages, selected)
        assert data == {"entry": {"title": title}, "article": {"title": title}}


async def test_an_entry_knows_its_languages_and_what_lags_behind(api: Api) -> None:
    newsroom = api.newsroom
    head = await newsroom.draft(title="English", slug="one")
    await newsroom.publish(head)
    german = await in_german(api, head, title="Deutsch", slug="eins")
    selected = """entries {
      nodes { locale title availableLocales isOutdated translations { locale title path } }
    }"""

    async def seen(locale: str, perspective: str = "PUBLISHED") -> Any:
        arguments = f"locale: {locale.upper()}, perspective: {perspective}"
        return (await both(api, arguments, selected))["entries"]["nodes"]

    english = {"locale": "EN", "title": "English", "path": "/articles/one"}
    deutsch = {"locale": "DE", "title": "Deutsch", "path": "/articles/eins"}
    assert await seen("en") == [
        {
            "locale": "EN",
            "title": "English",
            "availableLocales": ["DE", "EN"],
            "isOutdated": False,
            "translations": [deutsch],
        }
    ]
    (node,) = await seen("de")
    assert (node["translations"], node["isOutdated"]) == ([english], False)
    newer = await newsroom.save(head, title="English, newer", slug="one")
    # To readers nothing has changed yet; to editors the translation is of an older text.
    assert [each["isOutdated"] for each in await seen("de")] == [False]
    assert [each["isOutdated"] for each in await seen("de", "DRAFT")] == [True]
    await newsroom.publish(newer)
    assert [each["isOutdated"] for each in await seen("de")] == [True]
    outdated = "entries(where: {isOutdated: {eq: true}}) { nodes { title } }"
    assert (await both(api, "locale: DE", outdated))["entries"]["nodes"] == [{"title": "Deutsch"}]
    async with newsroom.as_(newsroom.author) as work:
        caught_up = await update_entry(
            work,
            await entry_id_of(work, german),
            Changes(title="Deutsch, neuer"),
            base_revision=german.id,
            locale="de",
            translated_from=newer.id,
        )
    await newsroom.publish(caught_up.revision, locale="de")
    assert [each["isOutdated"] for each in await seen("de")] == [False]


async def test_what_lacks_a_translation_can_be_asked_for(api: Api) -> None:
    head = await api.newsroom.draft(title="Both", slug="both")
    await api.newsroom.publish(head)
    await api.newsroom.published(title="English alone", slug="english")
    await in_german(api, head, title="Beide", slug="beide")
    query = """{ entries(where: {translations: {none: {locale: {eq: DE}}}}) {
      totalCount nodes { title }
    } }"""
    assert titles(await api.data(query)) == ["English alone"]


async def test_a_link_in_a_translation_knows_where_it_stands(api: Api) -> None:
    newsroom = api.newsroom
    target = await newsroom.draft(title="Target", slug="target")
    source = await newsroom.draft(title="Source", slug="source", related=["/articles/target"])
    await newsroom.publish(target, source)
    await in_german(api, target, title="Ziel", slug="ziel")
    await in_german(api, source, title="Quelle", slug="quelle", related=["/articles/ziel"])
    query = """{ article(by: {slug: "source"}) {
      translations {
        links { nodes { label source { title locale } target { ... on Entry { title } } } }
      }
    } }"""
    (translation,) = (await api.data(query))["article"]["translations"]
    assert translation["links"]["nodes"] == [
        {
            "label": "Target",
            "source": {"title": "Quelle", "locale": "DE"},
            "target": {"title": "Target"},
        }
    ]


# --- Links ---

LINKS = """article(by: {id: "%s"}) {
  links { nodes { label url target { ... on Entry { title path } } } }
  incomingLinks { totalCount nodes { source { title } } }
}"""


async def test_links_are_those_of_the_view_at_both_ends(api: Api) -> None:
    newsroom = api.newsroom
    target = await newsroom.draft(title="Target", slug="target")
    source = await newsroom.draft(title="Source", slug="source", related=["/articles/target"])
    await newsroom.publish(target, source)
    async with newsroom.as_(newsroom.author) as work:
        source_id = await entry_id_of(work, source)
        target_id = await entry_id_of(work, target)
    await newsroom.publish(await newsroom.save(target, title="Moved", slug="moved"))
    await newsroom.publish(await newsroom.save(source, title="Source", slug="source"))
    await newsroom.draft(title="Draft", slug="draft", related=["/articles/moved"])

    async def ends(arguments: str) -> tuple[list[Any], list[str]]:
        out = (await both(api, arguments, LINKS % source_id))["article"]["links"]["nodes"]
        into = (await both(api, arguments, LINKS % target_id))["article"]["incomingLinks"]
        sources = [each["source"]["title"] for each in into["nodes"]]
        assert into["totalCount"] == len(sources)
        return [(each["label"], each["url"], each["target"]["title"]) for each in out], sources

    assert await ends(f'position: "{await api.at(1)}"') == (
        [("Target", "/articles/target", "Target")],
        ["Source"],
    )
    assert await ends(f'position: "{await api.at(2)}"') == (
        [("Moved", "/articles/moved", "Moved")],
        ["Source"],
    )
    assert await ends(f'position: "{await api.at(3)}"') == ([], [])
    assert await ends("perspective: PUBLISHED") == ([], [])
    assert await ends("perspective: DRAFT") == ([], ["Draft"])


# --- What never changes ---


async def test_the_published_view_is_the_same_bytes_for_everybody(api: Api) -> None:
    head = await api.newsroom.draft(title="Public", slug="public")
    await api.newsroom.publish(head)
    await api.newsroom.save(head, title="Draft of it", slug="public")
    await api.newsroom.draft(title="Draft", slug="draft", related=["/articles/public"])
    visitors = [
        EDITOR,
        Visitor(scopes=(ContentScope(content_type="Article"),)),
        Visitor(scopes=(ContentScope(category_id="cat_x"),)),
    ]
    people = "people { nodes { name authored { totalCount } } }"
    selected = f"{TITLES} {people} sitemap {{ totalCount }}"
    for query in (f"{{ {selected} }}", *through("perspective: PUBLISHED", selected)):
        request = GraphQLRequest(query)
        public = (await api.delivery.answer(request)).body
        assert b"Draft" not in public
        for visitor in visitors:
            assert (await api.delivery.answer(request, visitor)).body == public


@pytest.mark.parametrize(
    "asked", ["__schema { queryType { name } }", '__type(name: "Entry") { name }']
)
async def test_introspection_stands_beside_a_view_and_not_in_it(api: Api, asked: str) -> None:
    for query in (
        f'{{ view(position: "0") {{ {asked} }} }}',
        f"query {{ view {{ view {{ position {asked} }} }} }}",
        f"{{ view {{ ...F }} }} fragment F on Query {{ {asked} }}",
    ):
        (error,) = await api.refused(query)
        assert error.extensions == {"code": "BAD_USER_INPUT"}
        assert "outside view" in error.message
    data = await api.data(
        f'query @view(position: "0") {{ a: __typename {asked} view {{ position }} }}'
    )
    assert len(data) == 3
    assert data["view"] == {"position": "0"}
    assert (await api.data("{ view { __typename } }")) == {"view": {"__typename": "Query"}}
