"""How often something is read: what holds for every rate, every page and every host."""

import math

from hypothesis import given
from hypothesis import strategies as st

from bot.model import DAY, HOUR, MINUTE, Tempo
from bot.pace import (
    FAST,
    LONGEST_WAIT,
    SLOW,
    SLOWEST,
    SPACE,
    Rate,
    Terms,
    beat,
    begun,
    calm,
    counted,
    eased,
    planned,
    retry,
    slides,
    slot,
    slowed,
    weight,
)

rates = st.builds(Rate, st.floats(0, 1e6), st.floats(0, 1e6), st.integers(0, 10**12))
floors = st.integers(1_000, HOUR)
terms = st.builds(
    Terms,
    floor=floors,
    ceiling=st.integers(0, DAY),
    factor=st.floats(1, SLOWEST),
    load=st.floats(0, 1e5),
    boards=st.integers(1, 10_000),
    chance=st.floats(0, 1),
)
rooms = st.integers(0, 1_000)
moments = st.integers(0, 10**12)
slidings = st.none() | st.integers(0, 365 * DAY)
waits = st.integers(0, 30 * DAY)


@given(rates, rooms, terms)
def test_a_list_is_read_no_more_often_than_its_floor_and_no_more_rarely_than_its_ceiling(rate, rooms, terms):
    """But for a host with so many boards that it could not be asked for all of them in that time."""
    pause = beat(rate, rooms, terms)
    ceiling = max(terms.floor, terms.ceiling, terms.boards * SPACE)
    assert terms.floor <= pause <= ceiling


@given(rates, rooms, rooms, terms)
def test_what_more_rooms_show_is_read_no_more_rarely(rate, few, more, terms):
    few, more = sorted((few, more))
    assert beat(rate, more, terms) <= beat(rate, few, terms) * (1 + 1e-9)


@given(rates, st.floats(1, 1e3), terms)
def test_what_brings_more_is_read_no_more_rarely(rate, times, terms):
    busier = Rate(rate.fast * times, rate.slow * times, rate.at)
    assert beat(busier, 1, terms) <= beat(rate, 1, terms) * (1 + 1e-9)


@given(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=50), floors)
def test_all_boards_of_a_host_together_stay_within_its_budget(found, floor):
    """Polls take no more than their share of the requests that may be made to it, however many boards are busy."""
    load = sum(math.sqrt(weight(Rate(0, rate), 1)) for rate in found)
    host = Terms(floor, 15 * MINUTE, load=load, boards=len(found))
    asked = sum(1 / beat(Rate(0, rate), 1, host) for rate in found)
    at_the_ceiling = len(found) / max(floor, 15 * MINUTE, len(found) * SPACE)
    assert asked <= 1 / SPACE + at_the_ceiling + 1e-9


@given(st.floats(0, 10 * DAY), slidings, waits, terms)
def test_half_of_a_page_overlaps_unless_somebody_asks_for_longer(wished, sliding, wait, terms):
    pause = planned(wished, sliding, wait, terms)
    asked = max(terms.floor, min(wait, LONGEST_WAIT)) * terms.factor
    assert pause >= round(asked)
    if sliding is not None:
        assert pause <= max(asked, 1.1 * terms.factor * sliding / 2) + 1
    assert pause <= max(asked, 1.1 * terms.factor * wished) + 1


@given(st.floats(0, DAY), slidings, waits, terms, st.floats(0, 1))
def test_chance_moves_a_reading_by_a_tenth_at_most(wished, sliding, wait, terms, chance):
    """What is due at one moment comes apart, and is still read about as often as it should."""
    even = Terms(terms.floor, terms.ceiling, terms.factor)
    moved = Terms(terms.floor, terms.ceiling, terms.factor, chance=chance)
    pause, other = planned(wished, sliding, wait, even), planned(wished, sliding, wait, moved)
    assert 0.9 * pause - 1 <= other <= 1.1 * pause + 1


@given(rates, st.integers(0, 10_000), st.integers(0, 10 * DAY))
def test_a_rate_stays_between_what_it_was_and_what_came(rate, news, span):
    """It follows what happens and never runs beyond it."""
    after = counted(rate, news, (rate.at or 0) + span)
    for before, now, memory in ((rate.fast, after.fast, FAST), (rate.slow, after.slow, SLOW)):
        came = news * DAY / span if span else math.inf if news else before
        assert min(before, came) * (1 - 1e-9) <= now <= max(before, came) * (1 + 1e-9)
        assert now <= before + news * DAY / memory + 1e-6


@given(rates, st.integers(0, 10_000), moments)
def test_a_clock_that_is_set_breaks_no_rate(rate, news, now):
    after = counted(rate, news, now)
    assert math.isfinite(after.peak)
    assert after.peak >= 0
    assert after.at == now


@given(st.integers(0, 10_000), st.none() | st.integers(-DAY, 3650 * DAY), moments)
def test_what_is_known_of_a_first_page_is_a_rate(items, window, now):
    assert 0 <= begun(items, window, now).peak < math.inf


@given(rates, st.integers(0, 1_000), st.none() | st.integers(-DAY, 3650 * DAY))
def test_a_page_lasts_no_longer_than_it_reaches_back(rate, items, window):
    """As much may come again as came; more, where more came lately."""
    lasts = slides(rate, items, Tempo(window))
    assert lasts is None or 0 <= lasts <= (window or 0)


@given(moments, moments, terms)
def test_a_quiet_thread_is_read_more_and_more_rarely(now, changed, terms):
    pause, later = calm(now, changed, terms), calm(now + DAY, changed, terms)
    assert pause is None or pause >= terms.floor
    assert later is None or (pause is not None and later >= pause)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_what_fails_is_tried_again_within_six_hours(failures, chance):
    assert 15 <= retry(failures, chance) <= 6 * 3600
    assert retry(failures, chance) <= retry(failures + 1, chance)


@given(st.lists(st.sampled_from(["complains", "hour"]), max_size=100))
def test_a_host_that_complained_is_spared_less_and_less(story):
    factor, since, now = 1.0, 0, 0
    for what in story:
        if what == "hour":
            before = eased(factor, since, now)
            now += HOUR
            assert 1 <= eased(factor, since, now) <= before
        else:
            before = eased(factor, since, now)
            factor, since = slowed(before), now
            assert min(2 * before, SLOWEST) == eased(factor, since, now)


@given(st.integers(1, 10**9), st.integers(0, 30 * DAY))
def test_a_slot_lies_in_its_pause(source, pause):
    assert 0 <= slot(source, pause) <= max(pause - 1, 0)
