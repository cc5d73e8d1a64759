"""Sites whose content types change, over one database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cms.authorization.actor import OPERATOR
from cms.copydesk import desk_of, rebuild
from cms.publishing.moving import move_pages_by_type
from cms.search.rebuilding import OUTDATED_REVISIONS
from cms.site import Site
from cms.type_versions.changing import TypesDoNotFit, change_types
from cms.type_versions.checking import Problem, TypesReport
from tests.builders import Newsroom


@dataclass
class Changing:
    """A newsroom whose site is declared anew.

    Attributes:
        newsroom: the newsroom; its site has the stored names of the newest version.
    """

    newsroom: Newsroom

    async def migrate(self, site: Site) -> TypesReport:
        """Migrate to a site as ``copydesk migrate`` does, and return what changed."""
        declared = desk_of(self.newsroom.database, site)
        async with declared.work(OPERATOR) as work:
            binding, report = await change_types(work)
        self.newsroom.site = binding.site
        async with self.newsroom.as_(OPERATOR) as work:
            await move_pages_by_type(work)
        await rebuild(self.newsroom.database, binding, OUTDATED_REVISIONS)
        return report

    async def problems(self, site: Site) -> Sequence[Problem]:
        """Return why a site cannot be migrated to, which has to be refused."""
        try:
            await self.migrate(site)
        except TypesDoNotFit as refused:
            return refused.report.problems
        raise AssertionError("it was not refused")
