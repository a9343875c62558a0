"""Boards of 2013: their own markup, times for people alone, and another language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from adapters.forums.phpbb import listing, parse
from adapters.forums.phpbb.settings import Rules
from bot import markup
from bot.model import ParentState

DATA = Path(__file__).parents[2] / "data" / "phpbb"
RULES = Rules("https://bees.example/forum")
CET = timezone(timedelta(hours=1))
SEEN = int(datetime(2013, 3, 5, 10, 30, tzinfo=CET).timestamp() * 1000)


def moment(*when: int) -> int:
    return int(datetime(*when, tzinfo=CET).timestamp() * 1000)  # type: ignore[misc, arg-type]


def test_a_thread_of_a_board_of_2013_is_read() -> None:
    """Title, way, lock, paging, authors, times and texts stand elsewhere than today."""
    found = parse.topic((DATA / "topic-3.0-de.html").read_bytes(), RULES, 10, SEEN)
    thread = found.thread
    assert (thread.key, thread.title, thread.closed, thread.replies) == ("271", "Wann wird geschleudert?", True, 12)
    assert thread.board is not None
    assert (thread.board.key, thread.board.path) == ("9", ("Rund um die Biene", "Honig & Wachs"))
    assert (found.start, found.next, found.total) == (10, None, 13)
    first, second = found.posts
    assert (first.key, first.position, first.op, first.title) == ("1404", 10, False, "")
    assert (first.author.name, first.author.id) == ("Waltraud", "12")
    assert first.author.avatar == "https://bees.example/forum/download/file.php?avatar=12_1.png"
    assert first.created.earliest == moment(2013, 3, 3, 22, 5)
    assert first.parent.state is ParentState.THREAD, "its quote names nobody's post"
    text = markup.write(markup.read(first.body.text, "html"), "plain")
    assert "Bei uns erst im Juli :-)" in text
    assert "Fleißig" not in text
    assert (second.author.name, second.author.id, second.title) == ("Ein Gast", "", "Deckelwachs")
    assert second.created.earliest == moment(2013, 3, 5, 10, 1)


def test_what_a_board_counts_about_a_file_is_no_text() -> None:
    """How often it was looked at would be an edit at every reading."""
    second = parse.topic((DATA / "topic-3.0-de.html").read_bytes(), RULES, 10, SEEN).posts[1]
    assert "wabe.jpg" in second.body.text
    assert '<a href="https://bees.example/forum/download/file.php?id=32">liste.zip</a>' in second.body.text
    assert '<img src="https://bees.example/forum/download/file.php?id=33" alt="stock.jpg">' in second.body.text
    assert "mal" not in second.body.text
    assert "sid=" not in second.body.text
    assert "geändert" not in second.body.text


def test_a_post_that_cannot_be_read_stops_nothing() -> None:
    """It is reported with its key and its bytes."""
    [damaged] = parse.topic((DATA / "topic-3.0-de.html").read_bytes(), RULES, 10, SEEN).damaged
    assert damaged.key == "1406"
    assert b"kaputter Beitrag" in damaged.sample


def test_a_board_of_2013_is_listed() -> None:
    """Announcements, a lock, a shadow, a broken row, and where the next page begins."""
    found = listing.board((DATA / "board-3.0-de.html").read_bytes(), RULES, "9", 0, SEEN)
    assert (found.board.name, found.start, found.next) == ("Honig & Wachs", 0, 25)
    rules, talk = found.rows
    assert (rules.thread.key, rules.pinned, rules.last) == ("3", True, 5)
    assert (talk.thread.key, talk.pinned, talk.last, talk.thread.replies) == ("271", False, 1406, 12)
    assert talk.thread.closed
    assert not rules.thread.closed
    assert len(found.damaged) == 1


def test_a_setting_goes_before_what_a_page_says_about_its_language() -> None:
    """Some boards are translated and say that they are English."""
    page = (DATA / "topic-3.0-de.html").read_text("utf-8").replace('lang="de"', 'lang="en"').encode()
    found = parse.topic(page, Rules(RULES.base, None, "de"), 10, SEEN)
    assert found.posts[0].created.earliest == moment(2013, 3, 3, 22, 5)


def test_the_foot_of_a_page_tells_the_zone() -> None:
    """What people see is in it; without it, the setting counts, then UTC."""
    page = (DATA / "topic-3.0-de.html").read_text("utf-8").replace("UTC + 1 Stunde", "")
    found = parse.topic(page.encode(), RULES, 10, SEEN)
    assert found.posts[0].created.earliest == int(datetime(2013, 3, 3, 22, 5, tzinfo=UTC).timestamp() * 1000)
