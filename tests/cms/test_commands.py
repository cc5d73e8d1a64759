"""One list has every command, and the questions beside them."""

from __future__ import annotations

import inspect

from cms import commands
from tests.rooms import action_of, modules_of_the_engine


def test_every_command_is_listed() -> None:
    made = {
        name: function
        for module in modules_of_the_engine()
        for name, function in vars(module).items()
        if action_of(function) is not None and not name.startswith("_")
    }
    assert made.keys() <= set(commands.__all__)
    assert all(getattr(commands, name) is function for name, function in made.items())


def test_what_is_listed_can_be_awaited_and_says_what_it_does() -> None:
    for name in commands.__all__:
        function = getattr(commands, name)
        assert inspect.iscoroutinefunction(function), name
        assert inspect.getdoc(function), name
