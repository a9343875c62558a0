"""The whole program before a Discord that fails: what a person reads in the channel at the end."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.chats.discord import rest, titles
from bot.model import Batch, ChannelRef, ChatPerson, MessageId, Said, ThreadRef, UserId, Where
from bot.store.inbox import receive
from bot.store.whispers import whisper
from tests.discord.faults import Drop, Fail, Fault, Limit, LoseAnswer
from tests.discord.mirrored import PATIENCE, Mirrored, fails
from tests.discord.nouns import Channel
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


@pytest.fixture(params=[f"{kind} channel, {who}" for kind in ("text", "forum") for who in ("bot", "webhook")])
def mirrored(
    request: pytest.FixtureRequest, stand_in: StandIn, talk: Channel, board: Channel, ann: Person, tmp_path: Path
) -> Mirrored:
    """A channel of each kind, and who speaks in it."""
    kind, who = request.param.split(" channel, ")
    return Mirrored(tmp_path, stand_in, talk if kind == "text" else board, ann, who)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(LoseAnswer(), id="the answer lost"),
        pytest.param(Drop(), id="the connection lost"),
        pytest.param(Fail(500), id="500, done all the same"),
        pytest.param(Fail(500, done=False), id="500, not done"),
        pytest.param(Limit(0.2, hidden=True), id="limits that no header told"),
    ],
)
async def test_whatever_happens_to_answers_everything_stands_there_once_and_in_order(
    stand_in: StandIn, mirrored: Mirrored, fault: Fault
) -> None:
    """Where Discord knows keys and where it knows none; posts are written and changed meanwhile."""
    fails(stand_in, fault, 0.35)
    async with mirrored.running():
        await mirrored.begin(8)
        await mirrored.work()
        await mirrored.mend(0, 2, 7)
        await mirrored.grow(3)
        await mirrored.settle()
        await mirrored.mend(3, 9)
        await mirrored.settle()


@pytest.mark.parametrize("fault", [pytest.param(LoseAnswer(), id="lost"), pytest.param(Drop(), id="never done")])
async def test_a_long_opening_post_stands_there_once_and_whole(
    stand_in: StandIn, mirrored: Mirrored, fault: Fault
) -> None:
    """Its further messages are parts of one delivery: none may become a post of its own, or stand in another's."""
    words = [f"w{n}" for n in range(2500)]
    fails(stand_in, fault, 0.4)
    async with mirrored.running():
        await mirrored.begin(2, " ".join(words))
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while await mirrored.owed() or "no. 1" not in mirrored.shown()[-1:]:
                    await mirrored.work()
        assert re.findall(r"\bw\d+\b", " ".join(mirrored.shown())) == words, mirrored.log.text()[-3_000:]
        assert mirrored.shown()[-1] == "no. 1"
        assert len(mirrored.threads()) == 1


@pytest.mark.parametrize("layout", ["cards", "stream"])
@pytest.mark.parametrize("identity", ["bot", "webhook"])
async def test_each_layout_shows_everything_once_where_it_belongs(
    stand_in: StandIn, talk: Channel, ann: Person, tmp_path: Path, layout: str, identity: str
) -> None:
    """Cards get their thread with the first reply, a stream has none."""
    mirrored = Mirrored(tmp_path, stand_in, talk, ann, identity)
    fails(stand_in, LoseAnswer(), 0.35)
    async with mirrored.running():
        await mirrored.begin(1, layout=layout)
        await mirrored.settle()
        assert mirrored.threads() == []
        await mirrored.grow(4)
        await mirrored.mend(0, 2)
        await mirrored.settle()
        assert len(mirrored.threads()) == (1 if layout == "cards" else 0)


async def test_threads_and_posts_are_called_like_the_thread_that_they_show(
    stand_in: StandIn, mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord lets a thread be renamed twice in ten minutes: the third name waits, and nothing else does."""
    async with mirrored.running():
        await mirrored.begin(2)
        await mirrored.settle()
        for title in ("Better talk", "Best talk", "The last word"):
            await mirrored.say(0, "no. 0", title)
            await mirrored.work(320_000)
        await mirrored.grow(2)
        await mirrored.settle()
        assert [one.name for one in mirrored.threads()] == ["Best talk"]
        monkeypatch.setattr(titles, "WINDOW", 0.0)
        await mirrored.work(620_000)
        await mirrored.work()
        assert [one.name for one in mirrored.threads()] == ["The last word"]


async def test_several_changes_of_an_old_post_become_one(
    stand_in: StandIn, talk: Channel, ann: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord takes few edits of old messages (30046): what is shown at last is the newest, and that once."""
    mirrored, ahead = Mirrored(tmp_path, stand_in, talk, ann), 0.0
    monkeypatch.setattr(rest, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead))
    async with mirrored.running():
        await mirrored.begin(3)
        await mirrored.settle()
        [thread] = mirrored.threads()
        old = ann.sees(thread)[1]
        stand_in.faults.rule(Limit(600.0, hidden=True, code=30046), "PATCH", f"/messages/{old.id}")
        await mirrored.mend(1)
        for text in ("no. 1 mended once", "no. 1 mended twice", "no. 1 mended thrice"):
            await mirrored.say(1, text)
            await mirrored.work(320_000)
        ahead = 600.0
        await mirrored.settle()
        assert "thrice" in str(old.embeds)
        asked = [one.status for one in stand_in.rest.asked if one.method == "PATCH" and old.id in one.path]
        assert asked == [429, 200]


async def test_a_limit_of_reactions_holds_up_neither_messages_nor_answers(
    stand_in: StandIn, talk: Channel, ann: Person, tmp_path: Path
) -> None:
    """Signs are a courtesy; they come when they can."""
    mirrored = Mirrored(tmp_path, stand_in, talk, ann)
    async with mirrored.running() as app:
        await mirrored.begin(2)
        await mirrored.settle()
        stand_in.faults.rule(Limit(600.0), "PUT", "/reactions/")
        said = ann.says(mirrored.threads()[0], "an answer")
        where = Where(ChannelRef(talk.id), ThreadRef(mirrored.threads()[0].id))
        words = Said("e1", where, MessageId(said.id), ChatPerson(UserId(ann.id), "Ann"), "an answer", "plain", 1)
        await app.store.write(receive, "discord", Batch((words,), "1"), 1)
        await app.store.write(whisper, "discord", talk.id, "", ann.id, "in private", "k-1", 1)
        await mirrored.grow(2)
        for _ in range(3):
            await mirrored.work()
        assert mirrored.shown() == ["no. 0", "no. 1", "no. 2", "no. 3"]
        assert ann.reads(stand_in.world.direct(ann.user)) == ["in private"]
        assert said.reactions == {}
