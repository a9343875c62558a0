"""When something is due that people want at a time of their day: also where clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.model import DAY, HOUR, MINUTE, Millis
from bot.reading.due import (
    DAILY,
    WEEKDAYS,
    clock,
    days_of,
    latest_moment,
    minute_of,
    moment,
    named,
    next_moment,
    quiet_until,
    zone_named,
    zone_of,
)

BERLIN = zone_of("Europe/Berlin")

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""When Berlin sets its clocks from 2:00 to 3:00, and from 3:00 to 2:00."""


def utc(*when: int) -> Millis:
    """A moment, as a clock in Greenwich shows it in winter."""
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1000  # type: ignore[misc,arg-type]


def at(words: str) -> int:
    minute = minute_of(words)
    assert minute is not None
    return minute


def test_a_time_of_the_day_is_that_of_the_zone():
    assert moment(date(2026, 1, 5), at("08:00"), BERLIN) == utc(2026, 1, 5, 7)
    assert moment(date(2026, 7, 6), at("08:00"), BERLIN) == utc(2026, 7, 6, 6)


def test_a_time_that_is_skipped_is_the_first_moment_behind_the_gap():
    """Whoever wants to be told at half past two is told all the same, once."""
    behind = utc(2026, 3, 29, 1)
    assert [moment(SPRING, at(t), BERLIN) for t in ("02:00", "02:30", "02:59", "03:00")] == [behind] * 4
    assert moment(SPRING, at("01:59"), BERLIN) == behind - MINUTE


def test_a_time_that_comes_twice_is_the_first_of_the_two():
    first = utc(2026, 10, 25, 0, 30)
    assert moment(AUTUMN, at("02:30"), BERLIN) == first
    assert next_moment(first, at("02:30"), DAILY, BERLIN) == first + DAY + HOUR


def test_the_next_moment_is_on_one_of_the_days():
    friday = utc(2026, 1, 2, 12)
    days = days_of("mon,thu")
    assert days is not None
    first = next_moment(friday, at("08:00"), days, BERLIN)
    assert first == utc(2026, 1, 5, 7)
    assert next_moment(first, at("08:00"), days, BERLIN) == utc(2026, 1, 8, 7)
    assert latest_moment(friday, at("08:00"), days, BERLIN) == utc(2026, 1, 1, 7)
    assert latest_moment(first, at("08:00"), days, BERLIN) == first


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_every_day_has_one_moment_however_clocks_are_changed(day):
    """So that nothing is said twice on that day, and nothing is missed."""
    for minute in range(0, 1440, 15):
        after = moment(date(2026, day.month, 1), minute, BERLIN)
        found: list[int] = []
        while len(found) < 30:
            after = next_moment(after, minute, DAILY, BERLIN)
            found.append(datetime.fromtimestamp(after / 1000, BERLIN).day)
        assert found == [*range(2, 32)][:30]


def quiet(now: Millis, hours: str) -> Millis | None:
    begins, ends = map(at, hours.split("-"))
    return quiet_until(now, begins, ends, BERLIN)


def test_quiet_hours_last_over_midnight():
    ends = utc(2026, 1, 6, 6)
    assert quiet(utc(2026, 1, 5, 20, 59), "22:00-07:00") is None
    assert quiet(utc(2026, 1, 5, 21), "22:00-07:00") == ends
    assert quiet(utc(2026, 1, 6, 1), "22:00-07:00") == ends
    assert quiet(ends - 1, "22:00-07:00") == ends
    assert quiet(ends, "22:00-07:00") is None


def test_quiet_hours_within_a_day_end_on_that_day():
    assert quiet(utc(2026, 1, 5, 12), "12:00-14:00") == utc(2026, 1, 5, 13)
    assert quiet(utc(2026, 1, 5, 13), "12:00-14:00") is None


def test_quiet_hours_end_by_the_clock_of_that_morning():
    assert quiet(utc(2026, 3, 28, 23), "22:00-07:00") == utc(2026, 3, 29, 5)
    assert quiet(utc(2026, 10, 24, 23), "22:00-07:00") == utc(2026, 10, 25, 6)


def test_quiet_hours_that_end_in_an_hour_that_comes_twice_are_over_at_the_first():
    """Else who wakes up in it would be left alone for a day."""
    ends = utc(2026, 10, 25, 0, 30)
    assert quiet(ends - MINUTE, "01:00-02:30") == ends
    assert quiet(ends + HOUR - MINUTE, "01:00-02:30") is None


def test_quiet_hours_that_are_skipped_do_not_last():
    assert quiet(utc(2026, 3, 29, 1), "02:15-02:45") is None


def test_who_has_none_has_no_quiet_hours():
    assert quiet_until(utc(2026, 1, 5, 12), None, None, BERLIN) is None


@pytest.mark.parametrize("words", ["24:00", "8", "8:0", "08:60", "x:00", "-1:00", "٨:٠٠", "008:00", ""])
def test_what_is_no_time_of_the_day_is_none(words):
    assert minute_of(words) is None


def test_times_and_days_are_written_as_they_are_read():
    assert [clock(at(t)) for t in ("8:00", "23:59")] == ["08:00", "23:59"]
    assert named(days_of("Monday, thu") or 0) == "mon, thu"
    assert days_of("weekdays") == WEEKDAYS
    assert days_of("daily") == DAILY
    assert [days_of("someday"), days_of("")] == [None, None]


@pytest.mark.parametrize(
    "name", ["Europe", "", "../etc/passwd", "/etc/passwd", "Nowhere/At_All", "Europe/Berlin\0", "x" * 300]
)
def test_what_is_no_zone_is_none(name):
    """Names come from anybody."""
    assert zone_named(name) is None
