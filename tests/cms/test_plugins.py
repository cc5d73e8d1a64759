"""A site knows what its plugins add when it is built, and a mistake in one is a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any

import pytest

from cms import plugins as loading
from cms.authorization.actions import ROLE_ACTIONS, Action, Reach
from cms.content.content_type import ContentType
from cms.content.fields import Links, Text
from cms.content.policy import SignOffPolicy, Stage
from cms.errors import SiteError
from cms.hooks import Candidate, Gate, Hooks, Importer, hookimpl
from cms.plugins import Plugin, installed_plugins
from cms.site import Site
from graphql_api.cli import main


class Page(ContentType, path="/{slug}"):
    """A page."""

    recalls = Links("Recalls", to=("RecallNotice",))


class RecallNotice(ContentType, path="/recalls/{slug}"):
    """A notice."""

    product = Text()


class Recall(ContentType):
    """The plugin's own name is a name of its own."""


class Recalled(ContentType):
    """Has not the prefix, though it begins with the same letters."""


class Plain(ContentType):
    """Has no prefix."""


def passes(_: Candidate) -> Iterator[Any]:
    """It is right."""
    yield from ()


def passes_too(_: Candidate) -> Iterator[Any]:
    """It is right again."""
    yield from ()


async def reads(_: Any, __: Any) -> Sequence[str]:
    """Import nothing."""
    return ()


def module(**hooks: object) -> SimpleNamespace:
    """Return a plugin's module with hooks that return these values, or raise them."""
    return SimpleNamespace(**{name: hookimpl(giving(value)) for name, value in hooks.items()})


def giving(value: object) -> Callable[[], object]:
    def hook() -> object:
        if isinstance(value, Exception):
            raise value
        return value

    return hook


def site(*plugins: Plugin, **more: Any) -> Site:
    return Site("Kitchen", content_types=[Plain], plugins=plugins, **more)


def recall(**hooks: object) -> Site:
    """Return a site with the plugin ``recall``, which has these hooks."""
    return site(Plugin("recall", module(**hooks)))


def test_a_site_knows_what_its_plugins_add() -> None:
    hooks = {
        "content_types": [RecallNotice, Recall],
        "gates": [Gate("recall:summary", passes)],
        "actions": ["recall:write"],
        "roles": {"recall:officer": {"recall:write": Reach.OWN}},
        "importers": [Importer("recall:csv", reads)],
        "reactions": [reads],
    }
    house = module(gates=[Gate("house:style", passes)], actions=["house:rule"])
    made = Site(
        "Kitchen",
        content_types=[Page],
        gates=[Gate("site:own", passes)],
        plugins=[Plugin("recall", module(**hooks)), Plugin("house", house)],
    )
    assert list(made.content_types) == ["Page", "RecallNotice", "Recall", "Category", "Person"]
    assert [each.name for each in made.gates] == ["site:own", "recall:summary", "house:style"]
    assert made.actions == (*Action, "recall:write", "house:rule")
    assert made.roles.keys() - ROLE_ACTIONS.keys() == {"recall:officer"}
    assert made.roles["recall:officer"]["recall:write"] is Reach.OWN
    assert made.roles["administrator"]["house:rule"] is Reach.ANY
    assert [each.name for each in made.plugins.importers] == ["recall:csv"]
    assert [plugin.name for plugin, _ in made.plugins.reactions] == ["recall"]


def test_a_role_of_a_plugin_signs_off_at_a_stage_of_a_site() -> None:
    class Law(ContentType, policy=SignOffPolicy(stages=(Stage("legal", role="legal:counsel"),))):
        """A page that a lawyer signs off."""

    counsel = {"legal:counsel": {Action.REVIEW_SIGN_OFF: Reach.OTHERS}}
    Site("Law", content_types=[Law], plugins=[Plugin("legal", module(roles=counsel))])
    with pytest.raises(SiteError, match=r"'legal:counsel', which cannot sign off; .* reviewer"):
        Site("Law", content_types=[Law])


