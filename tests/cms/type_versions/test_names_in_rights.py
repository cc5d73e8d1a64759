"""People know content types by their declared names, and rights are stored by the stored ones."""

from __future__ import annotations

from cms.access.accounts import create_account, grant_role, load_actor
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.snapshot import Draft
from cms.drafts.entries import create_entry
from cms.errors import UserError
from cms.site import Site
from tests.builders import Newsroom
from tests.cms.type_versions.scene import Scene


class Article(ContentType, path="/articles/{slug}"):
    """A type that is renamed."""

    body = Markdown()


class Story(ContentType, path="/articles/{slug}", was="Article"):
    """The same type, under another name."""

    body = Markdown()


def site_of(content_type: type[ContentType]) -> Site:
    return Site("S", content_types=(content_type,))


async def renamed(scene: Scene) -> Newsroom:
    """Return the newsroom after a content type was renamed."""
    await scene.changing.migrate(site_of(Article))
    await scene.changing.migrate(site_of(Story))
    return scene.newsroom


async def account(newsroom: Newsroom, email: str = "new@example.org") -> str:
    return (await newsroom.do(OPERATOR, create_account, email)).id


async def actor(newsroom: Newsroom, account_id: str) -> Actor:
    async with newsroom.database.reading() as session:
        return await load_actor(session, account_id)


async def refusal(newsroom: Newsroom, account_id: str, content_type: str) -> UserError:
    grant = Grant(role="author", content_type=content_type)
    (error,) = await newsroom.refusal(OPERATOR, grant_role, account_id, grant)
    return error


async def test_a_denial_names_the_type_as_it_is_declared(scene: Scene) -> None:
    newsroom = await renamed(scene)
    reader = await actor(newsroom, await account(newsroom))
    (error,) = await newsroom.refusal(reader, create_entry, "Story", Draft(title="Mine"))
    assert error.code == "NOT_ALLOWED"
    assert " for Story in 'en'; " in error.message


async def test_a_role_is_granted_for_the_declared_name(scene: Scene) -> None:
    newsroom = await renamed(scene)
    account_id = await account(newsroom)
    row = await newsroom.do(
        OPERATOR, grant_role, account_id, Grant(role="author", content_type="Story")
    )
    assert row.content_type == "Article"
    writer = await actor(newsroom, account_id)
    saved = await newsroom.do(writer, create_entry, "Story", Draft(title="Mine"))
    assert saved.revision.title == "Mine"
    assert (
        await newsroom.do(
            OPERATOR, grant_role, account_id, Grant(role="author", content_type="Story")
        )
    ).id == row.id


async def test_a_role_is_not_granted_for_a_name_that_is_not_declared(scene: Scene) -> None:
    newsroom = await renamed(scene)
    error = await refusal(newsroom, await account(newsroom), "Article")
    assert error.path == ("contentType",)
    assert error.message == (
        "there is no content type 'Article'; use one of Story, Category, Person"
    )


async def test_the_api_grants_and_shows_roles_by_the_declared_name(scene: Scene) -> None:
    newsroom = await renamed(scene)
    account_id = await account(newsroom)
    selection = "grant { contentType contentTypeName }"
    given = {"accountId": account_id, "role": "AUTHOR", "contentType": "Story"}
    payload = await scene.desk.do(newsroom.administrator, "grantRole", selection, **given)
    assert payload["grant"] == {"contentType": "Story", "contentTypeName": "Story"}
    (grant,) = (await actor(newsroom, account_id)).grants
    assert grant.content_type == "Article"


async def test_a_type_that_is_not_declared_any_more_has_its_stored_name(scene: Scene) -> None:
    newsroom = await renamed(scene)
    account_id = await account(newsroom)
    await newsroom.do(OPERATOR, grant_role, account_id, Grant(role="author", content_type="Story"))

    class Note(ContentType, path="/notes/{slug}"):
        body = Markdown()

    await scene.changing.migrate(site_of(Note))
    query = "{ accounts { nodes { id grants { contentType contentTypeName } } } }"
    data = await scene.desk.data(newsroom.administrator, query)
    found = {each["id"]: each["grants"] for each in data["accounts"]["nodes"]}
    assert found[account_id] == [{"contentType": "UNKNOWN", "contentTypeName": "Article"}]
