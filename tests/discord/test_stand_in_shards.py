"""The stand-in shares its guilds out to shards as Discord does, to discord.py as it is."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import discord
import pytest

from tests.discord.gateway import BAD_SHARD, SHARD
from tests.discord.listener import Listener, asked, connected, intents, until
from tests.discord.stand_in import StandIn


class Sharded(discord.AutoShardedClient):
    """discord.py's own client of all shards; it waits for the stand-in's clock instead of its own."""

    def __init__(self, stand_in: StandIn, **options: Any) -> None:
        super().__init__(intents=intents(message_content=True), guild_ready_timeout=0.01, **options)
        self.heard: list[tuple[int | None, str]] = []
        self._stand_in = stand_in

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not initial:
            self._stand_in.forward(5)

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append((message.guild.shard_id if message.guild else None, message.content))


def shards(stand_in: StandIn) -> list[tuple[int, int]]:
    """Those that logged in, in that order."""
    return [tuple(login["shard"]) for login in stand_in.gateway.logins]


async def test_shards_hear_of_their_own_guilds(stand_in: StandIn) -> None:
    """And the first one of what is said in private."""
    guilds = [stand_in.guild(f"guild {number}", shard=(number, 2)) for number in range(2)]
    ann = stand_in.person("ann", *guilds)
    talks = [stand_in.channel(guild) for guild in guilds]
    client = Sharded(stand_in, shard_count=2)
    async with connected(client, stand_in.token):
        assert sorted(shards(stand_in)) == [(0, 2), (1, 2)]
        assert sorted((one.shard_id, one.id) for one in client.guilds) == [
            (number, int(guild.id)) for number, guild in enumerate(guilds)
        ]
        for number, talk in enumerate(talks):
            ann.says(talk, f"in {number}")
        ann.writes_to_bot("private")
        await until(lambda: len(client.heard) == 3)
    assert sorted(client.heard, key=str) == [(0, "in 0"), (1, "in 1"), (None, "private")]


async def test_a_client_of_all_shards_makes_as_many_as_are_recommended(stand_in: StandIn) -> None:
    """One by one, for five seconds lie between two logins."""
    stand_in.gateway.recommends, stand_in.gateway.apart = 3, 5.0
    stand_in.guild()
    async with connected(Sharded(stand_in), stand_in.token):
        assert shards(stand_in) == [(0, 3), (1, 3), (2, 3)]
    assert stand_in.gateway.hasty == 0


async def test_one_shard_is_a_client_of_its_own(stand_in: StandIn) -> None:
    """It sees its guilds alone; its line may break without the others'."""
    first, second = (stand_in.guild(f"guild {number}", shard=(number, 2)) for number in range(2))
    one, other = (Listener(shard_id=number, shard_count=2) for number in range(2))
    async with connected(one, stand_in.token), connected(other, stand_in.token):
        assert [guild.id for guild in one.guilds] == [int(first.id)]
        assert [guild.id for guild in other.guilds] == [int(second.id)]
        stand_in.gateway.cut(1)
        await other.hears("resumed")
        assert one.of("disconnect") == []


async def test_a_login_too_soon_is_told_that_its_session_is_over(stand_in: StandIn) -> None:
    """And may try again; shards of other numbers, modulo how many may log in at a time, may come at once."""
    stand_in.gateway.apart, stand_in.gateway.concurrency = 5.0, 2
    assert (await _login(stand_in, (0, 4)))["t"] == "READY"
    assert (await _login(stand_in, (1, 4)))["t"] == "READY"
    assert (await _login(stand_in, (2, 4)))["op"] == 9
    stand_in.forward(5)
    assert (await _login(stand_in, (2, 4)))["t"] == "READY"
    assert stand_in.gateway.hasty == 1


async def test_a_shard_that_is_away_answers_nothing(stand_in: StandIn) -> None:
    """Neither a login nor who would go on."""
    second = stand_in.guild("second", shard=(1, 2))
    client = Listener(shard_id=1, shard_count=2)
    async with connected(client, stand_in.token):
        stand_in.gateway.away.add(1)
        stand_in.gateway.cut(1)
        await until(lambda: stand_in.gateway.closed)
        assert (await _login(stand_in, (0, 2)))["t"] == "READY"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await _login(stand_in, (1, 2))
        stand_in.gateway.away.clear()
        assert (await _login(stand_in, (1, 2)))["d"]["guilds"] == [{"id": second.id, "unavailable": True}]


async def test_discord_recommends_a_shard_for_each_thousand_guilds(stand_in: StandIn) -> None:
    """And says how often one may log in, and how many at a time."""
    stand_in.guild()
    stand_in.gateway.logins_left, stand_in.gateway.concurrency = 7, 16
    advised = (await asked(stand_in, "GET", "/gateway/bot")).said
    assert advised["shards"] == 1
    assert advised["session_start_limit"] == {
        "total": 1000,
        "remaining": 7,
        "reset_after": 86_400_000,
        "max_concurrency": 16,
    }
    stand_in.gateway.recommends = 4
    assert (await asked(stand_in, "GET", "/gateway/bot")).said["shards"] == 4


@pytest.mark.parametrize("shard", [(2, 2), (-1, 2), (0, 0)])
async def test_a_shard_that_is_none_is_refused(stand_in: StandIn, shard: tuple[int, int]) -> None:
    """4010."""
    assert await _login(stand_in, shard) == {"closed": BAD_SHARD}


async def test_more_guilds_than_a_shard_may_have_are_refused(stand_in: StandIn) -> None:
    """4011; in more shards they have room."""
    stand_in.gateway.guilds_per_shard = 1
    for number in range(2):
        stand_in.guild(f"guild {number}", shard=(number, 2))
    assert await _login(stand_in, (0, 1)) == {"closed": SHARD}
    assert (await _login(stand_in, (0, 2)))["t"] == "READY"


async def _login(stand_in: StandIn, shard: tuple[int, int]) -> dict[str, Any]:
    """What is said to a login; the code, where the line is closed."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{stand_in.socket}?v=10") as line:
        await line.receive_json()
        await line.send_json({"op": 2, "d": {"token": stand_in.token, "intents": 1, "shard": shard}})
        told = await line.receive()
        return told.json() if told.type is aiohttp.WSMsgType.TEXT else {"closed": line.close_code}