def test_hooks_are_called_in_the_order_of_the_plugins() -> None:
    order: list[str] = []

    def noting(name: str) -> SimpleNamespace:
        @hookimpl
        def gates() -> Sequence[Gate]:
            order.append(name)
            return [Gate(f"{name}:gate", passes)]

        return SimpleNamespace(gates=gates)

    @hookimpl(tryfirst=True)
    def gates() -> Sequence[Gate]:
        order.append("first")
        return ()

    listed = [Plugin(name, noting(name)) for name in ("a", "b", "c")]
    made = site(*listed, Plugin("first", SimpleNamespace(gates=gates)))
    assert order == ["first", "a", "b", "c"]
    assert [each.name for each in made.gates] == ["a:gate", "b:gate", "c:gate"]


def hook_with_another_argument() -> SimpleNamespace:
    @hookimpl
    def gates(candidate: object) -> object:
        return candidate

    return SimpleNamespace(gates=gates)


def wrapper() -> SimpleNamespace:
    @hookimpl(wrapper=True)
    def gates() -> Iterator[None]:
        return (yield)

    return SimpleNamespace(gates=gates)


GATE, ACTION = Gate("recall:summary", passes), Action.ENTRY_SAVE
WRITE = {"actions": ["recall:write"]}
MISTAKES: Mapping[str, tuple[SimpleNamespace, str]] = {
    "no hook": (SimpleNamespace(gates=giving([])), "the plugin 'recall' has no hooks; .*@hookimpl"),
    "a misspelt hook": (
        module(gate=[], actions=[]),
        "the plugin 'recall' has a hook 'gate', which does not exist; did you mean 'gates'",
    ),
    "an unknown hook": (module(xyz=[]), "a hook 'xyz', .* use one of content_types, gates, "),
    "an unknown argument": (
        hook_with_another_argument(),
        "the plugin 'recall' cannot be loaded: .*gates.*candidate",
    ),
    "a wrapper": (wrapper(), "the hook gates of the plugin 'recall' must not wrap"),
    "a hook that fails": (
        module(gates=ZeroDivisionError("no\nway")),
        "the hook gates of the plugin 'recall' failed: ZeroDivisionError: no way$",
    ),
    "no list": (module(gates="recall:x"), "gates of the plugin 'recall' must return a list"),
    "no gate": (module(gates=[passes]), "the plugin 'recall' must return a list of Gate"),
    "a gate without prefix": (
        module(gates=[Gate("summary", passes)]),
        "must return names such as 'recall:name', not 'summary'",
    ),
    "another's gate": (module(gates=[Gate("site:x", passes)]), "not 'site:x'"),
    "a gate twice": (
        module(gates=[GATE, Gate(GATE.name, passes_too)]),
        "gates of the plugin 'recall' must not return 'recall:summary' twice",
    ),
    "a gate of many words": (module(gates=[Gate("recall:a b", passes)]), "not 'recall:a b'"),
    "no content type": (module(content_types=[Plugin]), "must return a list of content types"),
    "a type without prefix": (
        module(content_types=[Page]),
        "must return types whose names begin with Recall, not Page",
    ),
    "a type with half a prefix": (module(content_types=[Recalled]), "Recall, not Recalled"),
    "a type twice": (module(content_types=[Recall, Recall]), "Recall is repeated"),
    "no reaction": (module(reactions=["no"]), "must return a list of functions"),
    "no importer": (module(importers=[reads]), "must return a list of Importer"),
    "an action without prefix": (module(actions=["write"]), "'recall:name', not 'write'"),
    "an action of Copydesk": (module(actions=["entry:save"]), "'recall:name', not 'entry:save'"),
    "a role without prefix": (module(roles={"officer": {}}), "'recall:name', not 'officer'"),
    "a role without actions": (module(roles={"recall:officer": []}), "a mapping from actions"),
    "no roles": (module(roles=["recall:officer"]), "must return a mapping from roles"),
    "an unknown action": (
        module(roles={"recall:officer": {"recall:write": Reach.ANY}}),
        "gives 'recall:officer' the unknown action 'recall:write'",
    ),
    "more rights for authors": (
        module(roles={"author": {Action.ENTRY_PUBLISH: Reach.ANY}}),
        "gives 'author' entry:publish, and can give it only its own actions",
    ),
    "no four eyes": (
        module(roles={"recall:officer": {Action.REVIEW_SIGN_OFF: Reach.ANY}}),
        "gives 'recall:officer' review:sign-off with another reach than ",
    ),
    "sessions of others": (
        module(roles={"recall:officer": {Action.TOKEN_ISSUE: Reach.ANY}}),
        "token:issue with another reach than ",
    ),
    "an act of the operator": (
        module(roles={"recall:officer": {Action.ENTRY_PUBLISH_IMPORTED: Reach.ANY}}),
        "gives 'recall:officer' entry:publish-imported, which is no account's",
    ),
    "no reach": (module(**WRITE, roles={"recall:officer": {"recall:write": True}}), "reach than "),
}


