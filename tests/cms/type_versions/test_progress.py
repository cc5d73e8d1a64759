"""The progress of the check of changed content types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cms.authorization.actor import OPERATOR
from cms.content.fields import Text
from cms.copydesk import desk_of
from cms.site import Site
from cms.type_versions.changing import change_types
from cms.type_versions.checking import check_types
from cms.type_versions.versions import bind, newest_types
from tests.cms.type_versions.scene import Scene, changed


class Shown:
    """The progress that was shown.

    Attributes:
        announced: the names of the parts with their lengths.
        done: the number of steps that were done in each.
    """

    def __init__(self) -> None:
        self.announced: list[tuple[str, int]] = []
        self.done: list[int] = []

    @contextmanager
    def watch(self, label: str, length: int) -> Iterator[Callable[[int], object]]:
        """Keep what a bar would show."""
        steps: list[int] = []
        yield steps.append
        self.announced.append((label, length))
        self.done.append(sum(steps))


async def checked(scene: Scene, site: Site) -> Shown:
    """Return the progress of the check of a site."""
    shown = Shown()
    async with desk_of(scene.newsroom.database, site).reading(OPERATOR) as reading:
        await check_types(reading, bind(site, await newest_types(reading.session)), shown.watch)
    return shown


async def test_the_check_counts_each_content_that_it_looks_at(scene: Scene) -> None:
    await scene.changing.migrate(changed(subtitle=Text()))
    await scene.published("Public", {"subtitle": "Older."})
    await scene.draft("Public", {"subtitle": "Newer."})
    await scene.draft("Draft", {})
    await scene.draft("Archived", {})
    await scene.archived("Archived")
    site = changed(subtitle=Text(longest=5))
    shown = await checked(scene, site)
    # The public one and two drafts: what is archived is in the way of nothing.
    assert shown.announced == [("Contents", 3)]
    assert shown.done == [3]


async def test_a_migration_shows_the_progress_of_its_check(scene: Scene) -> None:
    await scene.changing.migrate(changed(subtitle=Text()))
    await scene.draft("Draft", {"subtitle": "Short."})
    shown = Shown()
    site = changed(subtitle=Text(longest=80))
    async with desk_of(scene.newsroom.database, site).work(OPERATOR) as work:
        await change_types(work, watch=shown.watch)
    assert shown.announced == [("Contents", 1)]
    assert shown.done == [1]


async def test_where_no_content_is_looked_at_nothing_is_shown(scene: Scene) -> None:
    await scene.changing.migrate(changed(subtitle=Text()))
    await scene.draft("Draft", {"subtitle": "Short."})
    assert (await checked(scene, changed(subtitle=Text()))).announced == []
