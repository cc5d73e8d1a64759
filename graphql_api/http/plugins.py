"""Routes and identity from the plugins of a site."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from cms.authorization.actor import Actor
from cms.copydesk import Copydesk
from cms.errors import SiteError
from cms.hooks import Identity
from graphql_api.http.authentication import Identify

# A path such as ``/recall`` or ``/.well-known/recall.txt``, without parameters.
_PATH = re.compile(r"(/[\w.~-]+)+", re.ASCII)


@dataclass(frozen=True)
class PluginRoute(BaseRoute):
    """The app of a plugin, for its path and all paths below.

    Attributes:
        path: the path.
        app: the app; ``root_path`` of its scope ends with the path.
    """

    path: str
    app: ASGIApp

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a request is for the app, and what its scope has in addition."""
        if scope["type"] not in {"http", "websocket"}:
            return Match.NONE, {}
        root = scope.get("root_path", "")
        path = scope["path"].removeprefix(root)
        if path != self.path and not path.startswith(f"{self.path}/"):
            return Match.NONE, {}
        return Match.FULL, {
            "app_root_path": scope.get("app_root_path", root),
            "root_path": root + self.path,
            "endpoint": self.app,
        }

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self.app(scope, receive, send)


def plugin_identity(copydesk: Copydesk) -> Identify | None:
    """Return the function by which a plugin identifies the actors of requests, if one does.

    Raises:
        SiteError: if it cannot be called.
    """
    for plugin, identity in copydesk.site.plugins.results_of("identity", copydesk=copydesk):
        if not callable(identity):
            raise SiteError(f"the hook identity of the plugin {plugin.name!r} returns no function")
        return _identify_by(identity)
    return None


def _identify_by(identity: Identity) -> Identify:
    async def identify(connection: HTTPConnection) -> Actor:
        return await identity(connection.scope)

    return identify


def plugin_routes(copydesk: Copydesk, others: Sequence[BaseRoute]) -> list[PluginRoute]:
    """Return the routes of a site's plugins.

    Args:
        copydesk: the site that is served.
        others: the routes of the API.

    Raises:
        SiteError: if one has no path, or that of another.
    """
    routes: list[PluginRoute] = []
    for plugin, apps in copydesk.site.plugins.results_of("routes", copydesk=copydesk):
        if not isinstance(apps, Mapping):
            raise SiteError(
                f"the hook routes of the plugin {plugin.name!r} must return a mapping from paths "
                "to ASGI apps"
            )
        for path, app in apps.items():
            if not isinstance(path, str) or not _PATH.fullmatch(path) or not callable(app):
                raise SiteError(
                    f"the plugin {plugin.name!r} has the route {path!r}; use a path such as "
                    f"'/{plugin.name}', without parameters and without a slash at the end, "
                    "and an ASGI app"
                )
            if any(_overlap(path, other) for other in (*others, *routes)):
                raise SiteError(
                    f"the plugin {plugin.name!r} has the route {path!r}, and there is already one; "
                    f"use a path below '/{plugin.name}'"
                )
            routes.append(PluginRoute(path, app))
    return routes


def _overlap(path: str, other: BaseRoute) -> bool:
    """Return whether requests for the path are for another route, or would no longer be."""
    scope = {"path": path, "method": "GET"}
    matches = (other.matches({"type": kind, **scope})[0] for kind in ("http", "websocket"))
    fixed = getattr(other, "path", "").partition("{")[0]
    return any(each is not Match.NONE for each in matches) or f"{fixed}/".startswith(f"{path}/")
