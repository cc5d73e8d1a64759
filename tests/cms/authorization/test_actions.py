"""The rules of roles, as such."""

from __future__ import annotations

import pytest

from cms.authorization.actions import (
    ROLE_ACTIONS,
    Action,
    Allowed,
    Denied,
    Reach,
    Subject,
    decide,
    extended_roles,
)
from cms.authorization.actor import OPERATOR, Actor, Grant


@pytest.mark.parametrize("role", ROLE_ACTIONS)
@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("is_own", [True, False])
def test_a_role_allows_what_the_table_says(role: str, action: Action, *, is_own: bool) -> None:
    actor = Actor(account_id="a", grants=(Grant(role=role),))
    reach = ROLE_ACTIONS[role].get(action)
    reached = {Reach.ANY: True, Reach.OWN: is_own, Reach.OTHERS: not is_own, None: False}[reach]
    expected = Allowed if reached else Denied
    assert isinstance(decide(actor, action, Subject(is_own=is_own), ROLE_ACTIONS), expected)


@pytest.mark.parametrize(
    ("grant", "subject", "covers"),
    [
        (Grant(role="author"), Subject(content_type="Article"), True),
        (Grant(role="author", content_type="Article"), Subject(content_type="Article"), True),
        (Grant(role="author", content_type="Article"), Subject(content_type="Note"), False),
        (Grant(role="author", content_type="Article"), Subject(), False),
        (Grant(role="author", category_id="c"), Subject(categories=frozenset("bc")), True),
        (Grant(role="author", category_id="c"), Subject(categories=frozenset("b")), False),
        (Grant(role="author"), Subject(locale="de"), True),
        (Grant(role="author", locale="de"), Subject(locale="de"), True),
        (Grant(role="author", locale="de"), Subject(locale="en"), False),
        (Grant(role="author", locale="de"), Subject(), False),
        (
            Grant(role="author", locale="de", content_type="Note"),
            Subject(locale="de", content_type="Article"),
            False,
        ),
    ],
)
def test_a_grant_covers_its_scope(grant: Grant, subject: Subject, *, covers: bool) -> None:
    actor = Actor(account_id="a", grants=(grant,))
    decision = decide(actor, Action.ENTRY_SAVE, subject, ROLE_ACTIONS)
    assert isinstance(decision, Allowed) is covers


def test_a_reviewer_of_one_stage_signs_at_no_other() -> None:
    actor = Actor(account_id="a", grants=(Grant(role="reviewer", stage="technical"),))
    for stage, expected in (("technical", Allowed), ("editorial", Denied)):
        subject = Subject(stage=stage, role="reviewer")
        assert isinstance(decide(actor, Action.REVIEW_SIGN_OFF, subject, ROLE_ACTIONS), expected)


def test_a_denial_says_what_it_takes() -> None:
    subject = Subject(content_type="Note")
    decision = decide(Actor(account_id="a"), Action.ENTRY_PUBLISH, subject, ROLE_ACTIONS)
    assert isinstance(decision, Denied)
    assert decision.reason == (
        "entry:publish requires the role publisher or administrator for Note; "
        "this account has no role"
    )


def test_nobody_signs_off_by_rank() -> None:
    assert isinstance(decide(OPERATOR, Action.REVIEW_SIGN_OFF, Subject(), ROLE_ACTIONS), Denied)


ROLES = extended_roles(
    ["recall:write", "recall:lift"],
    [
        {"recall:officer": {"recall:write": Reach.ANY, Action.ENTRY_SAVE: Reach.OWN}},
        {"publisher": {"recall:lift": Reach.OWN}},
    ],
)


@pytest.mark.parametrize(
    ("role", "action", "allowed"),
    [
        ("recall:officer", "recall:write", True),
        ("recall:officer", "recall:lift", False),
        ("recall:officer", Action.ENTRY_SAVE, True),
        ("recall:officer", Action.ENTRY_READ, True),  # as every role
        ("recall:officer", Action.ENTRY_PUBLISH, False),
        ("publisher", "recall:lift", True),
        ("publisher", "recall:write", False),
        ("publisher", Action.ENTRY_PUBLISH, True),
        ("author", "recall:write", False),
        ("administrator", "recall:write", True),
        ("administrator", "recall:lift", True),
        ("administrator", Action.REVIEW_SIGN_OFF, False),
    ],
)
def test_plugins_extend_the_table(role: str, action: str, *, allowed: bool) -> None:
    actor = Actor(account_id="a", grants=(Grant(role=role),))
    decision = decide(actor, action, Subject(is_own=True), ROLES)
    assert isinstance(decision, Allowed) is allowed


def test_extending_the_table_changes_no_other_site() -> None:
    assert "recall:officer" not in ROLE_ACTIONS
    assert not any("recall:lift" in actions for actions in ROLE_ACTIONS.values())
    actor = Actor(account_id="a", grants=(Grant(role="recall:officer"),))
    for roles in (ROLE_ACTIONS, extended_roles((), ())):
        assert isinstance(decide(actor, "recall:write", Subject(), roles), Denied)


def test_a_denial_names_the_roles_of_plugins() -> None:
    actor = Actor(account_id="a", grants=(Grant(role="author"),))
    decision = decide(actor, "recall:write", Subject(), ROLES)
    assert isinstance(decision, Denied)
    assert decision.reason == (
        "recall:write requires the role administrator or recall:officer; "
        "this account has only author"
    )
