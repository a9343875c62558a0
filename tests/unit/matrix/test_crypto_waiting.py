"""Messages that wait for their key: how many, how long, and who hears of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.chats.matrix.encryption.machine import Key
from adapters.chats.matrix.encryption.waiting import FILE, MOST, MOST_ROOMS, PATIENCE, SOON, Waiting
from bot.ports import Context
from bot.testing.clock import FakeClock

ROOM = "!room:example.org"
KEY = Key(ROOM, "one")


@pytest.fixture
def waiting(its_context: Context) -> Waiting:
    return Waiting(its_context)


def those(waiting: Waiting, *keys: Key) -> list[str]:
    return [one.message for one in waiting.awaiting(keys)]


def remarks(waiting: Waiting) -> list[str]:
    return list(waiting.remarks)


async def test_who_waits_is_known_after_a_restart(waiting: Waiting, its_context: Context) -> None:
    """The cursor moves on behind it."""
    waiting.add(KEY, "$1")
    waiting.add(Key(ROOM, "two"), "$2")
    waiting.add(KEY, "$3")
    await waiting.keep()
    again = Waiting(its_context)
    assert those(again, KEY) == ["$1", "$3"]
    assert again.keys() == {KEY, Key(ROOM, "two")}
    again.done(["$1", "$3"])
    assert those(again, KEY) == []
    await again.keep()
    assert those(Waiting(its_context), KEY, Key(ROOM, "two")) == ["$2"]


async def test_nothing_is_written_where_nothing_waits(waiting: Waiting, its_context: Context) -> None:
    """It is asked before every cursor."""
    await waiting.keep()
    waiting.done(["$1"])
    await waiting.keep()
    assert not its_context.folder.exists()


async def test_a_word_is_said_when_it_takes_long_and_none_before(waiting: Waiting, clock: FakeClock) -> None:
    """Keys mostly come within seconds."""
    waiting.add(KEY, "$1")
    assert remarks(waiting) == []
    clock.advance(SOON + 1)
    assert [remark.startswith(f"{ROOM}: 1 ") for remark in remarks(waiting)] == [True]
    waiting.done(["$1"])
    assert remarks(waiting) == []


async def test_what_is_given_up_is_counted(waiting: Waiting, clock: FakeClock) -> None:
    """A week later, or when too many wait; never silently."""
    waiting.add(KEY, "$1")
    clock.advance(PATIENCE + 1)
    await waiting.keep()
    assert those(waiting, KEY) == []
    for n in range(MOST + 1):
        waiting.add(KEY, f"$more-{n}")
    assert those(waiting, KEY)[0] == "$more-1"
    assert [remark.startswith(f"{ROOM}: 2 ") for remark in remarks(waiting)] == [True]


def test_so_many_rooms_may_wait(waiting: Waiting) -> None:
    """Whoever invites us into many cannot fill the disk."""
    keys = [Key(f"!{n}:example.org", "one") for n in range(MOST_ROOMS + 1)]
    for n, key in enumerate(keys):
        waiting.add(key, f"${n}")
    assert len(those(waiting, *keys)) == MOST_ROOMS


@pytest.mark.parametrize("data", [b"", b"{", b'[{"room": 3}]'])
def test_a_file_that_cannot_be_read_is_nobody_waiting(its_context: Context, data: bytes) -> None:
    """It keeps nothing from starting."""
    its_context.folder.mkdir(parents=True)
    Path(its_context.folder / FILE).write_bytes(data)
    assert Waiting(its_context).keys() == set()
