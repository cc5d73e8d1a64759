"""Stages that are renamed, and policies that become stricter."""

from __future__ import annotations

from cms.authorization.actor import Grant
from cms.content.policy import SignOffPolicy, Stage
from cms.review.reviews import withdraw_review
from cms.site import Site
from tests.cms.type_versions.scene import Scene, content_type, site_of

VALUES = {"body": "Some *text*."}


def site(*stages: Stage) -> Site:
    """Return a site whose articles are signed off in stages."""
    policy = SignOffPolicy(name="of articles", stages=stages)
    return site_of(content_type("Article", "/articles/{slug}", {"policy": policy}))


async def test_a_stricter_policy_applies_to_open_reviews_at_once(scene: Scene) -> None:
    await scene.opened(site(Stage("editorial")), VALUES)
    report = await scene.migrated(site(Stage("editorial"), Stage("legal")))
    (notice,) = report.notices
    assert notice.startswith("2 open reviews of Article ")
    queue = (await scene.has_queues())["myQueue"]
    lacking = {each["entry"]["title"]: each["lacking"] for each in queue}
    assert lacking == {
        "Reviewed": [{"stage": "editorial", "missing": 1}, {"stage": "legal", "missing": 1}],
        "Approved": [{"stage": "legal", "missing": 1}],
    }
    (refused,) = await scene.refusals_to_publish("Approved")
    assert refused["code"] == "MISSING_SIGN_OFF"
    assert await scene.seen("title") == {"title": "Public"}
    await scene.signed("Approved", stages=("legal",))
    await scene.can_be_edited()


async def test_a_renamed_stage_is_asked_for_beside_the_old_one_until_a_review_is_new(
    scene: Scene,
) -> None:
    await scene.opened(site(Stage("editorial")), VALUES)
    limited = Grant(role="reviewer", stage="editorial")
    await scene.newsroom.person("Ludo Limited", limited)
    report = await scene.migrated(site(Stage("desk")))
    of_reviews, of_grants = report.notices
    assert "request it again" in of_reviews
    assert of_grants.startswith("1 roles are limited to the stage editorial, which Article has no ")
    queue = (await scene.has_queues())["myQueue"]
    lacking = {each["entry"]["title"]: each["lacking"] for each in queue}
    assert {each["stage"] for each in lacking["Reviewed"]} == {"editorial", "desk"}
    newsroom = scene.newsroom
    await newsroom.do(newsroom.author, withdraw_review, scene.entries["Reviewed"])
    await scene.in_review("Reviewed")
    queue = (await scene.has_queues())["myQueue"]
    lacking = {each["entry"]["title"]: each["lacking"] for each in queue}
    assert {each["stage"] for each in lacking["Reviewed"]} == {"desk"}
    await scene.signed("Approved", stages=("desk",))
    await scene.can_be_edited()
