"""Measures the distance to the limit: ``python -m bench.limit``. See README.md in ``bench``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from bench.limit.content import ENTRIES
from bench.limit.product import TOKEN
from bench.limit.queries import Question
from bench.limit.rounds import CONNECTIONS, medians
from bench.limit.saving import compare_saves
from bench.limit.servers import (
    Load,
    Server,
    app_program,
    measure,
    pin_load,
    product_program,
    serving,
)
from bench.limit.stores import Library, Postgresql, Sqlite, Store

_STORES: Mapping[str, type[Store]] = {"sqlite": Sqlite, "postgresql": Postgresql}
_SITE = "bench.limit.declaration:site"
# Requests of each query whose answers are compared.
_COMPARED = 20


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        seconds: how long each measurement is.
        rounds: how often each is repeated.
        saves: the number of the product's saves in a round.
    """

    seconds: float
    rounds: int
    saves: int


@click.command()
@click.option("--entries", default=ENTRIES, show_default=True, help="How much content.")
@click.option("--seconds", default=2.0, show_default=True, help="How long each measurement is.")
@click.option("--rounds", default=5, show_default=True, help="How often each is repeated.")
@click.option("--saves", default=150, show_default=True, help="Saves of the product in a round.")
@click.option("--database", type=click.Choice([*_STORES]), multiple=True)
@click.option("--query", multiple=True, help="Only this query; can be repeated.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where databases are kept.")
@click.option(
    "--before",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Checkout of an older version, whose saves are measured beside those of this one.",
)
def main(  # one for each option
    entries: int,
    seconds: float,
    rounds: int,
    saves: int,
    database: tuple[str, ...],
    query: tuple[str, ...],
    folder: Path | None,
    before: Path | None,
) -> None:
    """Measure the product and an ordinary app against the limit, on both databases."""
    pin_load()
    effort = Effort(seconds, rounds, saves)
    with _kept(folder) as kept:
        library = Library(kept, entries)
        asked = [each for each in library.questions() if not query or each.name in query]
        for kind in database or _STORES:
            store = _STORES[kind](library)
            click.echo(f"\n{kind}, {entries:,} entries")
            _measure(store, asked, effort)
            if before is not None:
                compare_saves(store, library.content, before.resolve(), rounds, saves)


@contextmanager
def _kept(folder: Path | None) -> Iterator[Path]:
    """Give the folder, or one that is deleted at the end."""
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="copydesk-limit-") as temporary:
        yield Path(temporary)


def _measure(store: Store, asked: Sequence[Question], effort: Effort) -> None:
    """Print the rates of all servers, and their memory after that."""
    lean, url = store.prepare()
    programs = [
        app_program("limit", "bench.limit.raw", lean),
        product_program("product", _SITE, url, store.key),
        app_program("ordinary", "bench.limit.ordinary", lean),
    ]
    with serving(programs, store.database_pid) as servers:
        for question in asked:
            _check_same_answers(servers, question)
        click.echo(
            "Answers a second; as a share of the limit's, by time and by CPU time of the server "
            "and the database"
        )
        titles = " ".join(f"{server.name:>10} {'time':>7} {'CPU':>7}" for server in servers[1:])
        click.echo(f"{'query':10} {'conn.':>5} {servers[0].name:>10} {titles}")
        for question in asked:
            _print_rates(servers, question, effort)
        for server in servers:
            click.echo(f"{server.name}: {server.memory():.0f} MiB")


def _check_same_answers(servers: Sequence[Server], question: Question) -> None:
    """Nothing is measured that is not the same; except the numbers of revisions."""
    token = TOKEN if question.is_save else ""
    for body in question.bodies[-_COMPARED:]:
        answers = [server.ask(body, question.path, token) for server in servers]
        if question.is_save:
            for answer in answers:
                answer["data"]["updateGlossaryTerm"]["revision"] = None
        for server, answer in zip(servers, answers, strict=True):
            if answer != answers[0] or "errors" in answer:
                raise SystemExit(f"{server.name} differs on {body!r}: {answer} {answers[0]}")


def _print_rates(servers: Sequence[Server], question: Question, effort: Effort) -> None:
    """Print a line for each number of connections; the first server is the limit."""
    for connections, bodies in zip(CONNECTIONS, _shares(question, effort), strict=True):
        found = medians(servers, effort.rounds, _loader(question, effort, connections, bodies))
        limit, *others = found.values()
        columns = " ".join(
            f"{each.rate:10.1f} {each.rate / limit.rate:7.1%} {limit.cpu / each.cpu:7.1%}"
            for each in others
        )
        click.echo(f"{question.name:10} {connections:5} {limit.rate:10.1f} {columns}")


def _shares(question: Question, effort: Effort) -> Iterator[Sequence[bytes]]:
    """Yield the bodies for each number of connections."""
    if not question.is_save:
        yield from (question.bodies for _ in CONNECTIONS)
        return
    size = (effort.rounds + 1) * effort.saves
    if len(question.bodies) < size * len(CONNECTIONS) + _COMPARED:
        raise SystemExit("too few entries for so many saves; use fewer --saves or --rounds")
    for place in range(len(CONNECTIONS)):
        yield question.bodies[place * size : (place + 1) * size]


def _loader(
    question: Question, effort: Effort, connections: int, bodies: Sequence[bytes]
) -> Callable[[Server, int], Load]:
    """Return the function that puts the load of a round on a server."""
    timed = ("--path", question.path, "--seconds", str(effort.seconds))

    def load(server: Server, number: int) -> Load:
        if not question.is_save:
            return measure(server, bodies, connections, *timed)
        chosen = bodies[number * effort.saves : (number + 1) * effort.saves]
        # The product refuses a second save from the same revision.
        lasting = ("--once",) if server.name == "product" else ()
        return measure(server, chosen, connections, *timed, "--token", TOKEN, *lasting)

    return load


if __name__ == "__main__":
    main()
