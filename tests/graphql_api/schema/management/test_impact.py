"""A preview shows one revision as if it were public, and nothing else that is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from cms.access.accounts import revoke_role
from cms.access.sessions import sign_out
from cms.access.tokens import issue_preview
from cms.authorization.actor import Actor
from cms.clock import now
from cms.copydesk import Copydesk
from cms.settings import Settings
from cms.tables import Revision, RoleGrant
from graphql_api.app import create_app
from tests.builders import Newsroom, entry_id_of
from tests.graphql_api.schema.delivery.test_views import titles
from tests.signing_in import actor_of, enter, give_password
from tests.sites import SITE

ENTRIES = "{ entries(first: 100, orderBy: [title_ASC]) { totalCount nodes { title } } }"


@dataclass
class Preview:
    """A newsroom, and the app to look at what it writes."""

    newsroom: Newsroom
    client: TestClient

    async def token(
        self,
        revision: Revision,
        actor: Actor | None = None,
        hours: int = 0,
        locale: str | None = None,
    ) -> str:
        """Return the secret of a token for a revision, made some hours ago."""
        made = now() - timedelta(hours=hours)
        async with self.newsroom.as_(actor or self.newsroom.author, made) as work:
            entry_id = await entry_id_of(work, revision)
            issued = await issue_preview(work, entry_id, revision_id=revision.id, locale=locale)
        return issued.secret

    def response(self, query: str, secret: str | None = None, path: str = "/graphql") -> Any:
        """Return the response to a query."""
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return self.client.post(path, json={"query": query}, headers=headers)

    def data(self, query: str, secret: str | None = None) -> Any:
        """Return the data of an answer without errors."""
        body = self.response(query, secret).json()
        assert "errors" not in body
        return body["data"]

    def code(self, query: str, secret: str, path: str = "/graphql") -> str:
        """Return the code of the error with which a query is refused."""
        body = self.response(query, secret, path).json()
        assert body.get("data") is None
        return str(body["errors"][0]["extensions"]["code"])


@pytest.fixture
def preview(newsroom: Newsroom) -> Iterator[Preview]:
    """The app over a newsroom's database."""
    url = newsroom.database.engine.url.render_as_string(hide_password=False)
    with TestClient(create_app(Copydesk(SITE, Settings(database_url=url)))) as client:
        yield Preview(newsroom, client)


async def test_a_preview_shows_its_revision_and_no_other_draft(preview: Preview) -> None:
    newsroom = preview.newsroom
    public = await newsroom.draft(title="Public", slug="public")
    await newsroom.publish(public)
    shown = await newsroom.save(public, title="Shown", slug="shown")
    await newsroom.save(shown, title="Newer still", slug="newer")
    await newsroom.draft(title="Other draft", slug="other")
    await newsroom.published(title="Beside", slug="beside")
    secret = await preview.token(shown)
    assert titles(preview.data(ENTRIES)) == ["Beside", "Public"]
    assert titles(preview.data(ENTRIES, secret)) == ["Beside", "Shown"]
    by_path = """{
      shown: entry(by: {path: "/articles/shown"}) { title isOutdated revision { number } }
      public: entry(by: {path: "/articles/public"}) { title }
      newer: entry(by: {path: "/articles/newer"}) { title }
      other: entry(by: {path: "/articles/other"}) { title }
      sitemap { nodes { path } }
    }"""
    assert preview.data(by_path, secret) == {
        "shown": {"title": "Shown", "isOutdated": False, "revision": {"number": 2}},
        "public": None,
        "newer": None,
        "other": None,
        "sitemap": {"nodes": [{"path": "/articles/beside"}, {"path": "/articles/shown"}]},
    }
    response = preview.response(ENTRIES, secret)
    assert response.headers["cache-control"] == "private, no-store"


