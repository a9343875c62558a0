"""A bot in very many servers hears on several lines, each by itself: one stream, with one cursor that never lies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest

from adapters.chats.discord import gateway, pacing, shard
from adapters.chats.discord.receiving import Receiving
from bot.errors import LoginRejected, RateLimited, Unparsable
from bot.model import Said
from bot.testing.chat_talk import Ears, saying
from tests.discord.faults import Fail, Hold
from tests.discord.hearing import Hearing, heard, texts
from tests.discord.listener import PATIENCE, until
from tests.discord.nouns import Channel
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

HOUR = 3600.0


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a turn, or to be tried again."""
    monkeypatch.setattr(pacing, "APART", 0.0)
    monkeypatch.setattr(pacing, "SOON", 0.01)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line without a session is given up soon."""
    monkeypatch.setattr(gateway, "PATIENCE", 1.0)


class Two(NamedTuple):
    """A channel in a server of the first shard, one in a server of the second, and somebody who is in both."""

    first: Channel
    second: Channel
    ann: Person


@pytest.fixture
def two(stand_in: StandIn) -> Two:
    stand_in.gateway.recommends = 2
    guilds = [stand_in.guild(f"guild {number}", shard=(number, 2)) for number in range(2)]
    first, second = (stand_in.channel(guild) for guild in guilds)
    return Two(first, second, stand_in.person("bea", *guilds))


async def both(hearing: Hearing, two: Two, receiving: Receiving | None = None) -> Ears:
    """Ears that hear both."""
    ears = await hearing.ears(receiving=receiving)
    for channel in (two.first, two.second):
        await spoken(ears, two, channel, f"hello {channel.id}")
    return ears


async def spoken(ears: Ears, two: Two, channel: Channel, words: str) -> list[str]:
    """Somebody says this, again and again until it is heard: a shard that begins hears the present only."""
    told: list[str] = []
    while words not in told:
        two.ann.says(channel, words)
        batch = await ears.batch(0.2)
        told += texts(list(batch.events)) if batch is not None else []
    return [one for one in told if one != words]


async def listening(ears: Ears, condition: Callable[[], object]) -> list[str]:
    """Listen until something holds; what was said meanwhile."""
    told: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while not condition():
            batch = await ears.batch(0.02)
            told += texts(list(batch.events)) if batch is not None else []
    return told


def shards(stand_in: StandIn) -> list[tuple[int, int]]:
    """Those that logged in."""
    return sorted(tuple(login["shard"]) for login in stand_in.gateway.logins)


def logged_in(stand_in: StandIn, shard: tuple[int, int], times: int) -> bool:
    """Whether one did so often."""
    return shards(stand_in).count(shard) == times


# --------------------------------------------------------------------------------------------------------- all of them


async def test_as_many_shards_are_held_as_discord_recommends(stand_in: StandIn, hearing: Hearing, two: Two) -> None:
    """What people say in a server is heard on its shard, and what they say in private on the first."""
    ears = await both(hearing, two)
    assert shards(stand_in) == [(0, 2), (1, 2)]
    two.ann.says(two.first, "here")
    two.ann.says(two.second, "there")
    two.ann.writes_to_bot("in private")
    told: list[str] = []
    while len(told) < 3:
        batch = await ears.batch(20)
        assert batch is not None
        told += [text for text in texts(list(batch.events)) if not text.startswith("hello")]
    assert sorted(told) == ["here", "in private", "there"]


async def test_the_settings_may_say_how_many_there_are(stand_in: StandIn, hearing: Hearing, two: Two) -> None:
    """Somebody who knows it better than Discord."""
    hearing.shards = 3
    ears = await hearing.ears()
    await listening(ears, lambda: len(stand_in.gateway.logins) == 3)
    assert shards(stand_in) == [(0, 3), (1, 3), (2, 3)]


async def test_commands_are_told_once_and_not_by_every_shard(stand_in: StandIn, hearing: Hearing, two: Two) -> None:
    """Discord counts how often that is done."""
    await both(hearing, two)
    puts = [one for one in stand_in.rest.asked if one.method == "PUT" and one.path.endswith("/commands")]
    assert len(puts) == 1


# --------------------------------------------------------------------------------------------- one that is behind


async def test_a_shard_that_is_down_loses_nothing_while_another_one_hears(
    stand_in: StandIn, hearing: Hearing, two: Two
) -> None:
    """What one hears says nothing of the other's channels: the next process goes on with each where it was."""
    ears = await both(hearing, two)
    stand_in.gateway.away.add(1)
    stand_in.gateway.cut(1)
    two.ann.says(two.second, "missed")
    for n in range(3):
        stand_in.forward(HOUR)
        two.ann.says(two.first, f"line {n}")
    assert texts(await ears.until(saying("line 2"))) == [f"line {n}" for n in range(3)]
    await ears.close()
    stand_in.gateway.away.clear()
    again = await hearing.ears(ears.cursor)
    assert texts(await again.until(saying("missed"))) == ["missed"]
    assert texts(await heard(again, two.ann, two.first)) == []


