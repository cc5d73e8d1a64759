"""Roles and actions of a site's plugins are granted, authorised and used as scopes like others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace

from cms.access.accounts import grant_role
from cms.access.tokens import issue_token
from cms.authorization.actions import Action, Reach
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.policy import SignOffPolicy, Stage
from cms.events import Event
from cms.hooks import hookimpl
from cms.plugins import Plugin
from cms.review.sign_offs import sign_off
from cms.site import Site
from cms.work.work import Work, command
from tests.builders import Newsroom
from tests.sites import SITE, URLS

RULE = "house:rule"


class HouseRuled(Event):
    """A rule was made."""


class HousePage(
    ContentType,
    policy=SignOffPolicy(name="house", stages=(Stage("legal", role="house:counsel"),)),
):
    """A page that the house signs off."""

    body = Markdown(required=True)


@command(RULE)
async def rule(work: Work) -> None:
    """Make a rule."""
    work.authorise(RULE)
    work.emit(HouseRuled(subject="rule_1"))


@hookimpl
def content_types() -> list[type[ContentType]]:
    return [HousePage]


@hookimpl
def actions() -> list[str]:
    return [RULE]


@hookimpl
def roles() -> Mapping[str, Mapping[str, Reach]]:
    counsel = {RULE: Reach.ANY, Action.REVIEW_SIGN_OFF: Reach.OTHERS}
    return {"house:counsel": counsel, "author": {RULE: Reach.ANY}}


HOUSE = SimpleNamespace(content_types=content_types, actions=actions, roles=roles)


def house(newsroom: Newsroom) -> None:
    """Give the site of a newsroom the plugin."""
    newsroom.site = Site(
        SITE.name,
        content_types=list(SITE.content_types.values()),
        locales=SITE.locales,
        url=URLS,
        plugins=[Plugin("house", HOUSE)],
    )


async def counsel_of(newsroom: Newsroom) -> Actor:
    return await newsroom.person("Cleo Counsel", Grant(role="house:counsel"))


async def test_a_role_of_a_plugin_is_granted_and_used(newsroom: Newsroom) -> None:
    house(newsroom)
    for actor in (await counsel_of(newsroom), newsroom.author, newsroom.administrator, OPERATOR):
        await newsroom.do(actor, rule)
    (error,) = await newsroom.refusal(newsroom.reviewers[0], rule)
    assert error.message == (
        "house:rule requires the role author or administrator or house:counsel; "
        "this account has only reviewer"
    )


async def test_without_the_plugin_its_role_allows_nothing(newsroom: Newsroom) -> None:
    house(newsroom)
    counsel = await counsel_of(newsroom)
    newsroom.site = SITE
    assert await newsroom.codes(counsel, rule) == ["NOT_ALLOWED"]
    account_id = str(newsroom.author.account_id)
    (error,) = await newsroom.refusal(OPERATOR, grant_role, account_id, Grant(role="house:counsel"))
    assert error.message.startswith("there is no role 'house:counsel'; use one of viewer, author,")


async def test_a_role_of_a_plugin_signs_off_at_its_stage_alone(newsroom: Newsroom) -> None:
    house(newsroom)
    counsel = await counsel_of(newsroom)
    page = await newsroom.draft("HousePage", title="Terms")
    article = await newsroom.draft(title="News")
    for head in (page, article):
        await newsroom.ask(head)
    signed = await newsroom.sign(page, counsel)
    assert signed.stage == "legal"
    for actor, head in ((newsroom.reviewers[0], page), (counsel, article)):
        entry_id = await newsroom.entry_id(head)
        codes = await newsroom.codes(actor, sign_off, entry_id, digest=head.digest)
        assert codes == ["NOT_ALLOWED"]


async def test_a_grant_of_a_plugin_s_role_can_be_limited_to_a_stage(newsroom: Newsroom) -> None:
    house(newsroom)
    limited = Grant(role="house:counsel", stage="legal")
    actor = await newsroom.person("Lea Legal", limited)
    assert actor.grants == (limited,)


async def test_an_action_of_a_plugin_is_a_scope(newsroom: Newsroom) -> None:
    house(newsroom)
    day = timedelta(days=1)
    issued = await newsroom.do(newsroom.author, issue_token, "a tool", scopes=[RULE], valid_for=day)
    assert issued.token.scopes == [RULE]
    newsroom.site = SITE
    (error,) = await newsroom.refusal(
        newsroom.author, issue_token, "a tool", scopes=[RULE], valid_for=day
    )
    assert error.message.startswith("there is no action 'house:rule'; use any of entry:read,")