async def test_a_preview_of_what_was_never_public(preview: Preview) -> None:
    await preview.newsroom.published(title="Target", slug="target")
    draft = await preview.newsroom.draft(title="Draft", slug="draft", related=["/articles/target"])
    secret = await preview.token(draft)
    query = """{
      entry(by: {path: "/articles/draft"}) {
        title publishedAt breakGlassReason review { signedAt } attestation { sequence }
        links { nodes { label url target { ... on Entry { title } } source { title } } }
        jsonLd seo { canonical hreflang { locale } }
      }
      target: entry(by: {path: "/articles/target"}) {
        incomingLinks { totalCount nodes { source { title } } }
      }
    }"""
    data = preview.data(query, secret)
    link = {"label": "Target", "url": "/articles/target", "target": {"title": "Target"}}
    assert data["entry"]["links"]["nodes"] == [{**link, "source": {"title": "Draft"}}]
    assert data["entry"]["review"] is None
    assert data["entry"]["attestation"] is None
    assert data["entry"]["publishedAt"] is not None
    assert "reviewedBy" not in data["entry"]["jsonLd"][0]
    incoming = {"totalCount": 1, "nodes": [{"source": {"title": "Draft"}}]}
    assert data["target"] == {"incomingLinks": incoming}
    # To everybody else there is no such link.
    assert preview.data(query)["target"] == {"incomingLinks": {"totalCount": 0, "nodes": []}}


async def test_a_preview_of_a_translation_is_in_its_language(preview: Preview) -> None:
    newsroom = preview.newsroom
    head = await newsroom.draft(title="English", slug="english")
    await newsroom.publish(head)
    await newsroom.published(title="Beside", slug="beside", related=["/articles/english"])
    german = await newsroom.translate(head, "de", title="Deutsch", slug="deutsch")
    secret = await preview.token(german, locale="de")
    links = "links { nodes { label url } }"

    def seen(languages: str) -> tuple[list[str], Any]:
        entries = "entries(first: 9, orderBy: [title_ASC]) { totalCount nodes { title } }"
        beside = f'entry(by: {{path: "/articles/beside"}}) {{ {links} }}'
        data = preview.data(f"query @view({languages}) {{ {entries} {beside} }}", secret)
        return titles(data), (data["entry"] or {}).get("links", {}).get("nodes")

    to_english = [{"label": "English", "url": "/articles/english"}]
    to_german = [{"label": "Deutsch", "url": "/articles/deutsch"}]
    assert seen("locale: EN, fallbackLocales: []") == (["Beside", "English"], to_english)
    assert seen("locale: EN, fallbackLocales: [DE]") == (["Beside", "English"], to_english)
    assert seen("locale: DE, fallbackLocales: []") == (["Deutsch"], None)
    assert seen("locale: DE, fallbackLocales: [EN]") == (["Beside", "Deutsch"], to_german)
    route = """{ route(path: "/articles/deutsch") { ... on PageRoute { entry { title } } } }"""
    assert preview.data(route, secret) == {"route": {"entry": {"title": "Deutsch"}}}


async def test_what_made_another_revision_public_is_not_said_of_a_preview(
    preview: Preview,
) -> None:
    newsroom = preview.newsroom
    head = await newsroom.draft(title="Public", slug="public")
    await newsroom.publish(head)
    secrets = [
        await preview.token(revision)
        for revision in (head, await newsroom.save(head, title="Draft", slug="public"))
    ]
    query = """{ entry(by: {path: "/articles/public"}) {
      title review { signedAt } attestation { sequence }
    } }"""
    (public, draft) = (preview.data(query, secret)["entry"] for secret in secrets)
    assert public == preview.data(query)["entry"]
    assert public["attestation"] is not None
    assert draft == {"title": "Draft", "review": None, "attestation": None}


