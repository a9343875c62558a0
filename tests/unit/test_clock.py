"""How old something is, where the wall clock may have been set and the machine restarted."""

import pytest

from bot.clock import JUMP, Moment, SystemClock, age
from bot.testing.clock import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


def test_time_that_passed_on_both_clocks_is_an_age(clock):
    then = clock.moment()
    assert age(then, then) == 0
    clock.advance(90_000)
    assert age(then, clock.moment()) == 90_000


@pytest.mark.parametrize("ms", [-1, -3_600_000])
def test_a_clock_that_ran_backwards_tells_no_age(clock, ms):
    then = clock.moment()
    clock.jump(ms)
    assert age(then, clock.moment()) is None


@pytest.mark.parametrize("ms", [JUMP + 1, -JUMP - 1, 86_400_000])
def test_a_clock_that_was_set_in_between_tells_no_age(clock, ms):
    """An hour that the wall clock jumped is no hour that the other side waited."""
    then = clock.moment()
    clock.advance(100_000_000)
    clock.jump(ms)
    assert age(then, clock.moment()) is None


@pytest.mark.parametrize("ms", [JUMP, -JUMP])
def test_a_small_correction_is_forgiven(clock, ms):
    """Time servers correct clocks all day; that is no jump."""
    then = clock.moment()
    clock.advance(60_000)
    clock.jump(ms)
    assert age(then, clock.moment()) == 60_000 + ms


def test_a_restart_of_the_machine_tells_no_age(clock):
    """What the wall clock was set to while the machine was off, nobody knows."""
    then = clock.moment()
    clock.reboot(5_000)
    assert age(then, clock.moment()) is None


def test_a_restart_is_noticed_even_when_the_uptimes_agree():
    assert age(Moment(1_000, 500, "first"), Moment(2_000, 1_500, "second")) is None


def test_a_machine_that_does_not_name_its_boots_tells_no_age():
    assert age(Moment(1_000, 500, ""), Moment(2_000, 1_500, "")) is None


def test_the_machines_clock_agrees_with_itself():
    clock = SystemClock()
    first = clock.moment()
    second = clock.moment()
    assert first.boot == second.boot
    assert first.up <= second.up
    assert clock.now() > 1_600_000_000_000
