"""Messages of https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

import orjson

from cms.errors import CopydeskError
from graphql_api.http.errors import RequestFailed
from graphql_api.http.live import errors_of
from graphql_api.http.request import GraphQLRequest, parse_json, request_of

ACKNOWLEDGED = b'{"type":"connection_ack"}'
PING = b'{"type":"ping"}'
PONG = b'{"type":"pong"}'


class CloseCode(IntEnum):
    """The codes with which a socket is closed.

    They are those of the protocol and of its reference implementation, except ``TOO_LARGE`` and
    ``TRY_AGAIN_LATER`` from WebSocket, and ``TOO_SLOW`` of Copydesk.
    """

    TOO_LARGE = 1009
    TRY_AGAIN_LATER = 1013
    TOO_SLOW = 4008
    MALFORMED = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    SECOND_INIT = 4429
    INTERNAL = 4500


class Closed(CopydeskError):
    """The end of a socket.

    Attributes:
        code: the reason for programs.
        reason: the reason for people.
    """

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class ConnectionInit:
    """The client's authentication, in the form of an ``Authorization`` header."""

    authorization: str | None


@dataclass(frozen=True)
class Subscribe:
    """A request of the client, with the id of its answers."""

    id: str
    request: GraphQLRequest


@dataclass(frozen=True)
class Complete:
    """The end of an operation by the client."""

    id: str


@dataclass(frozen=True)
class Ping:
    """A check by the client that the server is alive."""


@dataclass(frozen=True)
class Pong:
    """The client's answer to a ping."""


Message: TypeAlias = ConnectionInit | Subscribe | Complete | Ping | Pong


def read_message(text: str | None, most: int) -> Message:
    """Return the message in a frame; a frame without text is ``None``.

    Raises:
        Closed: if it is no message, or has more than ``most`` bytes.
    """
    if text is None:
        raise _malformed_message("Messages must be text, not binary.")
    frame = text.encode()
    if len(frame) > most:
        raise Closed(CloseCode.TOO_LARGE, f"The message has more than {most:,} bytes.")
    message = _parse(frame)
    if not isinstance(message, dict):
        raise _malformed_message("A message must be a JSON object.")
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        raise _malformed_message(f"type must be one of {', '.join(_READERS)}.")
    return _READERS[kind](message)


def next_of(id_: str, response: bytes) -> bytes:
    """Return the message with a response."""
    return b'{"id":' + orjson.dumps(id_) + b',"type":"next","payload":' + response + b"}"


def error_of(id_: str, failure: RequestFailed) -> bytes:
    """Return the message with the errors of an operation without a response."""
    errors = errors_of(failure)
    return b'{"id":' + orjson.dumps(id_) + b',"type":"error","payload":' + errors + b"}"


def complete_of(id_: str) -> bytes:
    """Return the message that ends an operation."""
    return b'{"id":' + orjson.dumps(id_) + b',"type":"complete"}'


# A message as JSON.
JsonMessage: TypeAlias = Mapping[str, Any]


def _connection_init(message: JsonMessage) -> Message:
    authorization = _payload(message).get("authorization")
    if not isinstance(authorization, str | None):
        raise _malformed_message("authorization must be a string.")
    return ConnectionInit(authorization)


def _subscribe(message: JsonMessage) -> Message:
    id_ = _id(message)
    try:
        return Subscribe(id_, request_of(_payload(message)))
    except RequestFailed as error:
        raise _malformed_message(str(error)) from None


def _complete(message: JsonMessage) -> Message:
    return Complete(_id(message))


def _ping(message: JsonMessage) -> Message:
    _payload(message)
    return Ping()


def _pong(message: JsonMessage) -> Message:
    _payload(message)
    return Pong()


_READERS: Mapping[str, Callable[[JsonMessage], Message]] = {
    "connection_init": _connection_init,
    "subscribe": _subscribe,
    "complete": _complete,
    "ping": _ping,
    "pong": _pong,
}


def _parse(frame: bytes) -> Any:
    try:
        return parse_json(frame)
    except ValueError as error:
        raise _malformed_message(f"The message is not valid JSON: {error}.") from None


def _id(message: JsonMessage) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not id_:
        raise _malformed_message("id must be a string that is not empty.")
    return id_


def _payload(message: JsonMessage) -> JsonMessage:
    payload = message.get("payload")
    if not isinstance(payload, dict | None):
        raise _malformed_message("payload must be an object.")
    return payload or {}


def _malformed_message(reason: str) -> Closed:
    return Closed(CloseCode.MALFORMED, reason)
