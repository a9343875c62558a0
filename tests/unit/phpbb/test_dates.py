"""Printed times, in the ways in which boards print them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.phpbb import dates
from adapters.forums.phpbb.languages import MONTHS
from bot.model import MINUTE, When

SEEN = int(datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("words", "language", "then"),
    [
        ("Mon Nov 23, 2026 8:57 am", "en-gb", (2026, 11, 23, 8, 57)),
        ("Mon Nov 23, 2026 12:57 am", "en-us", (2026, 11, 23, 0, 57)),
        ("23 Nov 2026, 20:57", "en-gb", (2026, 11, 23, 20, 57)),
        ("Mo 23. Nov 2026, 08:57", "de", (2026, 11, 23, 8, 57)),
        ("Sonntag 1. März 2026, 08:57", "de", (2026, 3, 1, 8, 57)),
        ("mar. 24 nov. 2026 08:57", "fr", (2026, 11, 24, 8, 57)),
        ("lun. 3 août 2026 08:57", "fr", (2026, 8, 3, 8, 57)),
        ("Lun, 23 de Noviembre de 2026, 08:57", "es", (2026, 11, 23, 8, 57)),
        ("lunedì 7 dicembre 2026, 8:57", "it", (2026, 12, 7, 8, 57)),
        ("ma 23 mrt 2026, 08:57", "nl", (2026, 3, 23, 8, 57)),
        ("pn paź 05, 2026 8:57 am", "pl", (2026, 10, 5, 8, 57)),
        ("Seg Set 07, 2026 8:57 pm", "pt-br", (2026, 9, 7, 20, 57)),
        ("23 май 2026, 08:57", "ru", (2026, 5, 23, 8, 57)),
        ("2026-11-23 08:57", "en", (2026, 11, 23, 8, 57)),
        ("23.11.2026, 08:57", "de", (2026, 11, 23, 8, 57)),
        ("11/23/2026 8:57 am", "en-us", (2026, 11, 23, 8, 57)),
        ("05/11/2026 08:57", "fr", (2026, 11, 5, 8, 57)),
        ("Today, 10:01", "en", (2026, 11, 24, 10, 1)),
        ("Gestern, 23:15", "de", (2026, 11, 23, 23, 15)),
        ("hier, 08:57", "fr", (2026, 11, 23, 8, 57)),
    ],
)
def test_a_printed_time_is_read_to_the_minute(words: str, language: str, then: tuple[int, ...]) -> None:
    """Most boards print no seconds."""
    earliest = int(datetime(*then, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc, arg-type]
    assert dates.printed(words, UTC, language, SEEN) == When(earliest, earliest + MINUTE - 1)


def test_minutes_ago_are_counted_from_when_the_page_was_seen() -> None:
    """What was just written is printed so."""
    assert dates.printed("12 minutes ago", UTC, "en", SEEN) == When(SEEN - 13 * MINUTE, SEEN - 12 * MINUTE)
    assert dates.printed("Less than a minute ago", UTC, "en", SEEN) == When(SEEN - MINUTE, SEEN)


def test_what_cannot_be_read_may_have_been_at_any_time() -> None:
    """A guess would put a post among the new ones, or among the old."""
    for words in ("", "next Tuesdayish 99:99", "31 Feb 2026, 08:57", "1 Xyz 2026", "Nov 23, 20266"):
        assert dates.printed(words, UTC, "en", None).earliest == 0


def test_the_zone_of_a_page_is_read_from_its_own_line() -> None:
    """With a name it knows when clocks are changed."""
    assert dates.zone_named("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    assert dates.zone_named("UTC") is UTC
    assert dates.zone_named("UTC-03:30") == timezone(-timedelta(hours=3, minutes=30))
    assert dates.zone_named("UTC + 1") == timezone(timedelta(hours=1))
    for words in ("", "Mars/Olympus", "UTC+99", "../etc/passwd"):
        assert dates.zone_named(words) is None


def test_a_machine_readable_time_is_taken_as_it_is() -> None:
    """To the second, in whatever zone."""
    assert dates.exact("2026-11-23T08:57:52+00:00") == When(1_795_424_272_000, 1_795_424_272_000)
    assert dates.exact("2026-11-23T09:57:52+01:00") == dates.exact("2026-11-23T08:57:52+00:00")
    for words in ("", "2026-11-23", "2026-99-23T08:57:52+00:00", "x"):
        assert dates.exact(words) is None


def test_every_language_has_twelve_months() -> None:
    """A missing one would be found in its month."""
    for language, months in MONTHS.items():
        assert set(months.values()) == set(range(1, 13)), language


@given(st.text(max_size=60), st.sampled_from([*MONTHS, "", "xx"]), st.integers(0, 2**53))
def test_no_words_break_the_reading_of_times(words: str, language: str, seen: int) -> None:
    """An extension prints what it likes."""
    when = dates.printed(words, UTC, language, seen)
    assert when.earliest <= when.latest
    dates.exact(words)
    dates.zone_named(words)
