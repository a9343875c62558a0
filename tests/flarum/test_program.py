"""The whole program on a Flarum: a discussion is mirrored, and what is answered in the chat stands there."""

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
from bot.testing.log import RecordingLog
from tests.flarum.stand_in import StandIn
from tests.flarum.world import BEGAN

SETTINGS = """
[net]
allow = ["127.0.0.1"]
[chats.web]
adapter = "web"
channels = ["news"]
[forums.talk]
adapter = "flarum"
address = "{address}"
token_file = "{token}"
user_id = "{user}"
requests = 600000.0
"""


class Here:
    """The program with one channel and the forum."""

    def __init__(self, app: App, chat: WebChat, clock: FakeClock, site: StandIn) -> None:
        self.app = app
        self.chat = chat
        self._clock = clock
        self._site = site

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
            self._site.world.now += HOUR // 1000
        pytest.fail("\n--\n".join(["within a day it did not come to be so:", *(await self.shown()).values()]))


@pytest.fixture
async def here(site: StandIn, tmp_path: Path) -> AsyncIterator[Here]:
    clock = FakeClock(BEGAN * 1000)
    token = tmp_path / "token"
    token.write_text("a-key-of-the-site\n")
    token.chmod(0o600)
    file = tmp_path / "threadline.toml"
    user = site.world.user("bridge").id
    file.write_text(SETTINGS.format(address=site.address, token=token, user=user), "utf-8")
    registry = Registry()
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog(), clock=clock) as app:
        chat = await app.chat("web")
        assert isinstance(chat, WebChat)
        yield Here(app, chat, clock, site)


def has(words: str) -> Callable[[dict[str, str]], bool]:
    return lambda shown: any(words in text for text in shown.values())


async def test_an_answer_in_the_chat_stands_on_the_forum(here: Here, site: StandIn) -> None:
    """Mirror, answer, delete: each side sees what the other does, and nobody sees it twice."""
    world = site.world
    op = world.start(world.user("ann"), "Plain talk", "The opening words", 1, 2)
    post = world.reply(world.user("ben"), op.discussion, "First answer")
    await here.mirror(f"{site.address}/d/{op.discussion}-plain-talk")
    shown = await here.until(has("First answer"))
    message = next(id for id, text in shown.items() if "First answer" in text)
    thread = next(id for id, text in shown.items() if "The opening words" in text)
    await here.say(thread, "I think so **too**", message)
    await here.app.once()
    [ours] = [row for row in world.posts.values() if world.users[row.user].username == "bridge"]
    assert str(ours.content).startswith(f'@"ben"#p{post.id} ')
    assert "I think so **too**" in str(ours.content)
    world.reply(world.user("cleo"), op.discussion, "Me three")
    shown = await here.until(has("Me three"))
    assert not has("I think so")(shown), "an echo is not shown beside what it echoes"
    world.delete(post.id)
    await here.until(lambda shown: not has("First answer")(shown))


async def test_a_tag_is_mirrored_with_what_befalls_its_discussions(here: Here, site: StandIn) -> None:
    """A new discussion appears, its answers below it; that it is renamed is told, and is no reply."""
    world = site.world
    world.start(world.user("ann"), "Old talk", "Long ago", 1, 2)
    await here.mirror(f"{site.address}/t/talk")
    op = world.start(world.user("ben"), "Plain talk", "The opening words", 1, 2)
    world.reply(world.user("cleo"), op.discussion, "First answer")
    await here.until(lambda shown: has("The opening words")(shown) and has("First answer")(shown))
    world.rename(op.discussion, "Plainer talk", world.user("ben"))
    await here.until(has("Plainer talk"))


async def test_what_a_moderator_let_through_is_recognised(here: Here, site: StandIn) -> None:
    """It waited under the number that it keeps; nobody sees it twice."""
    world = site.world
    op = world.start(world.user("ann"), "Plain talk", "The opening words", 1, 2)
    world.approval = world.moderated = True
    await here.mirror(f"{site.address}/d/{op.discussion}")
    shown = await here.until(has("The opening words"))
    await here.say(next(iter(shown)), "Please let me in", "")
    await here.app.once()
    [ours] = [row for row in world.posts.values() if world.users[row.user].username == "bridge"]
    assert not ours.approved
    ours.approved, ours.content, world.moderated = True, "In other words", False
    world.reply(world.user("cleo"), op.discussion, "After that")
    shown = await here.until(has("After that"))
    assert not has("let me in")(shown)
    assert not has("In other words")(shown) or len([t for t in shown.values() if "In other words" in t]) == 1


async def test_a_forum_that_nobody_configured_is_recognised_by_its_page(site: StandIn, tmp_path: Path) -> None:
    """A pasted link is enough: the page says which engine made it, and where the site stands."""
    world, clock = site.world, FakeClock(BEGAN * 1000)
    world.start(world.user("ann"), "Plain talk", "The opening words", 1, 2)
    file = tmp_path / "threadline.toml"
    file.write_text('[net]\nallow = ["127.0.0.1"]\n[chats.web]\nadapter = "web"\nchannels = ["news"]\n', "utf-8")
    registry = Registry()
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog(), clock=clock) as app:
        chat = await app.chat("web")
        assert isinstance(chat, WebChat)
        here = Here(app, chat, clock, site)
        assert "Talk" in await here.mirror(f"{site.address}/t/talk")
        await here.until(has("The opening words"))
