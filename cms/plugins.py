"""Plugins: packages and modules that add to a site by hooks."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from pluggy import HookCaller, HookImpl, PluginManager, PluginValidationError

from cms.authorization.actions import (
    FIXED_REACHES,
    OF_THE_OPERATOR,
    ROLE_ACTIONS,
    Action,
    Reach,
    Roles,
    extended_roles,
)
from cms.content.content_type import ContentType
from cms.content.fields.names import camel
from cms.content.keywords import Declaration, suggestion
from cms.errors import CopydeskError, PluginRefused, Refused, SiteError, UserError
from cms.hooks import GROUP, SITE, Gate, Hooks, Importer, PluginReaction

_log = logging.getLogger("copydesk.plugins")

# The names that plugins cannot have: a word of Copydesk, an action's noun, a command of the shell.
RESERVED_NAMES = frozenset(
    {
        *("cms", "copydesk", "graphql_api", SITE),
        *(action.partition(":")[0] for action in Action),
        *("fill", "graph", "import", "keys", "migrate", "purge", "purges", "rebuild", "schema"),
        *("search", "serve", "unpublish", "verify"),
    }
)
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_WORD = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")

N = TypeVar("N", Gate, Importer)


@dataclass(frozen=True)
class Plugin(Declaration):
    """A plugin of a site.

    Attributes:
        name: its name, the prefix of all that it adds.
        hooks: the module or object with the functions that are marked with
            :data:`~cms.hooks.hookimpl`.

    Raises:
        SiteError: if it cannot have this name.
    """

    name: str
    hooks: object

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise SiteError(
                f"a plugin cannot have the name {self.name!r}; use lower_case_with_underscores"
            )
        if self.name in RESERVED_NAMES:
            raise SiteError(f"the plugin name {self.name!r} is reserved; use another name")

    @property
    def type_prefix(self) -> str:
        """The prefix of content types and events: ``HouseStyle`` of ``house_style``."""
        return camel(self.name)

    def owns_type(self, name: str) -> bool:
        """Return whether a class has the plugin's prefix."""
        rest = name.removeprefix(self.type_prefix)
        return name.startswith(self.type_prefix) and not rest[:1].islower()


def installed_plugins() -> list[Plugin]:
    """Return the plugins of all installed packages, by name: the entry points of ``copydesk``.

    Raises:
        SiteError: if one cannot be loaded.
    """
    found = sorted(entry_points(group=GROUP), key=lambda each: each.name)
    return [Plugin(each.name, _load(each)) for each in found]


def _load(entry_point: EntryPoint) -> object:
    try:
        return entry_point.load()
    except Exception as error:
        package = entry_point.dist.name if entry_point.dist is not None else "its package"
        raise SiteError(
            f"the plugin {entry_point.name!r} of {package} cannot be loaded: "
            f"{_description_of(error)}"
        ) from error


def _description_of(error: Exception) -> str:
    message = " ".join(str(error).split())
    return message if isinstance(error, CopydeskError) else f"{type(error).__name__}: {message}"


