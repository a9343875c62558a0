"""Channels that take nothing for a while: what waits goes out by itself, and admins are told once, of the end too."""

from __future__ import annotations

import re
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.chats.discord import limits, rest
from bot.app import OPERATOR, App
from bot.commands import carry_out
from tests.discord import permissions
from tests.discord.installed import mirror, shown
from tests.discord.mirrored import Mirrored
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

TRIES = 5
"""Looks at what is owed while nothing can be done about it; between two of them a place that is paused is tried."""


class House:
    """A mirror, its channel, and the channel in which its admins are told what is wrong."""

    def __init__(self, folder: Path, there: StandIn, guild: Guild, channel: Channel, ann: Person) -> None:
        there.bot_may(guild, permissions.EVERYONE)
        self._notices = there.channel(guild, "notices")
        self._ann = ann
        self.mirrored = Mirrored(folder, there, channel, ann, notices=self._notices)

    def running(self) -> AbstractAsyncContextManager[App]:
        return self.mirrored.running()

    async def waits(self) -> None:
        """Two more posts come, and stay away however often they are tried."""
        before = self.mirrored.shown()
        await self.mirrored.grow(2)
        for _ in range(TRIES):
            await self.mirrored.work(320_000)
        assert self.mirrored.shown() == before

    def told(self) -> list[str]:
        """What the admins were told."""
        return [str(one.embeds[0]["description"]) for one in self._ann.sees(self._notices)]

    async def status(self) -> str:
        return (await carry_out(self.mirrored.app, OPERATOR, "mirror", ("status",))).text


@pytest.fixture
def house(stand_in: StandIn, guild: Guild, talk: Channel, ann: Person, tmp_path: Path) -> House:
    return House(tmp_path, stand_in, guild, talk, ann)


@pytest.mark.parametrize(
    ("bit", "name"),
    [
        (permissions.VIEW_CHANNEL, "View Channels"),
        (permissions.SEND_MESSAGES_IN_THREADS, "Send Messages in Threads"),
        (permissions.EMBED_LINKS, "Embed Links"),
    ],
)
async def test_what_waits_for_a_permission_goes_out_when_it_is_back(
    stand_in: StandIn, talk: Channel, house: House, bit: int, name: str
) -> None:
    """The place is paused, and nobody has to start it again; what is missing stands in `status`."""
    async with house.running():
        await house.mirrored.begin(3)
        await house.mirrored.settle()
        stand_in.deny(talk, bit)
        await house.waits()
        [told] = house.told()
        assert told.startswith("discord:talk › Talk ")
        assert name in told
        assert name in await house.status()
        stand_in.world.clear_overwrite(talk, stand_in.world.bot.id)
        await house.mirrored.work(320_000)
        await house.mirrored.settle()
        assert len(house.told()) == 2
        assert re.search("can be written to again", house.told()[1])
        assert name not in await house.status()


async def test_a_thread_that_is_locked_goes_on_when_it_is_unlocked(
    stand_in: StandIn, guild: Guild, talk: Channel, ann: Person, house: House
) -> None:
    """A moderator ended the talk there, perhaps for an hour; other threads of the channel go on."""
    mod = stand_in.person("mod", guild, may=permissions.MANAGE_THREADS)
    async with house.running() as app:
        await house.mirrored.begin(3)
        await house.mirrored.settle()
        [thread] = ann.threads_in(talk)
        mod.changes_thread(thread, locked=True, archived=True)
        await house.waits()
        [told] = house.told()
        assert "locked" in told
        other = await house.mirrored.another("no. 99")
        await mirror(app, other, talk)
        await house.mirrored.work()
        assert "no. 99" in shown(ann, talk)
        mod.changes_thread(thread, locked=False, archived=False)
        await house.mirrored.work(320_000)
        await house.mirrored.work()
        assert shown(ann, thread) == house.mirrored.written[1:]
        assert len(house.told()) == 2


async def test_a_channel_that_was_deleted_is_told_of_once_and_holds_up_no_other(
    stand_in: StandIn, guild: Guild, talk: Channel, ann: Person, house: House
) -> None:
    """Nobody but an admin knows whether that was meant."""
    other = stand_in.channel(guild, "other")
    async with house.running() as app:
        await house.mirrored.begin(3)
        await house.mirrored.settle()
        stand_in.world.remove_channel(talk)
        await house.mirrored.grow(2)
        for _ in range(TRIES):
            await house.mirrored.work(320_000)
        thread = await house.mirrored.another("no. 99")
        await mirror(app, thread, other)
        await house.mirrored.work()
        assert shown(ann, other) == ["no. 99"]
        assert len(house.told()) == 1, house.told()
        [told] = house.told()
        assert "no channel" in told
        assert "no channel" in await house.status()


async def test_posts_of_a_thread_that_was_deleted_are_given_up_and_told_of_once(
    stand_in: StandIn, talk: Channel, ann: Person, house: House
) -> None:
    """A moderator who deletes it does not want them there; `why` says what became of each."""
    async with house.running():
        await house.mirrored.begin(3)
        await house.mirrored.settle()
        stand_in.world.remove_channel(ann.threads_in(talk)[0])
        await house.mirrored.grow(3)
        for _ in range(TRIES):
            await house.mirrored.work()
        assert shown(ann, talk) == ["no. 0"]
        [told] = house.told()
        assert "deleted on Discord" in told


async def test_slow_mode_holds_up_what_is_said_and_loses_nothing(
    stand_in: StandIn, guild: Guild, house: House, ann: Person, talk: Channel
) -> None:
    """One message in a second: they come one after the other, and nobody is told of what is no failure."""
    async with house.running():
        await house.mirrored.begin(2)
        await house.mirrored.settle()
        stand_in.world.slow_mode_binds_bots, ann.threads_in(talk)[0].slow = True, 1
        await house.mirrored.grow(3)
        await house.mirrored.settle()
        assert house.told() == []


async def test_before_discord_shuts_us_out_the_bot_stops_and_goes_on_by_itself(
    stand_in: StandIn, talk: Channel, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand refused requests in ten minutes would be a ban; `status` says why nothing moves meanwhile."""
    ahead = 0.0
    monkeypatch.setattr(rest, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead))
    async with house.running():
        await house.mirrored.begin(3)
        await house.mirrored.settle()
        monkeypatch.setattr(limits, "INVALID", 4)
        stand_in.deny(talk, permissions.SEND_MESSAGES_IN_THREADS)
        await house.waits()
        before = len(stand_in.rest.asked)
        await house.mirrored.work(320_000)
        assert len(stand_in.rest.asked) == before
        assert "refused so many requests" in await house.status()
        stand_in.world.clear_overwrite(talk, stand_in.world.bot.id)
        ahead = limits.INVALID_WINDOW
        await house.mirrored.work(320_000)
        await house.mirrored.settle()
        assert "refused so many requests" not in await house.status()
