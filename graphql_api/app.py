"""The ASGI app and its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from cms.access.sessions import Lifetimes
from cms.copydesk import Copydesk
from cms.errors import DatabaseError
from cms.reading.entry_counts import EntryCounts
from graphql_api import pages
from graphql_api.delivery import Delivery
from graphql_api.endpoints import DeliveryEndpoint, ManagementEndpoint
from graphql_api.http.authentication import Identify
from graphql_api.http.limits import Limits, limits_with
from graphql_api.http.plugins import plugin_identity, plugin_routes
from graphql_api.http.security_headers import SecurityHeaders
from graphql_api.http.shutdown import Shutdown
from graphql_api.management import MANAGEMENT_LIMITS, Management
from graphql_api.planning import PlanningThread
from graphql_api.schema.build import build_delivery_schema, build_management_schema
from graphql_api.schema.management.mutations.sessions import OWN_CREDENTIALS
from graphql_api.site_files.endpoint import SiteFiles
from graphql_api.site_files.queries import LIMITS


def create_app(
    copydesk: Copydesk,
    *,
    identify: Identify | None = None,
    allowed_origins: Collection[str] = (),
) -> Starlette:
    """Return the app that serves a site.

    It can run by itself or be mounted in another ASGI app. Connections are opened when they are
    first needed, and closed at the end of the app's lifespan, if it has one. A server that waits
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
        SiteError: if the route of a plugin has the path of another; when the lifespan of the app
            begins, if something was renamed and the stored names were not loaded.
    """
    site, chosen, database = copydesk.site, copydesk.settings, copydesk.database
    entries, thread = EntryCounts(database), PlanningThread()
    schema = build_delivery_schema(site)
    limits = limits_with(Limits(), chosen.limits, "COPYDESK_LIMITS")
    delivery = Delivery(site, schema, database.reader, limits, entries.current, thread)
    files = SiteFiles(site, Delivery(site, schema, database.reader, LIMITS, thread=thread))
    identify = identify or plugin_identity(copydesk)
    # These mutations issue tokens that have no effect if a host identifies the actors.
    without = OWN_CREDENTIALS if identify is not None else frozenset[str]()
    management = _management(copydesk, build_management_schema(site, without), entries, thread)
    shutdown = Shutdown(management.end_subscriptions)
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
            await entries.close()
            await copydesk.close()

    routes = [*_api_routes(reading, editing), *files.routes()]
    app = _App(routes=[*routes, *plugin_routes(copydesk, routes)], lifespan=lifespan)
    app.state.shutdown = shutdown
    return app


def _api_routes(reading: DeliveryEndpoint, editing: ManagementEndpoint) -> list[BaseRoute]:
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [
        Route("/graphql", reading.serve, methods=methods),
        Route("/graphql/assets/{name}", pages.asset),
        Route("/manage/graphql", editing.serve, methods=methods),
        Route("/manage/graphql/assets/{name}", pages.asset),
        WebSocketRoute("/manage/graphql", editing.serve_socket),
    ]


class _App(Starlette):
    """An app with security headers on all responses, including those of Starlette itself."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the app with its middleware."""
        return SecurityHeaders(super().build_middleware_stack())


def _management(
    copydesk: Copydesk, schema: GraphQLSchema, entries: EntryCounts, thread: PlanningThread
) -> Management:
    settings = copydesk.settings
    chosen = settings.management_limits
    return Management(
        copydesk,
        schema,
        limits=limits_with(MANAGEMENT_LIMITS, chosen, "COPYDESK_MANAGEMENT_LIMITS"),
        lifetimes=Lifetimes(
            access=timedelta(minutes=settings.session_minutes),
            refresh=timedelta(days=settings.refresh_days),
        ),
        entries=entries.current,
        thread=thread,
    )
