"""How far was heard, in a cursor that stays small and loses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chats.discord import heard as module
from adapters.chats.discord.backfill import PAGE, asleep, behind, missing, newest
from adapters.chats.discord.guilds import Guilds
from adapters.chats.discord.heard import MARGIN, Heard, heard, joined
from adapters.chats.discord.permissions import READ_MESSAGE_HISTORY, VIEW_CHANNEL
from bot.errors import Unparsable

MINUTE = 60_000 << 22


def restarted(one: Heard) -> Heard:
    """What another process knows of it."""
    return heard(joined(1, {0: one.part()}), 1)[0]


def test_a_cursor_is_how_far_each_channel_was_heard() -> None:
    """A restart goes on from there, channel by channel."""
    one = Heard(1000)
    one.took("a", 1005)
    one.took("b", 1003)
    again = restarted(one)
    assert (again.after("a"), again.after("b"), again.after("c")) == (1005, 1003, 1000)


def test_a_channel_never_goes_back() -> None:
    """Discord may tell of two messages in another order than their ids have."""
    one = Heard()
    one.took("a", 7)
    one.took("a", 5)
    assert one.after("a") == 7


def test_a_quiet_channel_is_not_named() -> None:
    """Thousands of channels would be written down with every message."""
    one = Heard(MINUTE)
    one.settled = True
    one.took("a", 5 * MINUTE)
    one.took("b", 30 * MINUTE)
    again = restarted(one)
    assert again.rooms == {"b": 30 * MINUTE}
    assert again.after("a") == 30 * MINUTE - MARGIN


def test_nothing_is_left_behind_while_something_is_still_to_be_read() -> None:
    """What was said in a channel that has no turn yet is older than what is said now."""
    one = Heard(MINUTE)
    one.took("a", 1000 * MINUTE)
    assert restarted(one).after("unread") == MINUTE


def test_a_busy_bot_has_a_bounded_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stored with every batch."""
    monkeypatch.setattr(module, "MOST", 3)
    one = Heard(MINUTE)
    one.settled = True
    for n in range(10):
        one.took(str(n), MINUTE + n + 1)
    again = restarted(one)
    assert sorted(again.rooms) == ["7", "8", "9"]
    assert again.after("6") == MINUTE + 7


def test_a_cursor_knows_what_people_said_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it can be seen behind a restart whether it still stands."""
    monkeypatch.setattr(module, "LAST_SAID", 3)
    one = Heard()
    for id, channel in (("1", "a"), ("2", ""), ("3", "b"), ("4", "a"), ("5", "a")):
        one.said.add(id, channel)
    again = restarted(one)
    assert (again.said.of("a"), again.said.of("b")) == (["4", "5"], ["3"])
    assert again.said.has("4"), "it was heard, and is not heard again"
    assert not again.said.has("1")


def test_what_one_shard_hears_says_nothing_of_another() -> None:
    """Ids count time: an hour of one shard would pass for an hour of all."""
    ahead, behind_, never = Heard(MINUTE), Heard(MINUTE), 2
    ahead.settled = behind_.settled = True
    behind_.took("b", MINUTE + 1)
    parts = {1: behind_.part()}
    ahead.took("a", 60 * MINUTE)
    again = heard(joined(3, parts | {0: ahead.part()}), 3)
    assert again[0].after("quiet") == 60 * MINUTE - MARGIN
    assert (again[1].after("b"), again[1].after("quiet")) == (MINUTE + 1, MINUTE)
    assert never not in again, "its present begins when it is heard first"


def test_with_another_number_of_shards_each_goes_on_where_the_last_one_was() -> None:
    """A channel may be any one's now; what was heard of it by itself stays heard."""
    ahead, last = Heard(60 * MINUTE, {"a": 61 * MINUTE}), Heard(MINUTE, {"b": 2 * MINUTE, "a": 5 * MINUTE})
    ahead.said.add(str(61 * MINUTE), "a")
    last.said.add(str(2 * MINUTE), "b")
    again = heard(joined(2, {0: ahead.part(), 1: last.part()}), 3)
    assert sorted(again) == [0, 1, 2]
    for one in again.values():
        assert (one.upto, one.after("a"), one.after("b")) == (MINUTE, 61 * MINUTE, 2 * MINUTE)
        assert one.said.of("a") + one.said.of("b") == [str(61 * MINUTE), str(2 * MINUTE)]


