"""What the management API asks of the database, and what it leaves as it is."""

from __future__ import annotations

from graphql_api.http.request import GraphQLRequest
from tests.graphql_api.conftest import Api, Desk

PUBLIC = """{
  entries(first: 100) { totalCount nodes {
    id title path slug summary publishedAt updatedAt category { treePath } tags { slug }
    links { totalCount nodes { label url } } incomingLinks { totalCount }
    linkGroups { kind label links { label } } review { signedAt expiresAt reviewers { name } }
    revision { id number digest content author { name } } attestation { hash }
    ... on Article { body { html } related { label target { __typename } } }
  } }
  articles(where: {title: {contains: "e"}}) { totalCount } tags { nodes { slug } }
  categories { nodes { treePath entries { totalCount } } }
}"""


async def test_no_byte_of_the_published_view_comes_from_a_draft(desk: Desk, api: Api) -> None:
    newsroom = desk.newsroom
    category = await newsroom.category("Basics")
    page = await desk.article(title="Page", slug="page", category=category.id)
    await desk.publish(page)
    other = await desk.article(title="Other", slug="other", related=[{"href": page.entry}])
    await desk.publish(other)
    request = GraphQLRequest(PUBLIC, None, {})
    before = (await api.delivery.answer(request)).body
    edited = await desk.update(
        page, title="Renamed", slug="renamed", category=None, related=[{"href": other.entry}]
    )
    given = {"entryId": page.entry}
    await desk.do(newsroom.author, "requestReview", **given, baseRevision=edited.revision)
    await desk.do(newsroom.author, "addComment", **given, body="Soon.")
    await desk.do(newsroom.reviewers[0], "signOff", **given, digest=edited.digest)
    await desk.do(newsroom.author, "markSeen", **given, revisionId=edited.revision)
    await desk.do(newsroom.author, "announcePresence", **given)
    await desk.do(newsroom.author, "addEdition", **given, locale="DE")
    await desk.do(newsroom.author, "duplicateEntry", **given)
    await desk.article(title="New", related=[{"href": page.entry}], tags=["Secret"])
    await desk.do(
        newsroom.publisher, "publishEntry", **given, revisionId=edited.revision, dryRun=True
    )
    assert (await api.delivery.answer(request)).body == before


DEEP = """query($id: ID!) {
  entry(by: {id: $id}) {
    title state public { title } editions { locale state }
    comments { nodes { body replies { nodes { body } } } }
    openReview { stages { name } assignees { email } signOffs { reviewer { name } } }
    revisions(first: 5) { totalCount nodes { number account { email grants { role } }
      entry { links { nodes { target { ... on Entry { revisions { totalCount } } } } } } } }
    publications { nodes { publishedBy { person { name } } } } presence { account { email } }
  }
  entries { nodes { incomingLinks { totalCount } category { ancestors { name } } } }
  myQueue { entry { title state } lacking { stage } reviewRequest { entry { openReview { id } } } }
  checkPublish(entryId: $id) { gate errors { code } }
  blame(entryId: $id) { revision { number account { email } } }
  staleReviews { publication { entry { title } } }
  me { account { grants { role } } tokens { nodes { name } } }
}"""


async def test_a_query_is_one_planned_statement_and_a_mutation_one_for_each_field(
    desk: Desk,
) -> None:
    author = desk.newsroom.author
    draft = await desk.article(title="One")
    await desk.update(draft, related=[{"href": draft.entry}])
    desk.reader.statements.clear()
    await desk.data(author, DEEP, id=draft.entry)
    assert len(desk.reader.statements) == 1
    for number in range(5):
        await desk.article(title=f"T{number}", related=[{"href": draft.entry}])
    desk.reader.statements.clear()
    await desk.data(author, DEEP, id=draft.entry)
    assert len(desk.reader.statements) == 1
    desk.reader.statements.clear()
    selection = """errors { code } entry { title revisions { nodes { account { email } } }
      related { target { ... on Entry { incomingLinks { nodes { source { title } } } } } } }"""
    await desk.data(
        author,
        f"""mutation($related: [EntryLinkInput!]) {{
          a: createArticle(input: {{values: {{title: "A", related: $related}}}}) {{ {selection} }}
          b: createArticle(input: {{values: {{title: "B", related: $related}}}}) {{ {selection} }}
          c: createNote(input: {{values: {{title: "C"}}}}) {{ entry {{ title }} errors {{ code }} }}
        }}""",
        related=[{"href": draft.entry}],
    )
    assert len(desk.reader.statements) == 3


async def test_the_fields_of_a_mutation_are_done_one_after_the_other(desk: Desk) -> None:
    data = await desk.data(
        desk.newsroom.administrator,
        """mutation {
          one: createAccount(input: {email: "one@example.org"}) { ...Created }
          again: createAccount(input: {email: "one@example.org"}) { ...Created }
          __typename
          two: createAccount(input: {email: "two@example.org"}) { ...Created }
        }
        fragment Created on CreateAccountPayload { account { email } errors { code } }""",
    )
    assert list(data) == ["one", "again", "__typename", "two"]
    assert data["one"] == {"account": {"email": "one@example.org"}, "errors": []}
    assert data["again"]["account"] is None
    assert [each["code"] for each in data["again"]["errors"]] == ["DUPLICATE_NAME"]
    assert data["__typename"] == "Mutation"
    assert data["two"] == {"account": {"email": "two@example.org"}, "errors": []}