async def test_no_other_draft_is_counted_or_leads_anywhere(preview: Preview) -> None:
    newsroom = preview.newsroom
    category = await newsroom.category("Topics")
    topics: dict[str, Any] = {"category": category, "tags": ["Basics"]}
    head = await newsroom.draft(title="Public", slug="public", **topics)
    await newsroom.publish(head)
    shown = await newsroom.save(head, title="Shown", slug="public", rating=1, **topics)
    for number in range(3):
        await newsroom.draft(
            title="Hidden",
            slug=f"hidden-{number}",
            rating=5,
            related=["/articles/public"],
            translated_from="/articles/public",
            **topics,
        )
    german = await newsroom.translate(head, "de", title="Versteckt", slug="versteckt")
    secret = await preview.token(shown)
    query = """{
      articles {
        totalCount aggregate { max { rating } }
        facets(fields: [category, tags, locale, author]) { field value count }
        histogram(field: publishedAt, by: YEAR) { count }
        nodes {
          title availableLocales translations { title }
          incomingLinks { totalCount } seo { hreflang { locale } }
        }
      }
      hidden: articles(where: {title: {eq: "Hidden"}}) { totalCount }
      linked: articles(where: {incomingLinks: {count: {gt: 0}}}) { totalCount }
      translated: articles(where: {translations: {count: {gt: 0}}}) { totalCount }
      categories { nodes { entries { totalCount } } }
      tags { nodes { entries { totalCount } } }
      people(where: {name: {eq: "Ada Author"}}) { nodes { authored { totalCount } } }
      sync { nodes { kind entry { title } } }
      affectedPaths { totalCount }
    }"""
    one = {"entries": {"totalCount": 1}}
    assert preview.data(query, secret) == {
        "articles": {
            "totalCount": 1,
            "aggregate": {"max": {"rating": 1.0}},
            "facets": [
                {"field": "category", "value": "topics", "count": 1},
                {"field": "tags", "value": "basics", "count": 1},
                {"field": "locale", "value": "EN", "count": 1},
                {"field": "author", "value": "ada-author", "count": 1},
            ],
            "histogram": [{"count": 1}],
            "nodes": [
                {
                    "title": "Shown",
                    "availableLocales": ["EN"],
                    "translations": [],
                    "incomingLinks": {"totalCount": 0},
                    "seo": {"hreflang": []},
                }
            ],
        },
        "hidden": {"totalCount": 0},
        "linked": {"totalCount": 0},
        "translated": {"totalCount": 0},
        "categories": {"nodes": [one]},
        "tags": {"nodes": [one]},
        "people": {"nodes": [{"authored": {"totalCount": 1}}]},
        # What has been published is told as it was published.
        "sync": {"nodes": [{"kind": "UPSERT", "entry": {"title": "Public"}}]},
        "affectedPaths": {"totalCount": 1},
    }
    assert german.number == 2


async def test_a_preview_reads_no_drafts_through_a_view(preview: Preview) -> None:
    draft = await preview.newsroom.draft(title="Draft", slug="draft")
    secret = await preview.token(draft)
    for query in (
        "query @view(perspective: DRAFT) { entries { totalCount } }",
        "{ view(perspective: DRAFT) { entries { totalCount } } }",
    ):
        assert preview.code(query, secret) == "NOT_ALLOWED"
    assert titles(preview.data(f'query @view(position: "0") {ENTRIES}', secret)) == ["Draft"]


async def test_a_preview_ends_with_its_hour(preview: Preview) -> None:
    draft = await preview.newsroom.draft(title="Draft", slug="draft")
    assert preview.code(ENTRIES, await preview.token(draft, hours=2)) == "UNAUTHENTICATED"
    assert titles(preview.data(ENTRIES, await preview.token(draft))) == ["Draft"]


async def test_a_preview_ends_with_the_session_that_made_it(preview: Preview) -> None:
    newsroom = preview.newsroom
    draft = await newsroom.draft(title="Draft", slug="draft")
    await give_password(newsroom, newsroom.author)
    actor = await actor_of(newsroom, (await enter(newsroom)).access_token)
    secret = await preview.token(draft, actor)
    assert titles(preview.data(ENTRIES, secret)) == ["Draft"]
    async with newsroom.as_(actor) as work:
        await sign_out(work)
    assert preview.code(ENTRIES, secret) == "UNAUTHENTICATED"


async def test_a_preview_ends_when_a_right_is_taken_from_who_made_it(preview: Preview) -> None:
    newsroom = preview.newsroom
    draft = await newsroom.draft(title="Draft", slug="draft")
    author, other = newsroom.author, newsroom.second_author
    secrets = [await preview.token(draft, actor) for actor in (author, other)]
    async with newsroom.as_(newsroom.administrator) as work:
        (grant,) = await work.session.scalars(
            select(RoleGrant).where(RoleGrant.account_id == author.account_id)
        )
        await revoke_role(work, grant.id)
    assert preview.code(ENTRIES, secrets[0]) == "UNAUTHENTICATED"
    assert titles(preview.data(ENTRIES, secrets[1])) == ["Draft"]


async def test_a_preview_is_good_for_nothing_in_the_management_api(preview: Preview) -> None:
    draft = await preview.newsroom.draft(title="Draft", slug="draft")
    secret = await preview.token(draft)
    assert preview.code("{ __typename }", secret, "/manage/graphql") == "UNAUTHENTICATED"
    wrong = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    assert preview.code(ENTRIES, wrong) == "UNAUTHENTICATED"
