"""Exports of the link graph over HTTP: ``/graph/export``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cms.authorization.actor import ANONYMOUS
from cms.errors import TooManyWaiting
from cms.reading.positions import newest_position, position_token
from cms.reading.view import Perspective, Preview, View, view_of
from cms.site import Site
from cms.storage.dialects import Turns
from cms.work.work import Desk, Reading
from graphql_api.delivery import Visitor
from graphql_api.http.errors import failure_of, request_failure, too_many_waiting
from graphql_api.http.request import HttpRequest
from graphql_api.http.response import retry_header
from graphql_api.http.security_headers import NEVER_KEPT
from graphql_api.http.shutdown import Shutdown
from graphql_api.http.streamed import StreamedResponse
from graphql_api.on_demand import OnDemand
