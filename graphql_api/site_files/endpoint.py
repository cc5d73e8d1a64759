"""The routes and responses of the files. What writes one is imported for its first request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cms.site import Site
from graphql_api.delivery import Delivery
from graphql_api.http.conditional import has_tag
from graphql_api.http.errors import failure_of
from graphql_api.http.response import ATOM, retry_header
from graphql_api.schema.delivery.routes import LARGEST_SITEMAP
from graphql_api.site_files.addresses import Addresses, NoSuchFile, addresses_of

Make: TypeAlias = Callable[[Request], Awaitable[bytes]]

# The media type of each form of a feed, by its suffix.
_FORMS: Mapping[str, str] = {
    ".atom": f"{ATOM}; charset=utf-8",
    ".json": "application/feed+json",
}
_XML = "application/xml"


@dataclass(frozen=True)
class SiteFiles:
    """The sitemap and the feeds of a site.

    Attributes:
        site: the site's declaration.
        delivery: the delivery API of the site.
        sitemap_size: the largest number of pages in a part of the sitemap.
    """

    site: Site
    delivery: Delivery
    sitemap_size: int = LARGEST_SITEMAP

    def routes(self) -> list[Route]:
        """Return the routes of all files."""
        return [
            Route("/sitemap.xml", _serve(self._sitemap, _XML)),
            Route("/sitemap-{number:int}.xml", _serve(self._part, _XML)),
            *(
                Route(f"/feeds/{{name}}{suffix}", _serve(self._feed(suffix), media_type))
                for suffix, media_type in _FORMS.items()
            ),
        ]

    async def _sitemap(self, request: Request) -> bytes:
        from graphql_api.site_files.sitemap import sitemap  # noqa: PLC0415

        return await sitemap(self.delivery, self._addresses(request), self.sitemap_size)

    async def _part(self, request: Request) -> bytes:
        from graphql_api.site_files.sitemap import part_of_sitemap  # noqa: PLC0415

        number = request.path_params["number"]
        addresses = self._addresses(request)
        return await part_of_sitemap(self.delivery, addresses, number, self.sitemap_size)

    def _feed(self, suffix: str) -> Make:
        async def feed(request: Request) -> bytes:
            from graphql_api.site_files.atom import atom  # noqa: PLC0415
            from graphql_api.site_files.feed import FeedSelection, read_feed  # noqa: PLC0415
            from graphql_api.site_files.json_feed import json_feed  # noqa: PLC0415

            write = atom if suffix == ".atom" else json_feed
            given = request.query_params
            selection = FeedSelection(
                request.path_params["name"], given.get("category", ""), given.get("locale", "")
            )
            addresses = self._addresses(request)
            return write(await read_feed(self.delivery, addresses, selection, suffix))

        return feed

    def _addresses(self, request: Request) -> Addresses:
        return addresses_of(self.site, request.scope.get("root_path", ""))


def _serve(make: Make, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a file."""

    async def serve(request: Request) -> Response:
        try:
            return _file_response(request, await make(request), media_type)
        except NoSuchFile as error:
            return PlainTextResponse(f"{error}\n", 404)
        except Exception as error:  # noqa: BLE001  # whatever it is, the client gets no traceback
            failure = failure_of(error)
            return PlainTextResponse(f"{failure}\n", failure.status or 500, retry_header(failure))

    return serve


def _file_response(request: Request, body: bytes, media_type: str) -> Response:
    """Return the response with a file, or 304 if the client has the same one."""
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag}
    if has_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