class Plugins:
    """The plugins of a site, with all that they add.

    Args:
        plugins: the plugins, in the order in which their hooks are called.

    Attributes:
        content_types: the content types.
        gates: the gates.
        actions: the actions.
        roles: the roles of Copydesk and of the plugins, with their actions.
        reactions: the reactions, each with its plugin, in the order in which they are called.
        importers: the importers.

    Raises:
        SiteError: if one has a hook that there is not, fails, or adds something without its
            prefix; or two have one name.
    """

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        if not isinstance(plugins, list | tuple):
            raise SiteError("plugins must be a list, such as [Plugin('house_style', house_style)]")
        self._plugins: dict[str, Plugin] = {}
        self._manager = PluginManager(GROUP)
        self._manager.add_hookspecs(Hooks)
        for each in plugins:
            self._check_name(each)
        for each in reversed(plugins):  # the one that is registered last is called first
            self._register(each)
        self.content_types = self._content_types()
        self.gates = self._named("gates", Gate)
        self.actions = self._actions()
        self.roles = self._roles()
        self.reactions = self._reactions()
        self.importers = self._named("importers", Importer)
        self._check_identities()

    def results_of(self, hook: str, **arguments: object) -> Iterator[tuple[Plugin, object]]:
        """Yield the result of a hook of each plugin that has it, in their order.

        Raises:
            SiteError: if it fails, in the name of the plugin.
        """
        for implementation in self._implementations(hook):
            plugin = self._plugins[implementation.plugin_name]
            given = [arguments[name] for name in implementation.argnames]
            try:
                result = implementation.function(*given)
            except Exception as error:
                raise _wrong(plugin, hook, f"failed: {_description_of(error)}") from error
            yield plugin, result

    def listed(self, hook: str, **arguments: object) -> Iterator[tuple[Plugin, object]]:
        """Yield each of the things that the plugins return for a hook, in their order.

        Raises:
            SiteError: if a plugin returns no list.
        """
        for plugin, result in self.results_of(hook, **arguments):
            if isinstance(result, str) or not isinstance(result, Sequence):
                raise _wrong(plugin, hook, "must return a list")
            yield from ((plugin, each) for each in result)

    def check_event(self, kind: type) -> None:
        """Check that a class of events has the prefix of a plugin.

        Raises:
            TypeError: if it has not.
        """
        if not any(each.owns_type(kind.__name__) for each in self._plugins.values()):
            raise TypeError(
                f"the event {kind.__name__} must begin with the prefix of a plugin of the site, "
                f"such as HouseStyle{kind.__name__} of the plugin 'house_style'"
            )

    def _check_name(self, plugin: object) -> None:
        if not isinstance(plugin, Plugin):
            raise SiteError(
                f"{plugin!r} in plugins is not a Plugin; use Plugin('house_style', house_style)"
            )
        if self._plugins.setdefault(plugin.name, plugin) is not plugin:
            raise SiteError(f"two plugins have the name {plugin.name!r}; remove one of them")

    def _register(self, plugin: Plugin) -> None:
        try:
            self._manager.register(plugin.hooks, plugin.name)
        except ValueError:
            names = sorted(
                each.name for each in self._plugins.values() if each.hooks is plugin.hooks
            )
            raise SiteError(f"the plugins {' and '.join(names)} are one; remove one") from None
        except PluginValidationError as error:
            reason = " ".join(str(error).split())
            raise SiteError(f"the plugin {plugin.name!r} cannot be loaded: {reason}") from None
        known = _hook_names()
        own = self._manager.get_hookcallers(plugin.hooks) or []
        if not own:
            raise SiteError(
                f"the plugin {plugin.name!r} has no hooks; mark its functions with @hookimpl"
            )
        for hook in own:
            if hook.name not in known:
                raise SiteError(
                    f"the plugin {plugin.name!r} has a hook {hook.name!r}, which does not exist; "
                    f"{suggestion(hook.name, known)}"
                )
        for hook in own:
            if any(each.wrapper or each.hookwrapper for each in hook.get_hookimpls()):
                raise _wrong(plugin, hook.name, "must not wrap those of other plugins")

    def _implementations(self, hook: str) -> list[HookImpl]:
        """Return the functions of a hook in the order in which they are called."""
        caller: HookCaller = getattr(self._manager.hook, hook)
        return caller.get_hookimpls()[::-1]

    def _content_types(self) -> tuple[type[ContentType], ...]:
        content_types = []
        for plugin, each in self.listed("content_types"):
            if not isinstance(each, type) or not issubclass(each, ContentType):
                raise _wrong(plugin, "content_types", "must return a list of content types")
            if not plugin.owns_type(each.__name__):
                raise _wrong(
                    plugin,
                    "content_types",
                    f"must return types whose names begin with {plugin.type_prefix}, "
                    f"not {each.__name__}",
                )
            content_types.append(each)
        return tuple(content_types)

    def _named(self, hook: str, kind: type[N]) -> tuple[N, ...]:
        """Return what a hook gives that has a name with the prefix of its plugin."""
        found: dict[str, N] = {}
        for plugin, each in self.listed(hook):
            if not isinstance(each, kind):
                raise _wrong(plugin, hook, f"must return a list of {kind.__name__}")
            name = checked_word(plugin.name, f"{_title(plugin, hook)} must return", each.name)
            if found.setdefault(name, each) is not each:
                raise _wrong(plugin, hook, f"must not return {name!r} twice")
        return tuple(found.values())

    def _reactions(self) -> tuple[tuple[Plugin, PluginReaction], ...]:
        found: list[tuple[Plugin, PluginReaction]] = []
        for plugin, each in self.listed("reactions"):
            if not callable(each):
                raise _wrong(plugin, "reactions", "must return a list of functions")
            found.append((plugin, each))
        return tuple(found)

    def _actions(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for plugin, each in self.listed("actions"):
            name = checked_word(plugin.name, f"{_title(plugin, 'actions')} must return", each)
            found[name] = None
        return tuple(found)

    def _roles(self) -> Roles:
        added: list[Roles] = []
        for plugin, rights in self.results_of("roles"):
            if not isinstance(rights, Mapping):
                raise _wrong(plugin, "roles", "must return a mapping from roles to their actions")
            for role, reaches in rights.items():
                self._check_role(plugin, role, reaches)
            added.append(rights)
        return extended_roles(self.actions, added)

    def _check_role(self, plugin: Plugin, role: object, reaches: object) -> None:
        if role not in ROLE_ACTIONS:
            checked_word(plugin.name, f"{_title(plugin, 'roles')} must return", role)
        if not isinstance(reaches, Mapping):
            raise _wrong(plugin, "roles", f"must give {role!r} a mapping from actions to Reach")
        for action, reach in reaches.items():
            owned = isinstance(action, str) and action.startswith(f"{plugin.name}:")
            if action not in self.actions and action not in set(Action):
                raise _wrong(
                    plugin, "roles", f"gives {role!r} the unknown action {action!r}; see actions"
                )
            if action in OF_THE_OPERATOR:
                raise _wrong(plugin, "roles", f"gives {role!r} {action}, which is no account's")
            if role in ROLE_ACTIONS and not owned:
                raise _wrong(
                    plugin,
                    "roles",
                    f"gives {role!r} {action}, and can give it only its own actions",
                )
            fixed = FIXED_REACHES.get(action, reach)
            if not isinstance(reach, Reach) or reach is not fixed:
                expected = fixed if isinstance(fixed, Reach) else Reach.ANY
                raise _wrong(
                    plugin, "roles", f"gives {role!r} {action} with another reach than {expected!r}"
                )

    def _check_identities(self) -> None:
        names = [each.plugin_name for each in self._implementations("identity")]
        if len(names) > 1:
            raise SiteError(
                f"the plugins {' and '.join(names)} both identify actors; remove one of them"
            )


def refusals_by(plugin: str, error: Exception) -> list[UserError]:
    """Return the reasons why a plugin refuses a command, given what it has raised.

    An error that is not a refusal is logged; its text is not shown, since it can be anything.
    """
    if isinstance(error, Refused):
        return [
            each if isinstance(each, PluginRefused) else _refusal_by(plugin, each)
            for each in error.errors
        ]
    _log.error("the plugin %s failed", plugin, exc_info=error)
    message = (
        f"the plugin {plugin!r} failed with {type(error).__name__}, so nothing was changed; "
        "the log of the server has the details"
    )
    return [PluginRefused(plugin=plugin, message=message)]


def _refusal_by(plugin: str, error: UserError) -> PluginRefused:
    message = f"the plugin {plugin!r} refuses this: {error.message}"
    return PluginRefused(plugin=plugin, message=message, path=error.path)


def checked_word(prefix: str, place: str, name: object) -> str:
    """Return a public name, which has the form ``prefix:word``.

    Args:
        prefix: the prefix of its owner.
        place: the beginning of the message of an error.
        name: the name.

    Raises:
        SiteError: if it does not have this form.
    """
    if isinstance(name, str):
        start, _, word = name.partition(":")
        if start == prefix and _WORD.fullmatch(word):
            return name
    raise SiteError(f"{place} names such as {prefix + ':name'!r}, not {name!r}")


def _hook_names() -> list[str]:
    return [name for name, each in vars(Hooks).items() if hasattr(each, f"{GROUP}_spec")]


def _title(plugin: Plugin, hook: str) -> str:
    return f"the hook {hook} of the plugin {plugin.name!r}"


def _wrong(plugin: Plugin, hook: str, fault: str) -> SiteError:
    return SiteError(f"{_title(plugin, hook)} {fault}")
