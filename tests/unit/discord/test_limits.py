"""How long a request waits, by what Discord told so far."""

import random

import pytest

from adapters.chats.discord.limits import BANNED, INVALID, Go, Limits, Told, told

ROUTE = "POST /channels/{channel}/messages"
PATIENCE = 6.0


def headers(left: int, after: float, limit: int = 5, bucket: str = "b") -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset-After": f"{after:.3f}",
        "X-RateLimit-Bucket": bucket,
    }


def ask(limits: Limits, now: float, major: str = "1", route: str = ROUTE, **more: bool) -> Go:
    return limits.ask(route, major, now, PATIENCE, **more)


def test_the_first_request_of_a_bucket_goes_alone():
    """Nothing is known of it: the second one waits for what the first one is told."""
    limits = Limits(45)
    assert ask(limits, 0.0) == Go(True, 0.0)
    assert not ask(limits, 0.0).may
    assert ask(limits, 0.0, major="2").may
    limits.answered(ROUTE, "1", headers(4, 5.0), 0.1)
    assert [ask(limits, 0.2).may for _ in range(5)] == [True] * 4 + [False]


def test_an_empty_bucket_is_waited_for():
    """Until its window is over, and no longer."""
    limits = Limits(45)
    assert ask(limits, 0.0).may
    limits.answered(ROUTE, "1", headers(0, 5.0), 1.0)
    refused = ask(limits, 2.0)
    assert not refused.may
    assert refused.after == pytest.approx(4.0)
    assert ask(limits, 6.0).may
    assert not ask(limits, 6.0).may, "what the new window holds is not known yet"


def test_routes_that_share_a_bucket_share_it():
    """Discord says so by its name; a channel's is its own all the same."""
    limits = Limits(45)
    other = "PATCH /channels/{channel}/messages/{message}"
    for route, left in ((ROUTE, 3), (other, 0)):
        assert ask(limits, 0.0, route=route).may
        limits.answered(route, "1", headers(left, 5.0), 0.0)
    assert not ask(limits, 0.1).may
    assert ask(limits, 0.1, major="2").may


@pytest.mark.parametrize("said", [{}, {"X-RateLimit-Bucket": "b"}, {"X-RateLimit-Remaining": "nan"}])
def test_a_route_of_which_nothing_is_told_is_free(said: dict[str, str]):
    """Most have no limit of their own; and where no answer came, the next request is not kept from going."""
    limits = Limits(45)
    for n in range(3):
        assert ask(limits, float(n)).may
        limits.answered(ROUTE, "1", said, n + 0.5)


def test_no_second_sees_more_requests_than_discord_allows():
    """However many ask at once, and whatever was asked before; and the budget is used up, nearly."""
    limits = Limits(45)
    went: list[float] = []
    now = 0.0
    for n in range(400):
        go = limits.ask(ROUTE, str(n), now, 60.0)
        assert go.may
        went.append(now + go.after)
        now += 0.005
    assert max(sum(start <= at < start + 1.0 for at in went) for start in went) <= 50
    assert len(went) / (went[-1] - went[0]) >= 0.95 * 45


def test_those_that_are_late_do_not_go_together():
    """A busy machine wakes several at once, whose places were one after the other."""
    limits, now, went = Limits(45), 0.0, 0
    for n in range(20):
        assert limits.ask(ROUTE, str(n), 0.0, 60.0).may
    while went < 20:
        wait = limits.go(now)
        went += not wait
        now += wait
    assert now >= 19 / 50
    assert limits.go(now, free=True) == 0.0
    assert limits.go(now, token=False) == 0.0


def test_a_machine_that_wakes_each_a_little_late_uses_its_budget_up_all_the_same():
    """By less than the time between two, and never above what Discord allows."""
    limits, dice = Limits(45), random.Random(1)
    now, went = 1_000.0, list[float]()
    while len(went) < 900:
        if wait := limits.go(now):
            now += wait + dice.random() * 0.015
        else:
            went.append(now)
    assert len(went) / (went[-1] - went[0]) >= 0.95 * 45
    assert max(sum(start <= at < start + 1.0 for at in went) for start in went) <= 50


def test_a_wait_that_is_too_long_takes_no_place():
    """Whoever turns away leaves it to others."""
    limits = Limits(1)
    assert [limits.ask(ROUTE, str(n), 0.0, 2.5).may for n in range(3)] == [True] * 3
    refused = limits.ask(ROUTE, "7", 0.0, 2.5)
    assert refused == limits.ask(ROUTE, "8", 0.0, 2.5)
    assert not refused.may