@pytest.mark.parametrize(
    "junk",
    [
        *("x", "{}", "[]", "null", "s1_2", "\ud800", '{"upto": 1}', '{"shards": 1, "parts": {}}'),
        '{"shards": 1, "parts": {"0": {"upto": -1}}}',
        '{"shards": 1, "parts": {"0": {"upto": 1e300}}}',
        '{"shards": 1, "parts": {"0": {"upto": 1, "rooms": {"a": -1}}}}',
    ],
)
@pytest.mark.parametrize("shards", [1, 2])
def test_what_is_no_cursor_says_so(junk: str, shards: int) -> None:
    """A database may be another chat's; and to begin anew would lose what was said."""
    with pytest.raises(Unparsable, match="does not say how far"):
        heard(junk, shards)


SHARDS = 3
HEARD = st.tuples(st.integers(0, SHARDS - 1), st.sampled_from("abc"), st.integers(1, 2**62))


@given(st.lists(HEARD, max_size=20), st.sets(st.integers(0, SHARDS - 1)), st.integers(1, 4))
def test_what_was_not_heard_is_left_to_be_read(took: list[tuple[int, str, int]], away: set[int], count: int) -> None:
    """Whatever the other shards heard, and however many there are after a restart."""
    shards = {number: Heard(1) for number in range(SHARDS)}
    for number, channel, message in took:
        if number not in away:
            shards[number].settled = True
            shards[number].took(f"{channel}{number}", message)
    parts = {number: one.part() for number, one in shards.items()}
    again = heard(joined(SHARDS, parts), count)
    for number in away:
        for one in again.values() if count != SHARDS else [again[number]]:
            assert all(one.after(f"{channel}{number}") == 1 for channel in "abc")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 2**62)), max_size=20), st.booleans())
def test_no_message_that_was_heard_is_read_again(took: list[tuple[str, int]], settled: bool) -> None:
    """Whatever the cursor leaves out."""
    one = Heard()
    one.settled = settled
    for channel, message in took:
        one.took(channel, message)
    again = restarted(one)
    for channel, message in took:
        assert again.after(channel) >= message


def guild() -> dict[str, object]:
    return {
        "id": "100",
        "joined_at": "2015-01-01T00:00:00.010+00:00",
        "roles": [{"id": "100", "permissions": str(VIEW_CHANNEL | READ_MESSAGE_HISTORY)}],
        "members": [{"user": {"id": "1"}, "roles": []}],
        "channels": [
            {"id": "200", "type": 0, "last_message_id": str(50 << 22)},
            {"id": "201", "type": 0, "last_message_id": str(40 << 22)},
            {"id": "202", "type": 0, "last_message_id": None},
            {"id": "203", "type": 15, "last_message_id": str(99 << 22)},
        ],
        "threads": [{"id": "300", "type": 11, "parent_id": "203", "last_message_id": str(60 << 22)}],
    }


def test_only_what_was_not_heard_is_read() -> None:
    """A start asks nothing of thousands of channels in which nobody spoke; a forum's newest is a thread of its own."""
    guilds = Guilds("1")
    guilds.apply("GUILD_CREATE", guild())
    assert newest(guild()) == {"200": 50 << 22, "201": 40 << 22, "300": 60 << 22}
    stopped = Heard(45 << 22, {"300": 55 << 22})
    assert behind(guild(), stopped, guilds) == [("200", 45 << 22), ("300", 55 << 22)]
    assert behind(guild(), Heard(60 << 22), guilds) == []


def test_what_was_said_before_we_came_into_a_guild_was_not_said_to_us() -> None:
    """A guild that lets us in has a history of years."""
    guilds = Guilds("1")
    guilds.apply("GUILD_CREATE", guild() | {"joined_at": "2015-01-01T00:00:00.045+00:00"})
    assert behind(guild(), Heard(), guilds) == [("200", 45 << 22), ("300", 45 << 22)]


def test_threads_that_fell_asleep_are_asked_about() -> None:
    """The gateway tells of those alone that are awake."""
    assert asleep(Heard(1, {"300": 5, "200": 7}), {"200"}) == [("300", 5)]


def test_only_a_page_that_would_show_it_proves_that_a_message_is_gone() -> None:
    """What is older than the page, or newer than what was asked for, is not on it."""
    short = [{"id": "5"}, {"id": "7"}]
    assert missing(short, ["3", "5", "6", "9"], 8) == ["3", "6"], "there is nothing before a page that is not full"
    full = [{"id": str(n)} for n in range(100, 100 + PAGE)]
    assert missing(full[:50] + full[51:] + [{"id": "300"}], ["99", "150"], 300) == ["150"]
    assert missing([], ["5"], 8) == [], "an empty page may be one that we may not read"
