"""Which posts of a thread are to be read is decided by its list of ids and by what the message bus says."""

from __future__ import annotations

import json
from typing import Any

from adapters.forums.discourse import parse
from adapters.forums.discourse.news import News, news
from adapters.forums.discourse.parse import Topic


def topic(stream: list[int], shown: int = 20) -> Topic:
    """The page of a thread with some posts, the first of them shown; the n-th has the number n."""
    posts: list[dict[str, Any]] = [
        {"id": id, "post_number": number, "created_at": "2026-01-01T00:00:00Z", "cooked": "<p>words</p>"}
        for number, id in enumerate(stream, 1)
    ]
    told = {"id": 5, "title": "t", "highest_post_number": len(stream)}
    page = {**told, "post_stream": {"posts": posts[:shown], "stream": stream}}
    return parse.topic(json.dumps(page).encode(), "https://talk.example")


KNOWN = {100 + n: n for n in range(1, 31)}
STREAM = [*KNOWN]


def test_nothing_happened() -> None:
    assert news(topic(STREAM), KNOWN, ([], [])) is None


def test_a_new_post_is_asked_for_by_its_id() -> None:
    assert news(topic([*STREAM, 200]), KNOWN, ([200], [])) == News(due=(200,))


def test_a_new_post_is_found_also_where_the_bus_says_nothing_of_it() -> None:
    """Moved posts come without a word."""
    assert news(topic([*STREAM, 7]), KNOWN, ([], [])) == News(due=(7,))


def test_what_the_page_shows_is_not_asked_for_again() -> None:
    assert news(topic(STREAM), KNOWN, ([103, 125], [])) == News(due=(125,))


def test_what_left_is_asked_for_by_itself() -> None:
    assert news(topic([id for id in STREAM if id != 125]), KNOWN, ([], [125])) == News(lost=(125,))
    assert news(topic([id for id in STREAM if id != 125]), KNOWN, ([], [])) == News(lost=(125,))


def test_what_left_and_came_back_is_not_lost() -> None:
    assert news(topic(STREAM), KNOWN, ([], [125])) == News()


def test_all_is_read_where_nothing_tells_what_changed() -> None:
    assert news(topic(STREAM), KNOWN, None) == News(after=20, last=30)
    assert news(topic(STREAM[:15]), {}, None) == News()


def test_a_list_without_ids_loses_nothing() -> None:
    """An answer that leaves them out is odd, and no proof."""
    assert news(topic([]), KNOWN, None) == News()
