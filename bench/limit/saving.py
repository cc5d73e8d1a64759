"""Saves of two versions of the product, side by side, on content that each wrote over its API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import click

from bench.limit.content import LINKS_EACH, Content
from bench.limit.rounds import CONNECTIONS, medians
from bench.limit.servers import (
    Load,
    Program,
    Server,
    measure,
    product_program,
    run_command,
    serving,
)
from bench.limit.stores import Store

# A site that versions have had for long.
_SITE = "bench.site:site"
_MANAGEMENT = "/manage/graphql"
_EMAIL, _PASSWORD = "author@example.org", "of a site that is gone soon"  # as it says

_SIGN_IN = """
mutation SignIn($email: String!, $password: String!) {
  signIn(input: {email: $email, password: $password}) { errors { message } accessToken }
}
"""
_ISSUE = """
mutation Issue {
  issueToken(input: {name: "The limit", validForDays: 1}) { errors { message } secret }
}
"""
_CREATE = """
mutation Create($values: TermValues!) {
  createTerm(input: {values: $values}) { errors { message } entry { id } revision { id } }
}
"""
_SAVE = """
mutation Save($entry: ID!, $base: ID!, $values: TermValues!) {
  updateTerm(input: {entryId: $entry, baseRevision: $base, values: $values}) {
    errors { message } revision { number } entry { title summary }
  }
}
"""


@dataclass
class _Desk:
    """A server with its content.

    Attributes:
        server: the server.
        token: the token of an account that may save.
        bodies: the bodies of requests to save, each of which works once.
    """

    server: Server
    token: str = ""
    bodies: list[bytes] = field(default_factory=list)

    def ask(self, query: str, variables: Mapping[str, Any]) -> Any:
        """Return the payload of a mutation.

        Raises:
            SystemExit: if it has errors.
        """
        answer = self.server.ask(_body(query, variables), _MANAGEMENT, self.token)
        (payload,) = (answer.get("data") or {"": {}}).values()
        if answer.get("errors") or payload["errors"]:
            raise SystemExit(f"{self.server.name}: {json.dumps(answer)}")
        return payload

    def fill(self, content: Content, entries: int) -> None:
        """Create entries, each with links to others."""
        variables = {"email": _EMAIL, "password": _PASSWORD}
        self.token = self.ask(_SIGN_IN, variables)["accessToken"]
        self.token = self.ask(_ISSUE, {})["secret"]
        made: list[str] = []
        for item in islice(content.items(), entries):
            links = [{"href": each, "label": "An entry"} for each in made[-LINKS_EACH:]]
            values = {
                "title": item.title,
                "slug": item.slug,
                "summary": item.summary,
                "body": item.body,
                "related": links[:4],
                "further": links[4:],
            }
            payload = self.ask(_CREATE, {"values": values})
            made.append(payload["entry"]["id"])
            saved = {"title": f"{item.title} v2", "summary": f"{item.summary[:190]} rev 2"}
            base = payload["revision"]["id"]
            self.bodies.append(_body(_SAVE, {"entry": made[-1], "base": base, "values": saved}))


def compare_saves(store: Store, content: Content, before: Path, rounds: int, saves: int) -> None:
    """Measure and print saves of this version and of another.

    Args:
        store: the kind of database.
        content: content, of which as much is written as is saved.
        before: the checkout of the other version.
        rounds: the number of rounds that count.
        saves: the number of saves in a round.
    """
    programs = [_program(store, "now"), _program(store, "before", checkout=before)]
    with serving(programs, store.database_pid) as servers:
        desks = {server.name: _Desk(server) for server in servers}
        for desk in desks.values():
            desk.fill(content, saves * (rounds + 1) * len(CONNECTIONS))
        click.echo(
            f"\n{'saves':10} {'conn.':>5} {'before':>10} {'now':>10} {'times':>7} {'CPU':>7}"
        )
        for connections in CONNECTIONS:

            def load(server: Server, _: int, connections: int = connections) -> Load:
                desk = desks[server.name]
                chosen, desk.bodies = desk.bodies[:saves], desk.bodies[saves:]
                options = ("--path", _MANAGEMENT, "--token", desk.token, "--once")
                return measure(server, chosen, connections, *options)

            found = medians(servers, rounds, load)
            old, new = found["before"], found["now"]
            click.echo(
                f"{'':10} {connections:5} {old.rate:10.1f} {new.rate:10.1f} "
                f"{new.rate / old.rate:7.2f} {old.cpu / new.cpu:7.2f}"
            )


def _program(store: Store, name: str, **more: Any) -> Program:
    """Return a version of the product, with an empty database."""
    database = f"desk_{name}"
    store.empty(database)
    key = store.key.with_name(f"{database}.key")
    key.unlink(missing_ok=True)
    program = product_program(name, _SITE, store.url(database), key, **more)
    run_command(program, "migrate")
    options = ("--name", "Author", "--role", "administrator")
    run_command(program, "account", "create", _EMAIL, *options, text=f"{_PASSWORD}\n")
    return program


def _body(query: str, variables: Mapping[str, Any]) -> bytes:
    return json.dumps({"query": query, "variables": variables}).encode()
