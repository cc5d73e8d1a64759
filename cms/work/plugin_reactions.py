"""Reactions of plugins to the events of commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from cms.errors import DatabaseError, Refused
from cms.events import Event
from cms.hooks import PluginReaction
from cms.plugins import Plugin, refusals_by
from cms.site import Site
from cms.work.work import Reaction, Work


def plugin_reactions(site: Site) -> tuple[Reaction, ...]:
    """Return the reactions of a site's plugins, in the order in which they are called.

    One that raises undoes the command, which is refused in the name of the plugin.
    """
    return tuple(_PluginReaction(plugin, react) for plugin, react in site.plugins.reactions)


@dataclass(frozen=True)
class _PluginReaction:
    plugin: Plugin
    react: PluginReaction

    async def __call__(self, work: Work, events: Sequence[Event]) -> None:
        try:
            await self.react(work, events)
        except (DatabaseError, IntegrityError):
            raise  # the database failed, or another transaction was first
        except Exception as error:
            raise Refused(*refusals_by(self.plugin.name, error)) from error
