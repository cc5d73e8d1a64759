"""The ASGI app and its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan

from cms.copydesk import Copydesk
from cms.errors import DatabaseError
from cms.reading.site_size import KnownSize
from graphql_api import pages
from graphql_api.answering import Answering
from graphql_api.delivery import Delivery
from graphql_api.endpoints import DeliveryEndpoint, ManagementEndpoint
from graphql_api.http.authentication import Identify
from graphql_api.http.limits import MANAGEMENT_LIMITS, Limits, limits_with
from graphql_api.http.plugins import plugin_identity, plugin_routes
from graphql_api.http.security_headers import SecurityHeaders
from graphql_api.http.shortcut import Shortcut
from graphql_api.http.shutdown import Shutdown
from graphql_api.link_export import LinkExport
from graphql_api.on_demand import OnDemand
from graphql_api.planning import PlanningThread
from graphql_api.schema.build import build_delivery_schema
from graphql_api.schema.declaring.words import site_words, words_by_name
from graphql_api.site_files.endpoint import SiteFiles
from graphql_api.site_files.queries import LIMITS

if TYPE_CHECKING:  # it is loaded on demand
    from graphql_api.management import Management


def create_app(
    copydesk: Copydesk,
    *,
    identify: Identify | None = None,
    allowed_origins: Collection[str] = (),
) -> Starlette:
    """Return the app that serves a site.

    It can run by itself or be mounted in another ASGI app. Connections are opened when they are
    first needed, and closed at the end of the app's lifespan, if it has one. The management API is
    made for its first request, or by ``await app.state.management.get()``. A server that waits
    for open streams before the end of that lifespan has to call ``app.state.shutdown.begin()``
    first, as ``copydesk serve`` does, to end them.

    Args:
        copydesk: the site, which the app closes at the end of its lifespan.
        identify: for a host with accounts of its own: returns the actor of a request
            (:func:`cms.access.accounts.load_actor` returns that of an account's id), or
            ``ANONYMOUS``. Called for each request to either API. Copydesk's own tokens are
            ignored then, except those of previews, and the mutations that issue them are not
            in the schema. By default, a plugin of the site can identify actors.
        allowed_origins: origins of other pages that may open a WebSocket to the management
            API, such as ``https://studio.example``.

    Raises:
        SiteError: if the route of a plugin has the path of another, or two words of the site have
            one name in the API; at the start of the lifespan, if renamed types were not loaded.
    """
    site, chosen, database = copydesk.site, copydesk.settings, copydesk.database
    size, thread, schema = KnownSize(database), PlanningThread(), build_delivery_schema(site)
    answering = Answering(copydesk, chosen.link_graph_megabytes)
    limits = limits_with(Limits(), chosen.limits, "COPYDESK_LIMITS")
    delivery = Delivery(site, schema, database.reader, limits, size.current, thread, answering)
    files = SiteFiles(site, Delivery(site, schema, database.reader, LIMITS, thread=thread)).routes()
    identify = identify or plugin_identity(copydesk)
    management = _management(copydesk, size, thread, answering, has_credentials=identify is None)
    shutdown = Shutdown(partial(_end_subscriptions, copydesk))
    reading = DeliveryEndpoint(delivery, database, shutdown, identify)
    editing = ManagementEndpoint(management, database, shutdown, identify, allowed_origins)
    has_types = copydesk.has_types  # the schemas above have no others than those

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            if not has_types:
                with suppress(DatabaseError):  # requests say what is wrong with it
                    await copydesk.confirm_types()
            yield
        finally:
            shutdown.begin()
            await management.close()
            await size.close()
            await copydesk.close()

    endpoints = _endpoints(reading, editing)
    exports = LinkExport(copydesk, answering.graphs, reading.visitor, shutdown).routes()
    routes = [*endpoints, *_beside(editing), *files, *exports]
    app = _App([*routes, *plugin_routes(copydesk, routes)], lifespan, endpoints)
    app.state.shutdown, app.state.management = shutdown, management
    return app


def _endpoints(reading: DeliveryEndpoint, editing: ManagementEndpoint) -> list[Route]:
    # Other methods get an error of GraphQL.
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [
        Route("/graphql", reading, methods=methods),
        Route("/manage/graphql", editing, methods=methods),
    ]


def _beside(editing: ManagementEndpoint) -> list[BaseRoute]:
    """Return the routes beside those of the endpoints."""
    return [
        Route("/graphql/assets/{name}", pages.asset),
        Route("/manage/graphql/assets/{name}", pages.asset),
        WebSocketRoute("/manage/graphql", editing.serve_socket),
    ]


class _App(Starlette):
    """An app with security headers on all responses, including those of Starlette itself.

    Requests to the endpoints of GraphQL do not pass through Starlette, which would take as long as
    a short statement, unless an app that adds middleware wants to see them.

    Args:
        routes: all routes.
        lifespan: the lifespan.
        endpoints: the routes of these endpoints.
    """

    def __init__(
        self, routes: Sequence[BaseRoute], lifespan: Lifespan[_App], endpoints: Sequence[Route]
    ) -> None:
        super().__init__(routes=routes, lifespan=lifespan)
        self._endpoints = endpoints

    def build_middleware_stack(self) -> ASGIApp:
        """Return the app with its middleware."""
        app = SecurityHeaders(super().build_middleware_stack())
        return app if self.user_middleware else Shortcut(app, self._endpoints)


def _end_subscriptions(copydesk: Copydesk) -> None:
    copydesk.tail.end()


def _management(
    copydesk: Copydesk,
    size: KnownSize,
    thread: PlanningThread,
    answering: Answering,
    *,
    has_credentials: bool,
) -> OnDemand[Management]:
    for enum, words in site_words(copydesk.site).items():
        words_by_name(enum, words)  # refused at the start, though the enums are made later
    chosen = copydesk.settings.management_limits
    limits = limits_with(MANAGEMENT_LIMITS, chosen, "COPYDESK_MANAGEMENT_LIMITS")

    def make() -> Management:
        # Its modules and its schema take longer to load than those of delivery.
        from graphql_api.management import make_management  # noqa: PLC0415

        return make_management(
            copydesk, limits, size.current, thread, answering, has_credentials=has_credentials
        )

    return OnDemand(make)