@pytest.mark.parametrize(("hooks", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_plugin_is_a_sentence(hooks: SimpleNamespace, sentence: str) -> None:
    with pytest.raises(SiteError, match=sentence) as raised:
        site(Plugin("recall", hooks))
    assert "\n" not in str(raised.value)


ONE = module(gates=[])


def test_a_role_of_copydesk_can_have_the_actions_of_a_plugin() -> None:
    made = recall(**WRITE, roles={"author": {"recall:write": Reach.OWN}})
    assert made.roles["author"] == {**ROLE_ACTIONS["author"], "recall:write": Reach.OWN}


@pytest.mark.parametrize(
    ("plugins", "sentence"),
    [
        ("recall", "plugins must be a list"),
        ([module(gates=[])], "in plugins is not a Plugin; use Plugin"),
        (
            [Plugin("recall", module(gates=[])), Plugin("recall", module(actions=[]))],
            "two plugins have the name 'recall'; remove one of them",
        ),
        ([Plugin(name, ONE) for name in ("a", "b")], "the plugins a and b are one; remove one"),
        (
            [Plugin(name, module(identity=reads)) for name in ("a", "b")],
            "the plugins a and b both identify actors; remove one of them",
        ),
    ],
    ids=["no list", "no plugin", "one name", "one module", "two identities"],
)
def test_plugins_contradict_each_other_in_a_sentence(plugins: Any, sentence: str) -> None:
    with pytest.raises(SiteError, match=sentence):
        Site("Kitchen", content_types=[Plain], plugins=plugins)


@pytest.mark.parametrize("name", ["Recall", "house-style", "", "a b", "1st", None])
def test_a_plugin_has_a_name_that_can_be_a_prefix(name: Any) -> None:
    with pytest.raises(SiteError, match="use lower_case_with_underscores"):
        Plugin(name, module(gates=[]))


def test_a_plugin_has_no_name_of_copydesk() -> None:
    assert set(main.commands) <= loading.RESERVED_NAMES
    for name in ("site", "entry", *main.commands):
        with pytest.raises(SiteError, match=f"the plugin name '{name}' is reserved"):
            Plugin(name, module(gates=[]))


@pytest.mark.parametrize(
    ("gates", "sentence"),
    [
        ([passes], "is not a Gate; use Gate"),
        ([Gate("summary", passes)], "gates must have names such as 'site:name', not 'summary'"),
        ([Gate("site:a", passes), Gate("site:a", passes_too)], "two gates have the name 'site:a'"),
    ],
)
def test_the_gates_of_a_site_have_names(gates: Any, sentence: str) -> None:
    with pytest.raises(SiteError, match=sentence):
        site(gates=gates)


def test_every_hook_is_described_in_a_sentence() -> None:
    names = loading._hook_names()
    assert len(names) == 9
    for name in names:
        first = (getattr(Hooks, name).__doc__ or "").partition("\n")[0]
        assert re.fullmatch(r"Return .*\.", first), name


def entry_point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "copydesk")


def test_installed_plugins_come_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [entry_point("zebra", "json"), entry_point("ape", "tests.cms.test_plugins")]
    monkeypatch.setattr(loading, "entry_points", lambda group: found if group == "copydesk" else [])
    assert [each.name for each in installed_plugins()] == ["ape", "zebra"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("json:nothing", "AttributeError: module 'json' has no attribute 'nothing'"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    monkeypatch.setattr(loading, "entry_points", lambda **_: [entry_point("recall", value)])
    with pytest.raises(SiteError) as raised:
        installed_plugins()
    assert str(raised.value) == f"the plugin 'recall' of its package cannot be loaded: {reason}"
