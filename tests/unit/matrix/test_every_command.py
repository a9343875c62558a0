"""Every command there is, said in a room: answered in a room of two, and never in that one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web

from bot.app import App, opened
from bot.home import Home
from bot.listener import Listener
from bot.model import ChatName, Offer
from bot.registry import Registry
from bot.settings import load
from bot.testing.log import RecordingLog
from bot.texts import say
from tests.lines import COMMANDS, answered, name, needed, words

US, ANN = "@bot:x.example", "@ann:x.example"
ROOM, DIRECT = "!talk:x.example", "!ann-and-us:x.example"
SETTINGS = """
[net]
allow = ["127.0.0.1"]
[forums.sandbox]
adapter = "sandbox"
opening = false
[chats.matrix]
adapter = "matrix"
homeserver = "{address}"
token = "t"
"""


class Homeserver:
    """One that has a room with us and Ann, who says what a test lets her say."""

    def __init__(self) -> None:
        self.address = ""
        self.sent: list[tuple[str, str]] = []
        """Every message of ours: the room, and its words."""
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._direct: dict[str, list[str]] = {}
        self._count = 0

    def enters(self) -> None:
        """We are in the room, where Ann has the say."""
        powers = {"users": {ANN: 100}, "state_default": 50}
        state = [("m.room.create", "", {"room_version": "11"}), ("m.room.power_levels", "", powers)]
        state += [("m.room.member", who, {"membership": "join"}) for who in (US, ANN)]
        told = [
            {"type": kind, "state_key": key, "sender": ANN, "event_id": f"$s{n}:x.example", "content": content}
            for n, (kind, key, content) in enumerate(state)
        ]
        self._tells([], state={"events": told})

    def says(self, text: str) -> None:
        """Ann says something in the room."""
        self._count += 1
        content = {"msgtype": "m.text", "body": text}
        event = {"type": "m.room.message", "event_id": f"$e{self._count}:x.example", "sender": ANN, "content": content}
        self._tells([event | {"origin_server_ts": 5}])

    def _tells(self, events: list[dict[str, Any]], **parts: Any) -> None:
        data = {"timeline": {"events": events, "limited": False, "prev_batch": "p"}, **parts}
        self._heard.put_nowait({"next_batch": f"s{self._count}", "rooms": {"join": {ROOM: data}}})

    async def handle(self, request: web.Request) -> web.Response:
        """Answer what clients ask for; what nobody thought of is an empty object."""
        steps = [unquote(step) for step in request.raw_path.partition("?")[0].split("/")]
        body = await request.json() if request.can_read_body and request.content_type == "application/json" else {}
        answer = await self._answer(request.method, steps, body)
        if answer is None:
            return web.json_response({"errcode": "M_NOT_FOUND", "error": "there is none"}, status=404)
        return web.json_response(answer)

    async def _answer(self, method: str, steps: list[str], body: dict[str, Any]) -> dict[str, Any] | None:
        match method, steps[4:]:
            case "GET", ["account", "whoami"]:
                return {"user_id": US, "device_id": "D"}
            case "GET", ["sync"]:
                return await self._heard.get()
            case "POST", ["createRoom"]:
                return {"room_id": DIRECT}
            case "GET", ["user", _, "account_data", "m.direct"]:
                return self._direct
            case "PUT", ["user", _, "account_data", "m.direct"]:
                self._direct = body
            case "GET", ["rooms", room, "members"]:
                members = (US, ANN) if room == DIRECT else ()
                return {"chunk": [{"state_key": one, "content": {"membership": "join"}} for one in members]}
            case "GET", ["rooms", _, "state", "m.room.encryption", *_]:
                return None
            case "PUT", ["rooms", room, "send", *_]:
                self.sent.append((room, str(body.get("body"))))
                return {"event_id": f"$ours{len(self.sent)}:x.example"}
        return {}


@pytest.fixture
async def there() -> AsyncIterator[Homeserver]:
    there, app = Homeserver(), web.Application()
    app.router.add_route("*", "/{path:.*}", there.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    there.enters()
    yield there
    await runner.cleanup()


@pytest.fixture
async def program(there: Homeserver, tmp_path: Path) -> AsyncIterator[App]:
    """The program, which listens."""
    file = tmp_path / "threadline.toml"
    file.write_text(SETTINGS.format(address=there.address), "utf-8")
    registry, log = Registry(), RecordingLog()
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, log) as app:
        about = app.store, app.clock, log, app.callers.carry, lambda: None
        listening = asyncio.create_task(Listener(ChatName("matrix"), await app.chat("matrix"), *about).run())
        yield app
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_every_command_is_answered_in_a_room_of_two(program: App, there: Homeserver) -> None:
    """An answer may hold what only its asker may see."""
    for number, command in enumerate(COMMANDS, 1):
        before = len(there.sent)
        there.says(f"!{Offer('', command.group, tuple(words(command, needed(command)))).line}")
        await answered(program, number)
        said = there.sent[before:]
        assert {room for room, _ in said} == {DIRECT}, name(command)
        assert say("commands.fault") not in [text for _, text in said], name(command)
