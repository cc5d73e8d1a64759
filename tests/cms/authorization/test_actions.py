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
    assert isinstance(decide(actor, action, Subject(is_own=is_own)), expected)


@pytest.mark.parametrize(
    ("grant", "subject", "covers"),
    [
        (Grant(role="author"), Subject(content_type="Article"), True),
        (Grant(role="author", content_type="Article"), Subject(content_type="Article"), True),
        (Grant(role="author", content_type="Article"), Subject(content_type="Note"), False),
        (Grant(role="author", content_type="Article"), Subject(), False),
        (Grant(role="author", category_id="c"), Subject(categories=frozenset("bc")), True),
        (Grant(role="author", category_id="c"), Subject(categories=frozenset("b")), False),
    ],
)
def test_a_grant_covers_its_scope(grant: Grant, subject: Subject, *, covers: bool) -> None:
    decision = decide(Actor(account_id="a", grants=(grant,)), Action.ENTRY_SAVE, subject)
    assert isinstance(decision, Allowed) is covers


def test_a_reviewer_of_one_stage_signs_at_no_other() -> None:
    actor = Actor(account_id="a", grants=(Grant(role="reviewer", stage="technical"),))
    for stage, expected in (("technical", Allowed), ("editorial", Denied)):
        subject = Subject(stage=stage, role="reviewer")
        assert isinstance(decide(actor, Action.REVIEW_SIGN_OFF, subject), expected)


def test_a_denial_says_what_it_takes() -> None:
    decision = decide(Actor(account_id="a"), Action.ENTRY_PUBLISH, Subject(content_type="Note"))
    assert isinstance(decision, Denied)
    assert decision.reason == (
        "entry:publish requires the role publisher or administrator for Note; "
        "this account has no role"
    )


def test_nobody_signs_off_by_rank() -> None:
    assert isinstance(decide(OPERATOR, Action.REVIEW_SIGN_OFF, Subject()), Denied)