@pytest.mark.usefixtures("impatient")
async def test_a_shard_that_comes_back_reads_what_it_missed(stand_in: StandIn, hearing: Hearing, two: Two) -> None:
    """In the same process, while the other one goes on; operators see meanwhile that it is away."""
    receiving = hearing.opened()
    ears = await both(hearing, two, receiving)
    stand_in.gateway.away.add(1)
    stand_in.gateway.forget()
    await listening(ears, lambda: any("shard 1 of 2 hears nothing" in remark for remark in receiving.remarks))
    two.ann.says(two.second, "missed")
    two.ann.says(two.first, "line")
    assert "line" in texts(await ears.until(saying("line")))
    stand_in.gateway.away.clear()
    assert "missed" in texts(await ears.until(saying("missed")))
    await listening(ears, lambda: receiving.remarks == ())


@pytest.mark.usefixtures("impatient")
async def test_a_shard_that_is_dead_from_the_start_keeps_nobody_from_being_heard(
    stand_in: StandIn, hearing: Hearing, two: Two
) -> None:
    """Whichever it is."""
    stand_in.gateway.away.add(0)
    ears = await hearing.ears()
    await spoken(ears, two, two.second, "there")
    stand_in.gateway.away.clear()
    await spoken(ears, two, two.first, "here")


async def test_a_shard_that_reads_the_past_keeps_nobody_from_being_heard(
    stand_in: StandIn, hearing: Hearing, two: Two
) -> None:
    """It may have thousands of channels to read."""
    ears = await both(hearing, two)
    await ears.close()
    two.ann.says(two.second, "missed")
    held = stand_in.faults.rule(Hold(done=False), "GET", f"/channels/{two.second.id}/messages", times=None)
    again = hearing.ears_unheard(ears.cursor)
    assert await again.batch(0) is None
    await until(lambda: held.met)
    await spoken(again, two, two.first, "meanwhile")
    stand_in.faults.mend()
    assert "missed" in texts(await again.until(saying("missed")))


async def test_a_reading_that_fails_is_begun_again_by_its_shard_alone(
    stand_in: StandIn, hearing: Hearing, two: Two
) -> None:
    """What came before it stays heard, and nothing is lost behind it."""
    ears = await both(hearing, two)
    await ears.close()
    said = [f"line {n}" for n in range(3)]
    for words in said:
        two.ann.says(two.second, words)
    failing = stand_in.faults.rule(Fail(502), "GET", f"/channels/{two.second.id}/messages", times=2)
    again = hearing.ears_unheard(ears.cursor)
    told = await spoken(again, two, two.first, "meanwhile")
    told += texts(await again.until(saying("line 2"))) if "line 2" not in told else []
    assert [one for one in told if one in said] == said
    assert failing.happened == 2
    assert shards(stand_in).count((0, 2)) == 2, "once by each process"


async def test_a_line_that_is_made_anew_is_its_shards_alone(stand_in: StandIn, hearing: Hearing, two: Two) -> None:
    """An event that ends discord.py ends one client."""
    ears = await both(hearing, two)
    stand_in.gateway.say_nonsense("MESSAGE_CREATE", {"channel_id": two.second.id}, shard=1)
    await listening(ears, lambda: shards(stand_in) == [(0, 2), (1, 2), (1, 2)])
    await spoken(ears, two, two.second, "there")
    await spoken(ears, two, two.first, "here")
    assert shards(stand_in) == [(0, 2), (1, 2), (1, 2)]


@pytest.mark.usefixtures("impatient")
async def test_when_no_shard_hears_any_more_the_listener_is_told(stand_in: StandIn, hearing: Hearing, two: Two) -> None:
    """That one is away is seen in `status`; that all are, the admins have to hear."""
    ears = await both(hearing, two)
    stand_in.gateway.away |= {0, 1}
    stand_in.gateway.forget()
    with pytest.raises(Unparsable, match="no session came about"):
        await listening(ears, lambda: False)
    stand_in.gateway.away.clear()
    two.ann.says(two.second, "missed")
    again = hearing.ears_unheard(ears.cursor)
    assert "missed" in texts(await again.until(saying("missed")))


# --------------------------------------------------------------------------------------------------- how many there are