def test_answers_to_interactions_are_not_counted():
    """They have three seconds, and Discord counts them nowhere."""
    limits = Limits(1)
    for n in range(6):
        assert limits.ask(ROUTE, str(n), 0.0, 9.0).may
    assert limits.ask("POST /interactions", "i", 0.0, 9.0, free=True) == Go(True, 0.0)


@pytest.mark.parametrize(
    ("scope", "same", "other", "bare"),
    [
        ("user", False, True, True),
        ("shared", False, True, True),
        ("global", False, False, True),
        ("banned", False, False, False),
    ],
)
def test_a_429_stops_what_it_is_about(scope: str, same: bool, other: bool, bare: bool):
    """One channel, or the bot, or everything from here."""
    limits = Limits(45)
    assert ask(limits, 0.0).may
    limits.answered(ROUTE, "1", headers(3, 5.0), 0.0)
    limits.limited(ROUTE, "1", Told(40.0, scope), 0.0)
    assert ask(limits, 1.0).may is same
    assert ask(limits, 1.0, major="2").may is other
    assert limits.ask("POST /webhooks/{webhook}/{token}", "9", 1.0, PATIENCE, token=False).may is bare
    assert ask(limits, 41.0).may


def test_before_discord_shuts_us_out_we_stop_by_ourselves():
    """10,000 refused requests in ten minutes are the end for everybody at this address; shared limits do not count."""
    limits = Limits(50)
    for n in range(INVALID - 1):
        limits.refused(n / 100)
    limits.limited(ROUTE, "1", Told(0.1, "shared"), 80.0)
    assert ask(limits, 90.0).may
    limits.limited(ROUTE, "2", Told(0.1, "user"), 91.0)
    stopped = ask(limits, 92.0, major="3")
    assert not stopped.may
    assert stopped.after > 400
    assert ask(limits, 92.0 + stopped.after, major="3").may


def test_a_limit_that_no_header_tells_is_met_once():
    """A channel takes 30 messages of webhooks in a minute, and says so to the 31st alone."""
    limits, route, now = Limits(45), "POST /webhooks/{webhook}/{token}", 0.0
    for _ in range(30):
        assert ask(limits, now, route=route).may
        limits.answered(route, "1", headers(4, 2.0), now)
        now += 0.5
    assert ask(limits, now, route=route).may
    limits.answered(route, "1", headers(4, 2.0), now)
    limits.limited(route, "1", Told(45.0, "hidden"), now)
    went = 0
    while now < 200.0:
        now += 0.25
        if ask(limits, now, route=route).may:
            limits.answered(route, "1", headers(4, 2.0), now)
            went += 1
        assert went <= 30 * (1 + now // 60), "a minute has no room for more"
    assert went >= 60


VIA = {"Via": "1.1 google"}


@pytest.mark.parametrize(
    ("said", "body", "means"),
    [
        ({**VIA, "Retry-After": "2"}, {"retry_after": 1.5, "global": False}, Told(1.5, "user")),
        ({**VIA, "X-RateLimit-Scope": "shared"}, {"retry_after": 219.0}, Told(219.0, "shared")),
        ({**VIA, "X-RateLimit-Global": "true"}, {"retry_after": 1}, Told(1.0, "global")),
        (VIA, {"retry_after": 1, "global": True}, Told(1.0, "global")),
        ({**VIA, "Retry-After": "7"}, {"message": "slow down"}, Told(7.0, "user")),
        (VIA, {"message": "slow down"}, Told(5.0, "user")),
        ({**VIA, "X-RateLimit-Remaining": "0"}, {"retry_after": 1.5}, Told(1.5, "user")),
        ({**VIA, "X-RateLimit-Remaining": "3"}, {"retry_after": 40.0}, Told(40.0, "hidden")),
        ({"Retry-After": "2"}, {"retry_after": 2}, Told(BANNED, "banned")),
        ({**VIA, "Retry-After": "9000"}, {}, Told(9000.0, "banned")),
    ],
)
def test_what_a_429_says(said: dict[str, str], body: dict[str, object], means: Told):
    """Whose limit it is, and for how long; without Discord's marks it is Cloudflare's, and an hour."""
    assert told(said, body) == means


def test_buckets_that_nobody_asks_for_are_forgotten():
    """A bot meets new channels and threads for months."""
    limits = Limits(45)
    for n in range(100):
        assert ask(limits, float(n), major=str(n)).may
        limits.answered(ROUTE, str(n), headers(4, 5.0), float(n))
    assert ask(limits, 5000.0).may
    assert len(limits._buckets) == 1
