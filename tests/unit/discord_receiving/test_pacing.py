"""Logins are spent as Discord takes them: few at a time, and never all of a day."""

from __future__ import annotations

import pytest

from adapters.chats.discord.pacing import APART, DAY, FREE, LATEST, SELDOM, SOON, WITHIN, Allowance, Logins, again
from adapters.chats.discord.shards import MOST, Shards, advice, all_of
from bot.errors import Unparsable


def logged_in(logins: Logins, shard: int, now: float) -> float:
    """The moment at which a shard is let in that wants it now."""
    while (wait := logins.ask(shard, now)) > 0:
        now += wait
    return now


def test_a_first_login_waits_for_nothing() -> None:
    """Discord has told nothing yet, or something that needs no wait."""
    assert Logins().ask(0, 0.0) == 0.0


def test_shards_log_in_one_after_the_other() -> None:
    """Discord takes one login in five seconds."""
    logins = Logins()
    assert [logged_in(logins, shard, 0.0) for shard in range(3)] == [0.0, APART, 2 * APART]


def test_so_many_log_in_at_a_time_as_discord_says() -> None:
    """Very large bots would need minutes otherwise; shards are counted by their number modulo that."""
    logins = Logins()
    logins.allowed(Allowance(max_concurrency=2), 0.0)
    assert [logged_in(logins, shard, 0.0) for shard in range(4)] == [0.0, 0.0, APART, APART]


def test_logins_are_not_spent_on_something_that_never_works() -> None:
    """The first ones are free; then it is tried every two minutes."""
    logins, now = Logins(), 0.0
    for _ in range(FREE):
        now = logged_in(logins, 0, now)
    assert logged_in(logins, 0, now) == now + SELDOM
    assert logged_in(logins, 0, now + WITHIN + 2 * SELDOM) == now + WITHIN + 2 * SELDOM


def test_a_shard_that_never_works_takes_no_logins_of_another() -> None:
    """It waits for itself alone."""
    logins, now = Logins(), 0.0
    for _ in range(FREE):
        now = logged_in(logins, 0, now)
    assert logged_in(logins, 1, now + APART) == now + APART


@pytest.mark.parametrize(("count", "concurrency", "total"), [(1, 1, 1000), (3, 1, 1000), (40, 16, 2000)])
def test_all_shards_together_never_spend_a_days_logins(count: int, concurrency: int, total: int) -> None:
    """Behind the last one Discord makes the token void; here nothing works at all, for two days."""
    logins = Logins()
    logins.allowed(Allowance(total, total, int(DAY) * 1000, concurrency), 0.0)
    spent: list[float] = []
    due = dict.fromkeys(range(count), 0.0)
    while min(due.values()) < 2 * DAY:
        shard = min(due, key=lambda one: due[one])
        now = due[shard]
        wait = logins.ask(shard, now)
        due[shard] = now + (wait or 1.0)
        if not wait:
            spent.append(now)
    ends = 0
    for begin, at in enumerate(spent):
        while ends < len(spent) and spent[ends] < at + DAY:
            ends += 1
        assert ends - begin <= total


def test_the_last_logins_of_a_day_are_spread_over_it() -> None:
    """What an earlier process spent counts, and Discord alone knows of that."""
    logins = Logins()
    logins.allowed(Allowance(total=1000, remaining=150, reset_after=3_600_000), 0.0)
    assert [logged_in(logins, shard, 0.0) for shard in range(3)] == [0.0, DAY / 200, 2 * DAY / 200]
    assert logged_in(logins, 3, 3_601.0) == 3_601.0, "it counts anew"


def test_no_login_is_tried_that_discord_does_not_take() -> None:
    """It would be the last one of this token."""
    logins = Logins()
    logins.allowed(Allowance(total=1000, remaining=1, reset_after=7_200_000), 0.0)
    assert logged_in(logins, 0, 0.0) == 0.0
    assert logged_in(logins, 1, 10.0) >= 7_200.0


def test_a_shard_in_trouble_is_tried_ever_more_seldom() -> None:
    """As the listener does for all of them."""
    waits = [again(failures) for failures in range(1, 2_000)]
    assert (waits[0], waits[-1]) == (SOON, LATEST)
    assert waits == sorted(waits)


def test_what_discord_advises_is_read() -> None:
    """What it does not say is what it usually is."""
    told = advice({"url": "x", "shards": 3, "session_start_limit": {"total": 1000, "remaining": 5, "reset_after": 7}})
    assert (told.shards, told.session_start_limit) == (3, Allowance(1000, 5, 7, 1))
    assert advice({"shards": 1}).session_start_limit == Allowance()


@pytest.mark.parametrize("junk", [None, [], {}, {"shards": 0}, {"shards": "two"}, {"shards": MOST + 1}])
def test_what_is_no_advice_is_not_guessed(junk: object) -> None:
    """With a wrong number of shards servers would not be heard."""
    with pytest.raises(Unparsable, match="shards"):
        advice(junk)


def test_one_process_holds_all_shards() -> None:
    """And each shard is one by itself."""
    assert all_of(3) == Shards(3, (0, 1, 2))
