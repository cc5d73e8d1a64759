"""A session begins with a password, goes on with a refresh token, and ends at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from cms.access import passwords
from cms.access.accounts import disable_account, enable_account
from cms.access.passwords import change_password, prepare_password, set_password
from cms.access.rate_limit import KNOWN, MEMORY, Guesser, network_of
from cms.access.secret_tokens import hash_of
from cms.access.sessions import (
    Lifetimes,
    note_use,
    refresh_session,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from cms.authorization.actor import ANONYMOUS, OPERATOR
from cms.clock import now
from cms.copydesk import desk_of
from cms.errors import Refused, TooManyAttempts, UserError
from cms.tables import Account, Throttle, Token
from tests.builders import Newsroom
from tests.signing_in import (
    ADDRESS,
    EMAIL,
    PASSWORD,
    actor_of,
    code_for,
    enter,
    everything_stored,
    failure,
    give_password,
    records,
)

OTHER_PASSWORD = "another long password"
WRONG = "a wrong password"


@pytest.fixture
async def room(newsroom: Newsroom) -> Newsroom:
    """A newsroom whose first author has a password."""
    await give_password(newsroom, newsroom.author)
    return newsroom


async def refreshed_code(newsroom: Newsroom, secret: str, days: float = 0) -> str:
    try:
        await refresh_session(newsroom.desk, secret, now=now() + timedelta(days=days))
    except Refused as refused:
        return refused.errors[0].code
    return "good"


async def test_a_session_is_its_account_with_its_grants(room: Newsroom) -> None:
    signed_in = await enter(room, " Ada.Author@EXAMPLE.org ")
    actor = await actor_of(room, signed_in.access_token)
    assert actor.account_id == signed_in.account_id == room.author.account_id
    assert (actor.person_id, actor.grants) == (room.author.person_id, room.author.grants)
    assert (actor.session_id, actor.scopes) == (signed_in.session_id, None)
    assert signed_in.access_token.startswith("copydesk_access_")
    assert len(signed_in.access_token.removeprefix("copydesk_access_")) == 43
    assert signed_in.refresh_token.startswith("copydesk_refresh_")


async def test_all_failures_are_one(room: Newsroom) -> None:
    await give_password(room, room.publisher)
    async with room.as_(OPERATOR) as work:
        await disable_account(work, str(room.publisher.account_id))
    errors = [
        await failure(room, password=WRONG),
        await failure(room, "nobody@example.org"),
        await failure(room, "pia.publisher@example.org"),  # disabled
        await failure(room, "abe.author@example.org"),  # has no password
        await failure(room, "no address"),
        await failure(room, "\0\ud800@example.org"),
        await failure(room, password=PASSWORD + "x" * 1_000_000),
        await failure(room, password="\ud800" * 12),
    ]
    assert {repr(error) for error in errors} == {repr(errors[0])}
    assert errors[0] is not None
    assert errors[0].code == "SIGN_IN_FAILED"


async def test_all_failures_take_the_same_work(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = passwords._verify

    def watched(password_hash: str, password: bytes) -> bool:
        verified.append(password_hash.rpartition("$")[0].rpartition("$")[0])
        assert len(password_hash) == len(passwords.hasher.hash(b""))
        return verify(password_hash, password)

    monkeypatch.setattr(passwords, "_verify", watched)
    await failure(room, password=WRONG)
    await failure(room, "nobody@example.org")
    await failure(room, "abe.author@example.org")
    assert len(verified) == 3
    assert len(set(verified)) == 1


def codes(errors: Iterable[UserError | None]) -> list[str]:
    return [error.code if error else "" for error in errors]


async def test_guesses_from_one_address_have_to_wait_longer_and_longer(room: Newsroom) -> None:
    moment = now()
    first = [await failure(room, password=f"wrong password {each}", at=moment) for each in range(5)]
    assert codes(first) == ["SIGN_IN_FAILED"] * 5
    waits = []
    for _ in range(8):
        early = await failure(room, at=moment)  # even the right one
        assert isinstance(early, TooManyAttempts)
        waits.append(early.retry_after)
        moment += timedelta(seconds=early.retry_after)
        assert codes([await failure(room, password=WRONG, at=moment)]) == ["SIGN_IN_FAILED"]
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    assert await failure(room, at=moment + timedelta(minutes=15)) is None
    assert await failure(room, password=WRONG, at=moment + timedelta(minutes=15)) is not None
    assert await failure(room, at=moment + timedelta(minutes=15)) is None


async def test_wrong_guesses_without_end_lock_nobody_else_out(room: Newsroom) -> None:
    start = now()
    signed_in = await enter(room, at=start)
    moment = start
    for number in range(200):
        moment = start + timedelta(seconds=number / 2)
        await failure(room, password=WRONG, address="2001:db8::1", at=moment)
    assert await failure(room, address="2001:db8::2", at=moment) is not None  # the same customer
    assert await failure(room, address="2001:db8:0:1::1", at=moment) is None
    assert await failure(room, at=moment) is None
    assert await code_for(room, signed_in.access_token, moment) == "good"
    assert await refreshed_code(room, signed_in.refresh_token) == "good"
    actor = await actor_of(room, (await enter(room, at=moment)).access_token, moment)
    await change_password(
        desk_of(room.database, room.site),
        actor,
        current_password=PASSWORD,
        new_password=OTHER_PASSWORD,
        now=moment,
    )


async def test_many_addresses_get_one_guess_each_at_an_account(room: Newsroom) -> None:
    start = now()
    addresses = [f"2001:db8:{number:x}::1" for number in range(40)]
    tried = [await failure(room, password=WRONG, address=each, at=start) for each in addresses]
    assert set(codes(tried)) == {"SIGN_IN_FAILED"}
    again = [await failure(room, password=WRONG, address=each, at=start) for each in addresses]
    assert again == [again[0]] * 40
    assert isinstance(again[0], TooManyAttempts)
    assert again[0].retry_after == 60
    assert await failure(room, at=start) is None  # an address that has not failed
    later = start + timedelta(minutes=5)
    after = [await failure(room, password=WRONG, at=later) for _ in range(3)]
    assert codes(after) == ["SIGN_IN_FAILED"] * 3


async def test_an_unknown_account_is_slowed_down_as_a_known_one(room: Newsroom) -> None:
    start = now()
    told = []
    for number, email in enumerate((EMAIL, "nobody@example.org")):
        address = f"192.0.2.{number + 10}"
        told.append([await failure(room, email, WRONG, address, at=start) for _ in range(7)])
    assert told[0] == told[1]
    assert codes(told[0]) == [*["SIGN_IN_FAILED"] * 5, *["TOO_MANY_ATTEMPTS"] * 2]
    assert told[0][5] == TooManyAttempts(
        message="too many attempts have failed; try again in 30 seconds", retry_after=30
    )


async def test_an_office_signs_in_behind_one_address(room: Newsroom) -> None:
    start = now()
    for _ in range(120):
        assert await failure(room, at=start) is None
    entered = await asyncio.gather(*(failure(room, at=start) for _ in range(12)))
    assert codes(entered) == [""] * 12


async def test_a_network_that_fails_at_many_accounts_is_slowed_down(room: Newsroom) -> None:
    start = now()
    for number in range(100):
        address = f"2001:db8::{number:x}"
        error = await failure(room, f"x{number}@example.org", address=address, at=start)
        assert codes([error]) == ["SIGN_IN_FAILED"]
    early = await failure(room, address="2001:db8::ffff", at=start)
    assert isinstance(early, TooManyAttempts)
    assert early.retry_after == 9
    assert await failure(room, address="2001:db8:0:1::1", at=start) is None
    assert await failure(room, address="2001:db8::ffff", at=start + timedelta(seconds=9)) is None


async def fail_at_all(room: Newsroom, start: datetime) -> None:
    """Fail at so many accounts from one network that it is in excess."""
    for number in range(100):
        await failure(room, f"x{number}@example.org", at=start)


async def test_a_failing_neighbour_locks_nobody_out_who_has_signed_in_there(room: Newsroom) -> None:
    start = now()
    assert await failure(room, at=start) is None
    await fail_at_all(room, start)
    for second in range(30):
        moment = start + timedelta(seconds=second)
        await failure(room, "neighbour@example.org", at=moment)
        assert await failure(room, at=moment) is None
        if second % 10 == 0:  # a slip of the fingers
            assert codes([await failure(room, password=WRONG, at=moment)]) == ["SIGN_IN_FAILED"]
    wrong = [await failure(room, password=WRONG, at=start) for _ in range(7)]
    assert codes(wrong) == [*["SIGN_IN_FAILED"] * 5, *["TOO_MANY_ATTEMPTS"] * 2]


async def test_a_success_beside_a_failing_neighbour_buys_no_guesses(room: Newsroom) -> None:
    start = now()
    assert await failure(room, at=start) is None
    await fail_at_all(room, start)
    for number in range(5):
        assert await failure(room, at=start) is None
        early = await failure(room, f"y{number}@example.org", at=start)
        assert isinstance(early, TooManyAttempts)
        assert early.retry_after == 9


async def test_a_network_is_not_known_for_ever(room: Newsroom) -> None:
    start = now()
    assert await failure(room, at=start - KNOWN) is None
    await fail_at_all(room, start)
    assert codes([await failure(room, at=start)]) == ["TOO_MANY_ATTEMPTS"]


async def test_networks_of_one_customer_share_a_guess_at_an_account_under_attack(
    room: Newsroom,
) -> None:
    start = now()
    known, same = "2001:db8:1:ffff::1", [f"2001:db8:1:{number:x}::1" for number in range(10)]
    assert await failure(room, address=known, at=start) is None
    for number in range(20):
        await failure(room, password=WRONG, address=f"192.0.2.{number + 10}", at=start)
    tried = [await failure(room, password=WRONG, address=each, at=start) for each in same]
    assert codes(tried) == ["SIGN_IN_FAILED", *["TOO_MANY_ATTEMPTS"] * 9]
    assert await failure(room, address="2001:db8:2::1", at=start) is None
    assert await failure(room, address=known, at=start) is None
    later = [await failure(room, address=same[9], at=start + timedelta(minutes=1))]
    assert codes(later) == [""]


async def test_networks_of_one_customer_are_apart_while_there_is_no_attack(room: Newsroom) -> None:
    start = now()
    for number in range(3):
        address = f"2001:db8:1:{number:x}::1"
        tried = [await failure(room, password=WRONG, address=address, at=start) for _ in range(5)]
        assert codes(tried) == ["SIGN_IN_FAILED"] * 5


async def test_attempts_that_come_too_early_are_logged_and_leave_nothing(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    start = now()
    for _ in range(5):
        await failure(room, "typed-address", WRONG, at=start)
    before = await everything_stored(room)
    for _ in range(3):
        error = await failure(room, "typed-address", WRONG, at=start)
        assert codes([error]) == ["TOO_MANY_ATTEMPTS"]
    assert await everything_stored(room) == before
    assert caplog.messages == [f"refused an attempt from {ADDRESS} that came too early"] * 3


async def test_a_success_forgets_the_failures_before_it(room: Newsroom) -> None:
    start = now()
    for _ in range(3):
        for _ in range(4):
            await failure(room, password=WRONG, at=start)
        assert await failure(room, at=start) is None


async def test_a_success_does_not_forget_the_failures_of_others(room: Newsroom) -> None:
    start = now()
    for _ in range(5):
        await failure(room, password=WRONG, address="192.0.2.9", at=start)
    assert await failure(room, at=start) is None
    error = await failure(room, password=WRONG, address="192.0.2.9", at=start)
    assert codes([error]) == ["TOO_MANY_ATTEMPTS"]


async def test_a_new_password_forgets_the_guesses_at_the_old_one(room: Newsroom) -> None:
    start = now()
    for _ in range(6):
        await failure(room, password=WRONG, at=start)
    await give_password(room, room.author, OTHER_PASSWORD)
    assert await failure(room, password=OTHER_PASSWORD, at=start) is None


async def test_attempts_at_once_are_counted_one_by_one(room: Newsroom) -> None:
    errors = await asyncio.gather(
        *(failure(room, "new@example.org", f"wrong password {each}") for each in range(12))
    )
    assert sorted(codes(errors)) == ["SIGN_IN_FAILED"] * 5 + ["TOO_MANY_ATTEMPTS"] * 7


async def test_attempts_at_several_servers_are_counted_together(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other processes do not know whose turn it is in this one.
    monkeypatch.setattr(Guesser, "turn", lambda _: asyncio.Lock())
    errors = await asyncio.gather(*(failure(room, password=WRONG) for _ in range(12)))
    assert sorted(codes(errors)) == ["SIGN_IN_FAILED"] * 5 + ["TOO_MANY_ATTEMPTS"] * 7


async def test_old_failures_are_forgotten(room: Newsroom) -> None:
    start = now()
    for _ in range(5):
        await failure(room, "nobody@example.org", at=start)
    assert await failure(room, at=start + MEMORY + timedelta(hours=1)) is None
    async with room.database.reading() as session:
        assert list(await session.scalars(select(Throttle.name).where(Throttle.count > 1))) == []


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("192.0.2.7, 10.0.0.1", "unknown"),
        ("' or 1=1", "unknown"),
    ],
)
def test_a_network_is_what_somebody_has_to_themselves(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_every_attempt_is_recorded_or_logged_without_its_secrets(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    signed_in = await enter(room)
    with caplog.at_level(logging.INFO, "copydesk.security"):
        await failure(room, password=WRONG)
        await failure(room, "typed-password-as-address", "typed-password")
    (done,) = await records(room, "session:begin")
    assert (done.actor, done.subject) == (room.author.account_id, signed_in.session_id)
    assert done.detail["network"] == ADDRESS
    refused = "refused SIGN_IN_FAILED: session:begin to anonymous, subject"
    assert caplog.messages == [
        f"a sign-in from {ADDRESS} failed",
        f"{refused} {room.author.account_id}",
        f"a sign-in from {ADDRESS} failed",
        f"{refused} -",
    ]
    stored = await everything_stored(room) + caplog.text
    for secret in (
        *(signed_in.access_token, signed_in.refresh_token),
        *(PASSWORD, WRONG, "typed-password"),
    ):
        assert secret not in stored
        # Without what tells its kind; the rest may have a "_" as well.
        assert secret.split("_", 2)[-1] not in stored


async def test_no_secret_is_shown_or_logged(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        signed_in = await enter(room)
        again = await refresh_session(desk_of(room.database, room.site), signed_in.refresh_token)
        with pytest.raises(Refused) as refused:
            await refresh_session(desk_of(room.database, room.site), signed_in.refresh_token)
    new = await prepare_password(OTHER_PASSWORD)
    shown = caplog.text + repr((signed_in, again, new, refused.value))
    for secret in (
        *(signed_in.access_token, signed_in.refresh_token, again.refresh_token),
        *(PASSWORD, OTHER_PASSWORD, str(new.hash)),
    ):
        assert secret not in shown


async def test_tokens_expire(room: Newsroom) -> None:
    start = now()
    lifetimes = Lifetimes(access=timedelta(minutes=1), refresh=timedelta(days=2))
    signed_in = await sign_in(
        desk_of(room.database, room.site),
        email=EMAIL,
        password=PASSWORD,
        address=ADDRESS,
        lifetimes=lifetimes,
        now=start,
    )
    assert signed_in.access_expires_at == start + timedelta(minutes=1)
    assert signed_in.refresh_expires_at == start + timedelta(days=2)
    assert await code_for(room, signed_in.access_token, start + timedelta(seconds=59)) == "good"
    code = await code_for(room, signed_in.access_token, start + timedelta(seconds=60))
    assert code.startswith("INVALID_TOKEN: this token has expired")
    assert await refreshed_code(room, signed_in.refresh_token, days=3) == "INVALID_TOKEN"
    assert await refreshed_code(room, signed_in.refresh_token, days=1) == "good"


async def test_a_refresh_token_is_no_access_token_nor_the_other_way(room: Newsroom) -> None:
    signed_in = await enter(room)
    unknown = await code_for(room, "copydesk_access_unknown")
    assert await code_for(room, signed_in.refresh_token) == unknown
    assert await code_for(room, "\ud800 \0") == unknown
    assert await refreshed_code(room, signed_in.access_token) == "INVALID_TOKEN"
    assert await refreshed_code(room, "\ud800 \0") == "INVALID_TOKEN"


async def test_a_refresh_gives_other_tokens(room: Newsroom) -> None:
    first = await enter(room)
    second = await refresh_session(desk_of(room.database, room.site), first.refresh_token)
    assert second.session_id == first.session_id
    assert second.access_token != first.access_token
    assert await code_for(room, second.access_token) == "good"
    assert await refreshed_code(room, second.refresh_token) == "good"


async def test_a_refresh_token_that_comes_twice_ends_the_session(room: Newsroom) -> None:
    first, other = await enter(room), await enter(room)
    second = await refresh_session(desk_of(room.database, room.site), first.refresh_token)
    assert await refreshed_code(room, first.refresh_token) == "INVALID_TOKEN"
    assert "was revoked" in await code_for(room, first.access_token)
    assert "was revoked" in await code_for(room, second.access_token)
    assert await refreshed_code(room, second.refresh_token) == "INVALID_TOKEN"
    assert await code_for(room, other.access_token) == "good"
    (ended,) = await records(room, "session:end")
    assert (ended.actor, ended.subject) == (room.author.account_id, first.session_id)


async def test_of_two_refreshes_at_once_none_is_left(room: Newsroom) -> None:
    first = await enter(room)
    codes = await asyncio.gather(*(refreshed_code(room, first.refresh_token) for _ in range(4)))
    assert sorted(codes) == ["INVALID_TOKEN"] * 3 + ["good"]
    assert "was revoked" in await code_for(room, first.access_token)


async def test_who_signs_out_is_out(room: Newsroom) -> None:
    one, other = await enter(room), await enter(room)
    async with room.as_(await actor_of(room, one.access_token)) as work:
        assert (await sign_out(work)).id == one.session_id
    assert "was revoked" in await code_for(room, one.access_token)
    assert await refreshed_code(room, one.refresh_token) == "INVALID_TOKEN"
    assert await code_for(room, other.access_token) == "good"
    async with room.as_(room.author) as work:
        with pytest.raises(Refused, match="INVALID_VALUE"):
            await sign_out(work)
    async with room.as_(ANONYMOUS) as work:
        with pytest.raises(Refused, match="NOT_ALLOWED"):
            await sign_out(work)


async def test_to_sign_out_everywhere_ends_every_session(room: Newsroom) -> None:
    sessions = [await enter(room), await enter(room)]
    async with room.as_(room.publisher) as work:
        with pytest.raises(Refused, match="NOT_ALLOWED"):
            await sign_out_everywhere(work, room.author.account_id)
    async with room.as_(await actor_of(room, sessions[0].access_token)) as work:
        await sign_out_everywhere(work)
    for each in sessions:
        assert "was revoked" in await code_for(room, each.access_token)
        assert await refreshed_code(room, each.refresh_token) == "INVALID_TOKEN"
    again = await enter(room)
    async with room.as_(room.administrator) as work:
        await sign_out_everywhere(work, room.author.account_id)
    assert "was revoked" in await code_for(room, again.access_token)


async def test_a_disabled_account_is_out_at_once(room: Newsroom) -> None:
    signed_in = await enter(room)
    async with room.as_(room.administrator) as work:
        await disable_account(work, signed_in.account_id)
    assert "was revoked" in await code_for(room, signed_in.access_token)
    assert await refreshed_code(room, signed_in.refresh_token) == "INVALID_TOKEN"
    async with room.as_(room.administrator) as work:
        await enable_account(work, signed_in.account_id)
    assert "was revoked" in await code_for(room, signed_in.access_token)
    assert await failure(room) is None


async def test_a_password_that_was_changed_meanwhile_begins_no_session(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = passwords._verify
    looked_at, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly(password_hash: str, password: bytes) -> bool:
        loop.call_soon_threadsafe(looked_at.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        return verify(password_hash, password)

    monkeypatch.setattr(passwords, "_verify", slowly)
    attempt = asyncio.create_task(failure(room))
    await looked_at.wait()
    await give_password(room, room.author, OTHER_PASSWORD)
    go_on.set()
    error = await attempt
    assert error is not None
    assert error.code == "SIGN_IN_FAILED"


async def test_a_new_password_ends_the_other_sessions(room: Newsroom) -> None:
    one, other = await enter(room), await enter(room)
    await change_password(
        desk_of(room.database, room.site),
        await actor_of(room, one.access_token),
        current_password=PASSWORD,
        new_password=OTHER_PASSWORD,
    )
    assert await code_for(room, one.access_token) == "good"
    assert await refreshed_code(room, one.refresh_token) == "good"
    assert "was revoked" in await code_for(room, other.access_token)
    assert await failure(room) is not None
    assert await failure(room, password=OTHER_PASSWORD) is None
    assert OTHER_PASSWORD not in await everything_stored(room)


async def test_guesses_at_the_current_password_are_slowed_down(room: Newsroom) -> None:
    refusals = []
    for _ in range(7):
        with pytest.raises(Refused) as refused:
            await change_password(
                desk_of(room.database, room.site),
                room.author,
                current_password=WRONG,
                new_password=OTHER_PASSWORD,
            )
        refusals += [(error.code, error.path) for error in refused.value.errors]
    assert refusals[:5] == [("INVALID_VALUE", ("currentPassword",))] * 5
    assert refusals[5:] == [("TOO_MANY_ATTEMPTS", ())] * 2
    assert len(await records(room, "password:change")) == 1  # by which the room gave a password
    assert await failure(room) is None


async def test_a_right_current_password_is_no_failure_though_the_new_one_will_not_do(
    room: Newsroom,
) -> None:
    start = now()
    for _ in range(25):
        with pytest.raises(Refused, match="at least 12"):
            await change_password(
                desk_of(room.database, room.site),
                room.author,
                current_password=PASSWORD,
                new_password=WRONG[:5],
                now=start,
            )
    # Nor does the account count as under attack.
    tried = [await failure(room, password=WRONG, at=start) for _ in range(5)]
    assert codes(tried) == ["SIGN_IN_FAILED"] * 5


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("too short", "at least 12"),
        ("e\u0301" * 11, "at least 12"),
        ("x" * 201, "at most 200"),
        ("x" * 20, "a single character"),
        ("  Ada.Author@Example.org ", "e-mail address"),
        ("", "at least 12"),
    ],
)
async def test_a_password_that_will_not_do(room: Newsroom, password: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        await give_password(room, room.author, password)
    assert {error.path for error in refused.value.errors} == {("newPassword",)}
    assert not password or password not in str(refused.value)
    assert await failure(room) is None


async def test_a_password_is_the_same_on_every_keyboard(room: Newsroom) -> None:
    given, typed = "caf\u00e9 au lait, twice", "cafe\u0301 au lait, twice"
    await give_password(room, room.author, given)
    assert await failure(room, password=typed) is None


async def test_only_administrators_set_passwords(room: Newsroom) -> None:
    new = await prepare_password(OTHER_PASSWORD)
    for actor in (room.author, room.publisher, ANONYMOUS):
        async with room.as_(actor) as work:
            with pytest.raises(Refused, match="NOT_ALLOWED"):
                await set_password(work, str(room.author.account_id), new)
    async with room.as_(room.administrator) as work:
        with pytest.raises(Refused, match="NOT_FOUND"):
            await set_password(work, "account_unknown", new)
        await set_password(work, str(room.author.account_id), new)
    assert await failure(room, password=OTHER_PASSWORD) is None


async def test_a_password_is_hashed_anew_when_it_takes_more(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    thorough = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", thorough)
    assert await failure(room) is None
    async with room.database.reading() as session:
        kept = await session.scalar(select(Account.password_hash).where(Account.email == EMAIL))
    assert kept is not None
    assert "t=2" in kept
    assert await failure(room) is None


async def test_signing_in_deletes_expired_tokens(room: Newsroom) -> None:
    await enter(room)
    await enter(room, at=now() + timedelta(days=31))
    async with room.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Token)) == 2


async def test_the_last_use_is_noted_once_a_minute(room: Newsroom) -> None:
    signed_in = await enter(room)
    token_hash = hash_of(signed_in.access_token)
    start = now()

    async def last_use() -> object:
        async with room.database.reading() as session:
            return await session.scalar(select(Token.last_used_at).where(Token.hash == token_hash))

    await note_use(room.database, token_hash, start)
    await note_use(room.database, token_hash, start + timedelta(seconds=59))
    assert await last_use() == start
    await note_use(room.database, token_hash, start + timedelta(seconds=60))
    assert await last_use() == start + timedelta(seconds=60)
