"""Editors see the link rules of a site before they publish, and which pages break them."""

from __future__ import annotations

import pytest

from cms.authorization.actor import ANONYMOUS
from cms.content.link_rules import ExternalLinks, IncomingLinks
from tests.builders import Newsroom
from tests.cms.publishing.test_link_gates import with_site
from tests.graphql_api.conftest import Desk, desk_with
from tests.schemas import management_schema_of
from tests.sites import Article, Note

CHECK = """query($id: ID!) { checkPublish(entryId: $id) {
  gate description passed isWarning position errors { code message }
} }"""
OFFENDERS = """query($rule: PublishGate!, $first: Int, $after: String) {
  linkRuleOffenders(rule: $rule, first: $first, after: $after) {
    position nodes { cursor entry { title } fault }
  }
}"""


@pytest.fixture
def ruled(newsroom: Newsroom) -> Desk:
    """The management API of a site with a gate and a warning about links."""
    rules = [IncomingLinks(Note, at_least=1, is_gate=True), ExternalLinks(Article, at_most=0)]
    with_site(newsroom, link_rules=rules)
    return desk_with(newsroom, management_schema_of(newsroom.site))


async def test_a_check_has_gates_and_warnings(ruled: Desk) -> None:
    page = await ruled.article(body="<https://one.example>")
    data = await ruled.data(ruled.newsroom.author, CHECK, id=page.entry)
    *gates, rule, warning = data["checkPublish"]
    assert {each["isWarning"] for each in (*gates, rule)} == {False}
    assert {each["position"] for each in (*gates, rule)} == {None}
    assert (rule["gate"], rule["passed"]) == ("SITE_INCOMING_LINKS_NOTE", True)
    position = (await ruled.data(ruled.newsroom.author, "{ position }"))["position"]
    assert warning == {
        "gate": "SITE_EXTERNAL_LINKS_ARTICLE",
        "description": "Each Article has at most 0 links to other sites.",
        "passed": False,
        "isWarning": True,
        "position": position,
        "errors": [
            {
                "code": "GATE_FAILED",
                "message": "it has 1 links to other sites; keep at most 0",
            }
        ],
    }
    await ruled.publish(page)


async def test_offenders_are_listed_page_by_page(ruled: Desk) -> None:
    newsroom = ruled.newsroom
    for title in ("One", "Two"):
        await ruled.publish(await ruled.article(title=title, body="<https://one.example>"))
    await ruled.article(title="Draft", body="<https://one.example>")
    rule = "SITE_EXTERNAL_LINKS_ARTICLE"
    found = (await ruled.data(newsroom.author, OFFENDERS, rule=rule))["linkRuleOffenders"]
    assert [each["entry"]["title"] for each in found["nodes"]] == ["One", "Two"]
    assert found["nodes"][0]["fault"] == "it has 1 links to other sites; keep at most 0"
    after = found["nodes"][0]["cursor"]
    found = await ruled.data(newsroom.author, OFFENDERS, rule=rule, first=1, after=after)
    assert [e["entry"]["title"] for e in found["linkRuleOffenders"]["nodes"]] == ["Two"]
    found = await ruled.data(newsroom.author, OFFENDERS, rule="SITE_INCOMING_LINKS_NOTE")
    assert found["linkRuleOffenders"]["nodes"] == []


async def test_only_rules_have_offenders_and_only_accounts_see_them(ruled: Desk) -> None:
    response = await ruled.ask(ruled.newsroom.author, OFFENDERS, rule="SIGN_OFF")
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "INVALID_VALUE"
    assert error["message"].startswith("sign_off is no link rule of the site")
    rule = "SITE_EXTERNAL_LINKS_ARTICLE"
    (failure,) = await ruled.failed(ANONYMOUS, OFFENDERS, rule=rule)
    assert failure.extensions == {"code": "UNAUTHENTICATED"}