async def test_with_another_number_of_shards_nothing_is_lost(stand_in: StandIn, hearing: Hearing, two: Two) -> None:
    """A server may then be another shard's: all go on where the one was that was farthest behind."""
    ears = await both(hearing, two)
    stand_in.gateway.away.add(1)
    stand_in.gateway.cut(1)
    two.ann.says(two.second, "missed")
    stand_in.forward(HOUR)
    two.ann.says(two.first, "line")
    await ears.until(saying("line"))
    await ears.close()
    stand_in.gateway.away.clear()
    stand_in.gateway.recommends = 3
    again = hearing.ears_unheard(ears.cursor)
    assert "missed" in texts(await again.until(saying("missed")))
    await listening(again, lambda: {(0, 3), (1, 3), (2, 3)} <= set(shards(stand_in)))


async def test_too_few_shards_become_as_many_as_discord_recommends(
    stand_in: StandIn, hearing: Hearing, two: Two
) -> None:
    """A bot that is let into ever more servers: a login is refused one day (4011), and nothing is lost for it."""
    stand_in.gateway.recommends = 1
    ears = await hearing.ears()
    await spoken(ears, two, two.first, "one line")
    stand_in.gateway.guilds_per_shard, stand_in.gateway.recommends = 2, 4
    stand_in.gateway.forget()
    two.ann.says(two.second, "between")
    assert "between" in texts(await ears.until(saying("between")))
    await listening(ears, lambda: stand_in.gateway.listeners == 4)


async def test_too_few_shards_of_the_settings_say_what_to_set(stand_in: StandIn, hearing: Hearing, two: Two) -> None:
    """Discord takes no other number than ours."""
    hearing.shards = 1
    stand_in.gateway.guilds_per_shard = 1
    with pytest.raises(LoginRejected, match="set a higher number of shards"):
        await hearing.ears_unheard().batch(20)


# ----------------------------------------------------------------------------------------------------------- logins


@pytest.mark.parametrize("concurrency", [1, 2])
async def test_shards_log_in_at_the_pace_that_discord_sets(
    stand_in: StandIn, hearing: Hearing, two: Two, monkeypatch: pytest.MonkeyPatch, concurrency: int
) -> None:
    """So many at a time as it says; also those whose session is over all at once."""
    monkeypatch.setattr(pacing, "APART", 0.4)
    stand_in.gateway.recommends, stand_in.gateway.concurrency, stand_in.gateway.apart = 3, concurrency, 0.1
    ears = await hearing.ears()
    await listening(ears, lambda: stand_in.gateway.listeners == 3)
    stand_in.gateway.invalidate()
    await listening(ears, lambda: len(stand_in.gateway.logins) == 6)
    assert stand_in.gateway.hasty == 0


async def test_logins_that_discord_does_not_take_any_more_are_not_tried(
    stand_in: StandIn, hearing: Hearing, two: Two
) -> None:
    """One too many, and the token is void."""
    stand_in.gateway.logins_left = 1
    with pytest.raises(RateLimited, match="1 times more today"):
        await hearing.ears_unheard().batch(20)
    assert stand_in.gateway.logins == []


async def test_a_shard_that_wastes_its_logins_takes_none_of_the_others(
    stand_in: StandIn, hearing: Hearing, two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own are spent sparingly; another one whose line ends is there again at once."""
    monkeypatch.setattr(pacing, "SELDOM", HOUR)
    ears = await both(hearing, two)
    for n in range(1, pacing.FREE):
        stand_in.gateway.say_nonsense("MESSAGE_CREATE", {"channel_id": two.second.id}, shard=1)
        await listening(ears, partial(logged_in, stand_in, (1, 2), n + 1))
        await spoken(ears, two, two.second, f"there {n}")
    stand_in.gateway.say_nonsense("MESSAGE_CREATE", {"channel_id": two.second.id}, shard=1)
    stand_in.gateway.say_nonsense("MESSAGE_CREATE", {"channel_id": two.first.id}, shard=0)
    await listening(ears, partial(logged_in, stand_in, (0, 2), 2))
    await spoken(ears, two, two.first, "here")
    assert shards(stand_in).count((1, 2)) == pacing.FREE


async def test_each_batch_holds_what_its_cursor_says(
    stand_in: StandIn, hearing: Hearing, two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies behind any batch goes on from there: nothing that another shard had begun is lost."""
    monkeypatch.setattr(shard, "PAGE", 3)
    ears = await both(hearing, two)
    await ears.close()
    said = {f"{n} {channel.id}" for channel in (two.first, two.second) for n in range(8)}
    for n in range(8):
        for channel in (two.first, two.second):
            two.ann.says(channel, f"{n} {channel.id}")
    told: set[str] = set()
    cursor, life = ears.cursor, 0
    while not said <= told:
        one, life = hearing.ears_unheard(cursor), life + 1
        for _ in range(1 + life % 4):
            if not said <= told:
                batch = await one.batch(20)
                assert batch is not None, said - told
                told |= {event.text for event in batch.events if isinstance(event, Said)}
        cursor = one.cursor
        await one.close()
