"""Content types that go and come back, with the entries that they had."""

from __future__ import annotations

from cms.content.fields import Field, Links, Text
from cms.site import Site
from tests.cms.type_versions.scene import PAST, Scene, content_type, site_of


def with_articles(**fields: Field) -> Site:
    """Return a site with topics and articles."""
    topic = content_type("Topic", "/topics/{slug}", more=Links())
    return site_of(topic, content_type("Article", "/articles/{slug}", **fields))


def without_articles() -> Site:
    """Return the site once its articles are gone."""
    return site_of(content_type("Topic", "/topics/{slug}", more=Links()))


async def test_the_past_has_no_links_of_types_that_are_gone(scene: Scene) -> None:
    await scene.opened(with_articles(), {"body": "Some *text*."})
    scene.type_name = "Topic"
    await scene.published("Target", {"body": "Hi"}, at=PAST)
    scene.type_name = "Article"
    await scene.published("Linker", {"body": "See [it](/topics/target)."}, at=PAST)
    links = "incomingLinks { nodes { source { title } } }"
    before = await scene.seen_then(links, "Target")
    assert before["incomingLinks"]["nodes"] == [{"source": {"title": "Linker"}}]
    await scene.unpublished("Public", "Edited", "Linker")
    await scene.archived(*[each for each in scene.entries if each not in {"Target", "Archived"}])
    await scene.migrated(without_articles())
    after = await scene.seen_then(links, "Target")
    assert after["incomingLinks"]["nodes"] == []


async def test_a_type_that_comes_back_is_checked_like_one_that_never_went(scene: Scene) -> None:
    await scene.opened(with_articles(extra=Text()), {"body": "Some *text*.", "extra": "zebra"})
    await scene.unpublished("Public", "Edited")
    await scene.archived(*[each for each in scene.entries if each != "Archived"])
    await scene.migrated(without_articles())
    problems = await scene.problems(with_articles(other=Text(required=True)))
    assert [each.place for each in problems] == ["Article.other"]
    await scene.migrated(with_articles())  # and derived values hold without the field
