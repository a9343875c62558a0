"""Printed dates become spans that are never narrower than what the page says."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.democratic_underground.dates import EVER, between, minute, moment, roughly
from bot.model import When

EAST = ZoneInfo("America/New_York")
HOUR = 3_600_000
DAY = 24 * HOUR


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type,misc]


def printed(text: str, zone: ZoneInfo = EAST) -> When:
    local = minute(text)
    assert local is not None
    return moment(local, zone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue Dec 22, 2015, 03:24 PM", utc(2015, 12, 22, 20, 24)),
        ("Wed Jul 1, 2015, 12:00 AM", utc(2015, 7, 1, 4, 0)),
        ("Wed Jul 1, 2015, 12:59 PM", utc(2015, 7, 1, 16, 59)),
        ("Mon Jan-04-10 09:44 AM", utc(2010, 1, 4, 14, 44)),
        ("Fri Dec-31-99 11:59 PM", utc(2000, 1, 1, 4, 59)),
    ],
)
def test_a_minute_is_read_in_the_zone_of_the_site(text, expected):
    """Winter and summer differ by an hour there."""
    when = printed(text)
    assert when == When(expected, expected)
    assert when.exact


def test_the_zone_is_a_setting():
    """The pages name none."""
    assert printed("Tue Dec 22, 2015, 03:24 PM", ZoneInfo("UTC")).earliest == utc(2015, 12, 22, 15, 24)


def test_a_minute_that_happened_twice_is_known_to_the_hour():
    """When clocks are set back, 01:30 stands for two moments; choosing one would be a guess."""
    when = printed("Sun Nov 1, 2015, 01:30 AM")
    assert when == When(utc(2015, 11, 1, 5, 30), utc(2015, 11, 1, 6, 30))
    assert not when.exact


@pytest.mark.parametrize(
    "text",
    [
        "Tue Feb 30, 2015, 03:24 PM",
        "Tue Dec 22, 2015, 13:24 PM",
        "Tue Dec 22, 2015, 00:24 PM",
        "Tue Dec 22, 2015, 03:60 PM",
        "Tue Dec 22, 0001, 03:24 PM",
        "Tue Dec 22, 9999, 03:24 PM",
        "Tue Dec 22, 2015",
        "Tuesday Dec 22, 2015, 03:24 PM",
        "",
    ],
)
def test_a_minute_that_no_calendar_has_is_none(text):
    """A damaged header must not pass as whole."""
    assert minute(text) is None


def test_a_month_is_the_whole_month_of_the_zone():
    """Its first and last days are those of the site, and November has an hour more."""
    when = roughly("Nov 2015", EAST, None)
    assert when == When(utc(2015, 11, 1, 4), utc(2015, 12, 1, 5) - 1)


def test_december_ends_with_the_year():
    """The month after it is in another year."""
    assert roughly("Dec 2015", EAST, None).latest == utc(2016, 1, 1, 5) - 1


def test_the_forms_of_young_posts_are_read_from_when_the_page_was_fetched():
    """They name no year; without the time of the reading they say nothing."""
    seen = utc(2026, 1, 10, 12)
    assert roughly("Dec 13", EAST, seen) == When(utc(2025, 12, 13, 5), utc(2025, 12, 14, 5) - 1)
    assert roughly("Jan 10", EAST, seen) == When(utc(2026, 1, 10, 5), utc(2026, 1, 11, 5) - 1)
    assert roughly("Friday", EAST, seen) == When(seen - 8 * DAY, seen)
    assert roughly("2 hrs ago", EAST, seen) == When(seen - 8 * DAY, seen)
    assert roughly("Feb 30", EAST, seen) == EVER
    assert roughly("Dec 13", EAST, None) == EVER


def test_inexact_times_lie_between_their_exact_neighbours():
    """Numbers are given in the order of time."""
    exact = [When(t, t) for t in (10 * DAY + EVER.earliest, 20 * DAY + EVER.earliest)]
    assert between([exact[0], EVER, EVER, exact[1], EVER]) == [
        exact[0],
        When(exact[0].earliest, exact[1].earliest),
        When(exact[0].earliest, exact[1].earliest),
        exact[1],
        When(exact[1].earliest, EVER.latest),
    ]


def test_a_time_that_contradicts_its_neighbours_is_left_alone():
    """A page with a wrong date must not get a time that ends before it begins."""
    base = EVER.earliest
    odd = When(base, base + HOUR)
    late = When(base + DAY, base + DAY)
    assert between([late, odd]) == [late, odd]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=20))
def test_narrowing_never_turns_a_span_around(spans):
    """Whatever a page says, a span begins before it ends and stays inside what was printed."""
    base = EVER.earliest
    times = [When(base + a * HOUR, base + (a + length) * HOUR) for a, length in spans]
    for before, after in zip(times, between(times), strict=True):
        assert before.earliest <= after.earliest <= after.latest <= before.latest


@given(st.datetimes(datetime(1991, 1, 1), datetime(2098, 1, 1)))
def test_every_minute_survives_printing_and_reading(local):
    """The form of the pages loses seconds and nothing else."""
    local = local.replace(second=0, microsecond=0)
    text = f"{local:%a %b} {local.day}, {local:%Y, %I:%M %p}"
    assert minute(text) == local
    when = moment(local, EAST)
    assert timedelta(0) <= timedelta(milliseconds=when.latest - when.earliest) <= timedelta(hours=1)
