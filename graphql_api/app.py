"""The ASGI app: what is served where."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cms.content.site import Site
from cms.database import Database
from cms.settings import Settings, load_settings
from graphql_api import pages
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import read_request
from graphql_api.http.response import JSON, failure, media_type_for, success, wants_page
from graphql_api.operation import Delivery
from graphql_api.schema.build import build_delivery_schema

_log = logging.getLogger("copydesk")


def create_app(site: Site, settings: Settings | None = None) -> Starlette:
    """Return the app that serves a site.

    It can run by itself or be mounted in another ASGI app; connections are opened when they
    are first needed, and closed at the end of the app's lifespan, if it has one.
    """
    chosen = settings or load_settings()
    database = Database(
        chosen.database_url,
        readers=chosen.readers,
        statement_timeout=chosen.statement_timeout,
    )
    delivery = Delivery(site, build_delivery_schema(site), database.reader)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await database.close()

    async def graphql(request: Request) -> Response:
        return await serve_delivery(delivery, request)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=methods),
            Route("/graphql/assets/{name}", pages.asset),
        ],
        lifespan=lifespan,
    )


async def serve_delivery(delivery: Delivery, request: Request) -> Response:
    """Return the response to a request to the delivery API."""
    if wants_page(request):
        return pages.graphiql()
    media_type = JSON
    try:
        media_type = media_type_for(request.headers.get("accept", ""))
        asked = await read_request(request, delivery.limits.body_bytes)
        return success(await delivery.answer(asked), media_type)
    except RequestFailed as error:
        return failure(error, media_type)
    except Exception:  # noqa: BLE001  # whatever it is, the client gets no traceback
        reference = secrets.token_hex(4)
        _log.exception("request failed, reference %s", reference)
        return failure(_internal(reference), media_type)


def _internal(reference: str) -> RequestFailed:
    """Return the failure that tells a client nothing but where to look."""
    message = f"The server failed; its log says why, under the reference {reference}."
    extensions = {"code": "INTERNAL", "reference": reference}
    return RequestFailed(GraphQLError(message, extensions=extensions), status=500)
