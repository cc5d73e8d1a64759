"""The delivery API: queries of public content."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLError, GraphQLSchema
from sqlalchemy import null

from cms.authorization.actor import ANONYMOUS
from cms.reading.view import ContentScope, Preview, View, view_of
from cms.site import Site
from cms.storage.dialects import Reader
from graphql_api.answering import Answering
from graphql_api.http.errors import request_failure
from graphql_api.http.limits import Limits
from graphql_api.http.request import GraphQLRequest
from graphql_api.operation import ReadResult, Responder, fetch
from graphql_api.planner.answers import PREVIEW
from graphql_api.planning import MeasureSite, Planner, PlanningThread, no_size
from graphql_api.timings import Timings


@dataclass(frozen=True)
class Visitor:
    """A client of the delivery API.

    Attributes:
        scopes: the parts of the content whose drafts the client may read.
        preview: the id of the revision that the client sees as if it were public.
        client: the identity for fair turns.
        is_anonymous: whether the client has no credentials, so that its answers can be shared.
    """

    scopes: tuple[ContentScope, ...] = ()
    preview: str | None = None
    client: str = ""
    is_anonymous: bool = True


READER = Visitor()


class Delivery:
    """Answers queries of public content.

    Args:
        site: the site's declaration.
        schema: its delivery schema.
        reader: runs the statements.
        limits: the limits on one request.
        site_size: measures the site, for the estimate of a request's cost.
        thread: the thread that plans new requests.
        answering: answers fields in Python; ``None`` if no operation has any.
    """

    def __init__(
        self,
        site: Site,
        schema: GraphQLSchema,
        reader: Reader,
        limits: Limits | None = None,
        site_size: MeasureSite = no_size,
        thread: PlanningThread | None = None,
        answering: Answering | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.roles = site.roles
        self._planner = Planner(schema, reader.dialect, self.limits, site_size, thread)
        self._responder = Responder(schema, self.limits, self._planner.thread)
        self._view = view_of(site)
        self._reader = reader
        self._answering = answering

    async def answer(
        self, request: GraphQLRequest, visitor: Visitor = READER, timings: Timings | None = None
    ) -> ReadResult:
        """Return the answer to a request.

        Args:
            request: the request.
            visitor: the client.
            timings: records the time of each step.

        Raises:
            RequestFailed: if there is no answer, with the reasons.
        """
        bound = await self._planner.bind(request, visitor.client, timings)
        if not bound.operation.is_query:
            raise request_failure("This endpoint accepts only queries.", "BAD_REQUEST")
        view = self._view_of(visitor)
        ready = await self._planner.plan(bound, view)
        values: dict[str, Any] = {PREVIEW: visitor.preview}
        errors: list[GraphQLError] = []
        if ready.planned.answers and self._answering is not None:
            answered = await self._answering.answer(ready, view, ANONYMOUS, visitor.preview)
            values |= answered.values
            errors = answered.errors
        data = await fetch(self._reader, ready, values)
        return await self._responder.respond(ready, data, errors)

    def _view_of(self, visitor: Visitor) -> View:
        view = replace(self._view, scopes=visitor.scopes) if visitor.scopes else self._view
        return view if visitor.preview is None else replace(view, preview=Preview(null()))
