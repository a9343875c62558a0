"""That nothing is missing among what the gateway tells."""

from __future__ import annotations

from adapters.chats.discord.order import HELLO, Order, Taking

TAKE, LEAVE, ASK = Taking.TAKE, Taking.LEAVE, Taking.ASK


def told(order: Order, *numbers: int) -> list[Taking]:
    return [order.take(0, "MESSAGE_CREATE", number) for number in numbers]


def ready(number: int = 1) -> Order:
    order = Order()
    assert order.take(HELLO, None, None) is LEAVE
    assert order.take(0, "READY", number) is TAKE
    return order


def test_events_are_taken_in_their_order() -> None:
    """And what is no event has no number."""
    order = ready()
    assert told(order, 2, 3) == [TAKE, TAKE]
    assert order.take(11, None, None) is LEAVE
    assert told(order, 4) == [TAKE]


def test_what_comes_again_is_left() -> None:
    """Discord may begin before where we stopped."""
    order = ready()
    assert told(order, 2, 3, 2, 3, 4) == [TAKE, TAKE, LEAVE, LEAVE, TAKE]


def test_what_is_missing_is_asked_for_once_and_nothing_behind_it_is_taken_before() -> None:
    """An answer must not overtake the message before it."""
    order = ready()
    assert told(order, 2, 5, 6) == [TAKE, ASK, LEAVE]
    assert order.last == 2
    order.take(HELLO, None, None)
    assert told(order, 3, 4, 5, 6, 7) == [TAKE] * 5
    assert order.lost == 0


def test_what_discord_does_not_have_any_more_is_not_waited_for() -> None:
    """Else the same would be asked for ever."""
    order = ready()
    told(order, 2, 5)
    order.take(HELLO, None, None)
    assert told(order, 5, 6) == [TAKE, TAKE]
    assert order.lost == 2
    assert told(order, 9) == [ASK], "the next gap is another one"


def test_a_new_session_counts_anew() -> None:
    """Of the old one nothing more will come."""
    order = ready()
    told(order, 2, 5)
    assert order.take(0, "READY", 1) is TAKE
    assert told(order, 2) == [TAKE]
