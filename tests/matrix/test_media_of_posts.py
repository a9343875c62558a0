"""The whole program with images as messages: what stands in the room of a post that gains, loses and changes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR, App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.model import PostKey
from bot.registry import Registry
from bot.settings import load
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from bot.testing.server import LoopbackSite
from tests.matrix.conftest import People
from tests.matrix.mirrored import PACE
from tests.matrix.people import Person

SETTINGS = """
[net]
allow = ["127.0.0.1"]
[forums.sandbox]
adapter = "sandbox"
opening = false
[chats.matrix]
adapter = "matrix"
homeserver = "{address}"
token_file = "{token}"
attachments = "messages"
"""


@pytest.fixture
async def images() -> AsyncIterator[str]:
    """A server that has an image at every address."""

    async def give(request: web.Request) -> web.Response:
        return web.Response(body=b"\x89PNG\r\n\x1a\n" + request.path.encode())

    async with LoopbackSite([web.get("/{name}", give)]) as site:
        yield site.address


class House:
    """The program and its sandbox forum, with one thread mirrored into one room."""

    def __init__(self, app: App, clock: FakeClock, ann: Person, room: str, images: str) -> None:
        self._app = app
        self._clock = clock
        self._ann = ann
        self._room = room
        self._images = images

    async def begin(self) -> None:
        """Start the thread, and order the mirror of it."""
        forum = (await self._app.forum("sandbox")).forum
        assert isinstance(forum, SandboxForum)
        self.board = forum.board
        self._thread = await self.board.start_thread("b1", "Zoe", "Talk", "root")
        [self._root] = (await self.board.state()).threads[self._thread].posts
        words = ("add", f"sandbox:{self._thread}", "--into", f"matrix:{self._room}")
        assert (await carry_out(self._app, OPERATOR, "mirror", words)).ok

    async def post(self, words: str, *names: str) -> PostKey:
        return await self.board.post(self._thread, self._root, "Max", "", self._with(words, names))

    async def edit(self, post: PostKey, words: str, *names: str) -> None:
        await self.board.edit(post, "", self._with(words, names))

    def _with(self, words: str, names: tuple[str, ...]) -> str:
        return words + "".join(f"\n\n![{name[:4]}]({self._images}/{name})" for name in names)

    async def shows(self, *wanted: str) -> None:
        """Work until the chat thread shows this and nothing else, in that order: words, or descriptions of files."""
        shown: list[str] = []
        for _ in range(40):
            await self._app.once()
            self._clock.advance(PACE)
            shown = await self._shown()
            if shown == list(wanted):
                return
        pytest.fail(f"the room shows {shown}")

    async def _shown(self) -> list[str]:
        found: dict[str, dict[str, Any]] = {}
        for event in await self._ann.events(self._room):
            content = event["content"]
            relates = content.get("m.relates_to", {})
            if relates.get("rel_type") == "m.replace":
                if relates["event_id"] in found:
                    found[relates["event_id"]] = content["m.new_content"]
            elif relates.get("rel_type") == "m.thread":
                found[event["event_id"]] = content
        return [_said(content) for content in found.values()]


def _said(content: dict[str, Any]) -> str:
    if content["msgtype"] == "m.image":
        return f"{content['body']} in {content['filename']}"
    return str(content["body"]).splitlines()[2] + (" with an image" if "mxc:" in content["formatted_body"] else "")


@pytest.fixture
async def house(people: People, tmp_path: Path, images: str) -> AsyncIterator[House]:
    ann, bot = await people("ann"), await people("bot")
    room = await ann.room()
    await bot.join(room)
    token = tmp_path / "token"
    token.write_text(bot.login.access_token, "utf-8")
    token.chmod(0o600)
    file = tmp_path / "threadline.toml"
    file.write_text(SETTINGS.format(address=bot.address, token=token), "utf-8")
    registry, clock = Registry(), FakeClock()
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog(), clock=clock) as app:
        house = House(app, clock, ann, room, images)
        await house.begin()
        yield house


async def test_images_come_change_and_go_with_their_post(house: House) -> None:
    """A message more for one more, as long as nothing stands behind them; a message less for one less."""
    post = await house.post("one", "kite.png")
    await house.shows("one", "kite in kite.png")
    await house.edit(post, "one", "kite.png", "hill.png")
    await house.shows("one", "kite in kite.png", "hill in hill.png")
    await house.edit(post, "two", "lake.png", "hill.png")
    await house.shows("two", "lake in lake.png", "hill in hill.png")
    await house.edit(post, "two", "hill.png")
    await house.shows("two", "hill in hill.png")
    await house.board.delete(post)
    await house.shows()


async def test_where_others_spoke_since_a_further_image_stands_in_the_text(house: House) -> None:
    """Among their words nobody would know whose it is."""
    post = await house.post("one", "kite.png")
    await house.shows("one", "kite in kite.png")
    await house.post("another")
    await house.shows("one", "kite in kite.png", "another")
    await house.edit(post, "one", "kite.png", "hill.png")
    await house.shows("one with an image", "kite in kite.png", "another")
