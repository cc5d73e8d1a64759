"""Commands are loaded when they are asked for, under the names that they are listed with."""

from __future__ import annotations

import click
import pytest

from cms.cli.on_demand import CommandsOnDemand
from graphql_api.cli import main


@pytest.mark.parametrize("name", list(main.commands))
def test_a_command_has_the_name_that_it_is_listed_with(name: str) -> None:
    assert main.commands[name].name == name


def test_only_what_is_asked_for_is_loaded() -> None:
    commands = CommandsOnDemand(
        {"keys": "cms.cli.keys:keys", "lost": "cms.cli.no_such_module:lost"}
    )
    assert list(commands) == ["keys", "lost"]
    assert commands["keys"] is commands["keys"]
    with pytest.raises(ModuleNotFoundError):
        commands["lost"]


def test_a_command_can_be_added_and_taken_away() -> None:
    commands = CommandsOnDemand({"keys": "cms.cli.keys:keys"})
    group = click.Group(commands=commands)
    added = click.Command("added")
    group.add_command(added)
    assert group.get_command(click.Context(group), "added") is added
    del commands["added"]
    assert dict(commands) == {"keys": commands["keys"]}
    assert commands.get("added") is None
