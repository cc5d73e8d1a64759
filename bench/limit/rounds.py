"""Rounds in which all servers take turns, so that noise affects them alike; their medians."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from bench.limit.servers import Load, Server

CONNECTIONS = (1, 16)


def medians(
    servers: Sequence[Server], rounds: int, load: Callable[[Server, int], Load]
) -> Mapping[str, Load]:
    """Return the medians of each server.

    Args:
        servers: the servers.
        rounds: the number of rounds that count, after one that does not.
        load: puts a load on a server, given the number of the round.
    """
    measured: dict[str, list[Load]] = {server.name: [] for server in servers}
    for number in range(rounds + 1):
        for step in range(len(servers)):
            server = servers[(number + step) % len(servers)]
            result = load(server, number)
            if number:  # the first round warms up
                measured[server.name].append(result)
    return {
        name: Load(
            statistics.median(each.rate for each in loads),
            statistics.median(each.cpu for each in loads),
        )
        for name, loads in measured.items()
    }
