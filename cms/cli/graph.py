"""The command ``copydesk graph``: the link graph. Its commands are imported when they run."""

from __future__ import annotations

import click

from cms.cli.on_demand import CommandsOnDemand

_COMMANDS = CommandsOnDemand(
    {
        "export": "cms.cli.graph_export:export_",
        "follow": "cms.cli.graph_metrics:follow",
        "refresh": "cms.cli.graph_metrics:refresh",
    }
)


@click.group(commands=_COMMANDS)
def graph() -> None:
    """Compute metrics of the link graph, and export it."""
