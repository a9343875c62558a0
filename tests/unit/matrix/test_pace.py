"""How fast a homeserver takes our messages, by what it says and by what was felt."""

from __future__ import annotations

import pytest

from adapters.chats.matrix.pace import LIFTED, USUAL, Felt, pace
from bot.ports import Pace
from bot.testing.clock import FakeClock


@pytest.fixture
def felt(clock: FakeClock) -> Felt:
    return Felt(clock.now)


def test_an_exception_that_is_told_counts(felt):
    assert pace(felt, {"messages_per_second": 0, "burst_count": 0}) is None
    assert pace(felt, {"messages_per_second": 2}) == Pace(120.0, True, LIFTED)


def test_where_nothing_is_told_the_usual_limit_is_taken_to_be_in_force(felt):
    """Synapse tells its admins alone."""
    assert pace(felt, {}) == Pace(USUAL, False, LIFTED)


def test_whoever_sent_more_than_the_limit_allows_is_not_held_to_it(felt, clock):
    """An admin may have lifted it, and we need not be told."""
    for _ in range(20):
        felt.sent()
    assert pace(felt, {}) is None
    felt.held_up()
    assert pace(felt, {}) == Pace(USUAL, False, LIFTED)


def test_sending_at_the_limit_proves_nothing(felt, clock):
    """Ten at once, then one in five seconds: that is what a limited account does."""
    for _ in range(10):
        felt.sent()
    for _ in range(200):
        clock.advance(5_000)
        felt.sent()
    assert pace(felt, {}) is not None
