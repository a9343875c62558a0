"""What the message bus answers, in pieces or whole."""

import pytest

from adapters.forums.discourse import bus
from adapters.forums.discourse.bus import Message
from bot.errors import Unparsable

CREATED = b'{"global_id":9,"message_id":4,"channel":"/topic/5","data":{"id":70,"type":"created","post_number":3}}'
DELETED = b'{"global_id":9,"message_id":5,"channel":"/topic/5","data":{"id":71,"type":"deleted"}}'


def test_messages_come_whole_or_in_pieces() -> None:
    whole = bus.messages(b"[" + CREATED + b"," + DELETED + b"]")
    assert bus.messages(b"[" + CREATED + b"]\r\n|\r\n[" + DELETED + b"]\r\n|\r\n") == whole
    assert [one.message_id for one in whole] == [4, 5]
    assert bus.messages(b"") == []


def test_a_message_says_what_happened_to_which_post() -> None:
    found = bus.messages(b"[" + CREATED + b"," + DELETED + b"]")
    assert bus.touched(found, 5) == ([70], [71])
    assert bus.touched(found, 6) == ([], [])


def test_the_last_word_about_a_post_counts() -> None:
    def told(kind: str) -> Message:
        return Message("/topic/5", 1, {"id": 70, "type": kind})

    assert bus.touched([told("deleted"), told("recovered")], 5) == ([70], [])
    assert bus.touched([told("created"), told("destroyed")], 5) == ([], [70])
    assert bus.touched([told("liked"), told("stats"), told("read")], 5) == ([], [])


@pytest.mark.parametrize(
    "data", [None, [], "words", 5, {"id": "70", "type": "created"}, {"id": True, "type": "x"}, {"id": 1}]
)
def test_a_message_about_nothing_is_about_nothing(data: object) -> None:
    assert bus.touched([Message("/topic/5", 1, data)], 5) == ([], [])


def test_a_broken_message_costs_no_other() -> None:
    assert len(bus.messages(b'[{"channel": 5},' + CREATED + b"]")) == 1


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[", b"[" * 100_000])
def test_what_is_no_list_of_messages_is_unparsable(body: bytes) -> None:
    with pytest.raises(Unparsable):
        bus.messages(body)


def test_a_bus_that_does_not_know_us_says_so() -> None:
    assert bus.began_anew(
        bus.messages(b'[{"global_id":-1,"message_id":-1,"channel":"/__status","data":{"/topic/5":2}}]')
    )
