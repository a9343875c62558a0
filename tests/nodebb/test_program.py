"""The whole program on a NodeBB: a thread is mirrored, somebody answers in the chat, and the answer stands there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.chats.web import adapter as web
from adapters.chats.web.chat import WebChat
from bot.app import OPERATOR, App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.listener import Listener
from bot.model import HOUR, ChatName
from bot.registry import Registry
from bot.settings import load
from bot.testing.clock import FakeClock
from bot.testing.faults import Line
from bot.testing.log import RecordingLog
from tests.nodebb.stand_in import StandIn
from tests.nodebb.told import Told

SETTINGS = """
[net]
allow = ["127.0.0.1"]
[chats.web]
adapter = "web"
channels = ["news"]
[forums.talk]
adapter = "nodebb"
address = "{address}"
token_file = "{token}"
spacing = 0.0
"""


class Here:
    """The program with one channel and the forum."""

    def __init__(self, app: App, chat: WebChat, clock: FakeClock) -> None:
        self.app = app
        self.chat = chat
        self._clock = clock

    async def mirror(self, address: str) -> str:
        answer = await carry_out(self.app, OPERATOR, "mirror", ["add", address, "--into", "web:news"])
        assert answer.ok, answer.text
        await self.app.once()
        return answer.text

    async def shown(self) -> dict[str, str]:
        """The messages of ours by their ids, as people see them."""
        state = await self.chat.room.state()
        found = {f"m{n}": state.standing(f"m{n}") for n in range(1, 200)}
        return {
            id: web.sketch(message.payload)
            for id, message in found.items()
            if message is not None and message.payload is not None and message.shown
        }

    async def say(self, thread: str, text: str, reply_to: str) -> None:
        """Somebody answers a message, and the program hears it."""
        await self.chat.room.say("news", thread, "Zoe", text, reply_to)
        heard = asyncio.Event()
        callers = self.app.callers
        listener = Listener(
            ChatName("web"), self.chat, self.app.store, self._clock, RecordingLog(), callers.carry, heard.set
        )
        task = asyncio.create_task(listener.run())
        try:
            await asyncio.wait_for(heard.wait(), 20)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def until(self, there: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """What is shown once it is so, an hour of readings after the other, within a day."""
        for _ in range(24):
            await self.app.once()
            shown = await self.shown()
            if there(shown):
                return shown
            self._clock.advance(HOUR)
        pytest.fail("\n--\n".join(["within a day it did not come to be so:", *(await self.shown()).values()]))


@pytest.fixture
async def here(site: StandIn, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Here]:
    token = tmp_path / "token"
    token.write_text(f"{site.token('bridge')}\n")
    token.chmod(0o600)
    file = tmp_path / "threadline.toml"
    file.write_text(SETTINGS.format(address=site.address, token=token), "utf-8")
    registry = Registry()
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog(), clock=clock) as app:
        chat = await app.chat("web")
        assert isinstance(chat, WebChat)
        yield Here(app, chat, clock)


async def test_an_answer_in_the_chat_stands_on_the_forum(here: Here, site: StandIn) -> None:
    """Mirror, answer, edit, delete: each side sees what the other does, and nobody sees it twice."""
    told = Told(site, 0)
    post = site.world.reply(told.ben, told.thread, "First answer")
    await here.mirror(f"{site.address}/topic/{told.topic.slug}")
    shown = await here.until(lambda shown: any("First answer" in text for text in shown.values()))
    message = next(id for id, text in shown.items() if "First answer" in text)
    thread = next(id for id, text in shown.items() if "The opening words" in text)
    await here.say(thread, "I think so **too**", message)
    await here.app.once()
    [ours] = [one for one in site.world.posts.values() if one.user.name == "bridge"]
    assert ours.to == post.pid
    assert ours.text.endswith("I think so **too**")
    site.world.reply(told.ann, told.thread, "Me three", ours.pid)
    shown = await here.until(lambda shown: any("Me three" in text for text in shown.values()))
    assert not any("I think so" in text for text in shown.values()), "an echo is not shown beside what it echoes"
    site.world.edit(post, "Said better")
    shown = await here.until(lambda shown: any("Said better" in text for text in shown.values()))
    site.world.delete(post)
    await here.until(lambda shown: not any("Said better" in text for text in shown.values()))


async def test_a_new_thread_of_a_board_comes_to_the_channel(here: Here, site: StandIn) -> None:
    """The board is found by the link that a browser shows."""
    Told(site, 1)
    await here.mirror(f"{site.address}/category/5/talk")
    site.world.start(site.world.user("cleo"), "Something new", "Hear, hear", 5)
    await here.until(lambda shown: any("Hear, hear" in text for text in shown.values()))


async def test_an_answer_whose_fate_was_lost_stands_there_once(here: Here, site: StandIn) -> None:
    """The forum took it and the line broke: it is found in the account's own list, and not said again."""
    told = Told(site, 1)
    await here.mirror(f"{site.address}/topic/{told.topic.slug}")
    shown = await here.until(lambda shown: any("Reply 0" in text for text in shown.values()))
    thread = next(id for id, text in shown.items() if "The opening words" in text)
    await site.site.line(Line.DEAF)
    await here.say(thread, "Said once", "")
    await here.app.once()
    await site.site.line(Line.WHOLE)
    site.world.reply(told.ann, told.thread, "Heard you")
    shown = await here.until(lambda shown: any("Heard you" in text for text in shown.values()))
    ours = [one.text for one in site.world.posts.values() if one.user.name == "bridge"]
    assert len(ours) == 1
    assert not any("Said once" in text for text in shown.values())
