"""A way around the router of Starlette."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

_METHODS = frozenset({"GET", "POST"})


class Shortcut:
    """An app whose endpoints of GraphQL answer before its middleware and router are asked.

    Args:
        app: the app, for all requests but GET and POST to these endpoints.
        routes: the routes of the endpoints, which are ASGI apps at fixed paths.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[Route]) -> None:
        self._app = app
        self._routes = {each.path: each for each in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["method"] in _METHODS:
            route = self._routes.get(scope["path"].removeprefix(scope.get("root_path", "")))
            if route is not None:
                scope["route"], scope["endpoint"] = route, route.endpoint
                await route.app(scope, receive, send)
                return
        await self._app(scope, receive, send)
