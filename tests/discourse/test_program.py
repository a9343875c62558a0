"""The program on a Discourse: what stands there is mirrored, and what is answered in the chat stands there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
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
from bot.testing.log import RecordingLog
from tests.discourse.stand_in import StandIn


class House:
    """The program with one channel, and what is to be seen in it."""

    def __init__(self, app: App, chat: WebChat, clock: FakeClock) -> None:
        self.app = app
        self.chat = chat
        self._clock = clock

    async def shown(self) -> dict[str, str]:
        """The messages that stand in the channel and its chat threads, by their ids."""
        state = await self.chat.room.state()
        standing = {f"m{n}": state.standing(f"m{n}") for n in range(1, 300)}
        return {
            id: web.sketch(one.payload)
            for id, one in standing.items()
            if one is not None and one.payload is not None and one.shown
        }

    async def until(self, there: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """What is shown once it is so, an hour of readings after the other."""
        for _ in range(24):
            await self.app.once()
            shown = await self.shown()
            if there(shown):
                return shown
            self._clock.advance(HOUR)
        pytest.fail("\n--\n".join(["within a day it did not come to be so:", *(await self.shown()).values()]))


def written(folder: Path, site: StandIn, key: str) -> Path:
    """The settings, and the key in a file of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "key").write_text(key, "utf-8")
    (folder / "key").chmod(0o600)
    file = folder / "threadline.toml"
    file.write_text(
        f'[net]\nallow = ["127.0.0.1"]\n[forums.talk]\nadapter = "discourse"\naddress = "{site.address}"\n'
        f'username = "threadline"\napi_key_file = "{folder / "key"}"\nrequests = 60000.0\n'
        '[chats.web]\nadapter = "web"\nchannels = ["news"]\n',
        "utf-8",
    )
    return file


@asynccontextmanager
async def program(folder: Path, site: StandIn, key: str) -> AsyncIterator[House]:
    """The program from its start to its end, hearing what is said."""
    file = written(folder, site, key)
    registry, log = Registry(), RecordingLog()
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(folder / "home"), settings, registry, log, clock=site.clock) as app:
        chat = await app.chat("web")
        assert isinstance(chat, WebChat)
        listener = Listener(ChatName("web"), chat, app.store, site.clock, log, app.callers.carry, lambda: None)
        listening = asyncio.create_task(listener.run())
        try:
            yield House(app, chat, site.clock)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def found(shown: dict[str, str], words: str) -> str:
    """The id of the message that holds some words; empty where none does."""
    return next((id for id, text in shown.items() if words in text), "")


async def test_a_board_is_mirrored_and_answered(site: StandIn, tmp_path: Path) -> None:
    """A reply stands on the forum under the post that it answers, once, and is not said here again."""
    world = site.world
    world.user("threadline")
    ann, ben = world.user("ann"), world.user("ben")
    op = world.start(ann, "A kettle that sings", "Mine sings in F sharp.", 7)
    first = world.reply(ben, op.topic, "Mine whistles.")
    async with program(tmp_path / "here", site, site.api_key("threadline")) as house:
        answer = await carry_out(
            house.app, OPERATOR, "mirror", ["add", f"{site.address}/c/talk/7", "--into", "web:news"]
        )
        assert answer.ok, answer.text
        shown = await house.until(lambda shown: bool(found(shown, "Mine whistles.")))
        state = await house.chat.room.state()
        at = found(shown, "Mine whistles.")
        message = state.standing(at)
        assert message is not None
        await house.chat.room.say("news", message.thread, "Zoe", "Mine does both.", reply_to=at)
        await house.until(lambda _: any("Mine does both." in post.raw for post in world.stream(world.topics[op.topic])))
        [posted] = [post for post in world.stream(world.topics[op.topic]) if "Mine does both." in post.raw]
        assert (posted.user.username, posted.reply_to) == ("threadline", first.number)
        world.reply(ann, op.topic, "How does it do that?", posted.number)
        world.edit(first, "Mine whistles and hums.")
        shown = await house.until(
            lambda shown: bool(found(shown, "How does it do that?") and found(shown, "whistles and hums"))
        )
        assert found(shown, "whistles and hums") == at, "an edit is one in place"
        assert sum("Mine does both." in text for text in shown.values()) == 0, "what was said here is not said again"
        world.befall(world.topics[op.topic], ann, "closed.enabled")
        await house.until(lambda shown: bool(found(shown, "closed the thread")))
