"""What the homeserver sends by itself: it makes us ask, and is answered when what happened was taken in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.service.registration import FILE
from bot.model import ChatName, Said
from bot.settings import Web
from bot.testing.chat_talk import Ears, saying
from bot.testing.context import context
from bot.web.server import WebServer
from tests.matrix.conftest import Own, People
from tests.matrix.homeserver import Homeserver
from tests.matrix.listening import called, texts
from tests.matrix.people import Person, newcomer
from tests.matrix.proxy import Proxy
from tests.matrix.services import Service


async def well() -> dict[str, Any]:
    return {"ok": True, "parts": {}}


class Door:
    """A login that is told something, behind the house's own web server."""

    def __init__(self, chat: MatrixChat, service: Service, folder: Path) -> None:
        self.chat = chat
        self.service = service
        self.base = f"http://127.0.0.1:{service.port}/{chat.prefix}"
        self.token = json.loads((folder / FILE).read_text("utf-8"))["hs_token"]
        site = Web(port=service.port, public=f"http://127.0.0.1:{service.port}")
        self._web = WebServer(site, [chat], health=well)

    async def open(self) -> None:
        await self._web.start()

    async def shut(self) -> None:
        await self._web.stop()

    async def call(
        self, method: str, path: str, body: object = None, *, token: str | None = None, raw: bytes | None = None
    ) -> tuple[int, Any]:
        """Knock, as a homeserver does or as a stranger."""
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.base + path, json=body, data=raw, headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    async def told(self, id: str, *events: dict[str, Any], base: str = "/_matrix/app/v1") -> int:
        status, _ = await self.call("PUT", f"{base}/transactions/{id}", {"events": events})
        return status


async def opened(server: Homeserver, address: str, folder: Path) -> tuple[Door, Person, Any]:
    service = server.services[1]
    its = context(folder, "pushed")
    service.known_in(its.folder)
    chat = adapter.open(ChatName("pushed"), service.settings(address), its)
    return Door(chat, service, its.folder), await service.account(server), its


@pytest.fixture
async def door(homeserver: Homeserver, proxy: Proxy, tmp_path: Path) -> AsyncIterator[Door]:
    door, account, its = await opened(homeserver, proxy.address, tmp_path)
    await door.open()
    yield door
    await door.chat.close()
    await door.shut()
    await account.close()
    await its.net.close()


@pytest.fixture
async def ann(people: People) -> Person:
    ann = await people("ann")
    await called(ann, "Ann")
    return ann


@pytest.fixture
async def room(homeserver: Homeserver, ann: Person) -> str:
    account = await homeserver.services[1].account(homeserver)
    room = await ann.room()
    await account.join(room)
    await account.close()
    return room


def event(id: str, room: str, sender: str = "@ann:localhost") -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": "forged"}
    return {"type": "m.room.message", "event_id": id, "room_id": room, "sender": sender, "content": content}


SAID = "$" + "A" * 43


async def begun(ears: Ears) -> None:
    """It was told where the present is, and that somebody listens."""
    for _ in range(2):
        assert await ears.batch(20) is not None


async def test_what_the_homeserver_sends_and_what_it_is_asked_for_is_heard_once(
    door: Door, ann: Person, room: str
) -> None:
    """By both ways the same event comes; a stuck question does not keep it from being heard."""
    async with Ears(door.chat, "") as ears:
        await begun(ears)
        for n in range(5):
            await ann.say(room, f"no. {n}")
        heard = await ears.until(saying("no. 4"))
        [only] = [one for one in heard if saying("no. 3")(one)]
        await ann.say(room, "the end")
        assert texts(heard) == [f"no. {n}" for n in range(5)]
        assert texts(await ears.until(saying("the end"))) == ["the end"]
        assert isinstance(only, Said)
        assert only.person.name == "Ann"


async def test_a_transaction_is_answered_when_it_was_taken_in(door: Door, ann: Person, room: str) -> None:
    """The homeserver keeps it until then: who asks for the next batch has stored the one before."""
    async with Ears(door.chat, "") as ears:
        await begun(ears)
        id = await ann.say(room, "hello")
        await ears.until(saying("hello"))
        telling = asyncio.create_task(door.told("t-1", event(id, room)))
        assert await ears.batch(0.05) is None
        assert await telling == 200, "the listener asked for more, and so it was stored"


async def test_a_transaction_that_comes_again_has_no_effect(door: Door, ann: Person, room: str) -> None:
    """Its answer was lost. What it says is not believed either: what happened is heard by asking."""
    async with Ears(door.chat, "") as ears:
        await begun(ears)
        listening = asyncio.create_task(ears.batch(20))
        for _ in range(2):
            assert await door.told("t-2", event(SAID, room)) == 200
        assert await door.told("t-3", event(SAID, room), base="") == 200, "the address that it had before"
        await ann.say(room, "the end")
        batch = await listening
        assert batch is not None
        assert texts(list(batch.events)) == ["the end"]


async def test_a_question_that_is_stuck_is_asked_anew(door: Door, ann: Person, room: str, proxy: Proxy) -> None:
    """A line that is dead without saying so keeps nobody from hearing what the homeserver tells us."""
    async with Ears(door.chat, "") as ears:
        await begun(ears)
        listening = asyncio.create_task(ears.batch(20))
        while not proxy.waiting("/sync"):
            await asyncio.sleep(0.01)
        before = len([one for one in proxy.asked if "/sync" in one.path])
        assert await door.told("t-4", event(SAID, room)) == 200
        asked = [one.path for one in proxy.asked if "/sync" in one.path][before:]
        assert any("timeout=0&" in path or path.endswith("timeout=0") for path in asked)
        await ann.say(room, "the end")
        assert await listening is not None


async def test_who_does_not_listen_is_told_later(door: Door, room: str) -> None:
    """The program starts or stops; the homeserver repeats it."""
    assert await door.told("t-5", event(SAID, room)) == 503


async def test_what_is_ours_or_not_for_us_is_answered_at_once(door: Door, room: str) -> None:
    """Every message of a ghost comes back so, and nobody waits for it."""
    ours = event(SAID, room, door.service.user)
    ghost = event(SAID, room, f"@{door.service.ghosts}zoe:localhost")
    state = {**event(SAID, room), "type": "m.room.topic", "state_key": ""}
    assert await door.told("t-6", ours, ghost, state) == 200


@pytest.mark.parametrize(("token", "status"), [("", 401), ("wrong", 403), ("\u20ac", 403)])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/_matrix/app/v1/transactions/1"),
        ("PUT", "/transactions/1"),
        ("GET", "/_matrix/app/v1/users/@pushed_zoe:localhost"),
        ("GET", "/_matrix/app/v1/rooms/%23books:localhost"),
        ("POST", "/_matrix/app/v1/ping"),
    ],
)
async def test_nobody_else_is_the_homeserver(door: Door, method: str, path: str, token: str, status: int) -> None:
    """Else anybody could learn which accounts are ours, or keep us asking."""
    body: Any = {"events": []} if method != "GET" else None
    answered, said = await door.call(method, path, body, token=token)
    assert (answered, door.token in str(said)) == (status, False)


async def test_accounts_and_rooms_are_not_made_because_somebody_asks_for_them(door: Door) -> None:
    """Whoever guesses a name would make one."""
    for path in ("/_matrix/app/v1/users/@pushed_zoe:localhost", "/rooms/%23books:localhost"):
        status, said = await door.call("GET", path)
        assert (status, said["errcode"]) == (404, "M_NOT_FOUND")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"events": 5}', b'{"events": [5, {"event_id": 3}]}', b"[" * 10_000]
)
async def test_a_transaction_of_nonsense_is_no_harm(door: Door, raw: bytes) -> None:
    """It says nothing, and what happened is heard all the same."""
    status, _ = await door.call("PUT", "/_matrix/app/v1/transactions/x", raw=raw)
    assert status == 200


async def test_check_tells_whether_the_homeserver_reaches_us(door: Door, room: str) -> None:
    """Before it matters; while nothing is served it cannot."""
    assert "ok" in [one.level for one in await door.chat.examine() if door.base in one.text]
    await door.shut()
    [told] = [one for one in await door.chat.examine() if door.base in one.text]
    assert (told.level, "stopped" in told.text) == ("note", True)


async def test_a_homeserver_that_could_not_reach_us_loses_nothing(own: Own, tmp_path: Path) -> None:
    """It repeats, or it does not: what happened is asked for."""
    ann = await newcomer(own, "ann")
    door, account, its = await opened(own, own.address, tmp_path / "home")
    room = await ann.room()
    await account.join(room)
    async with Ears(door.chat, "") as ears:
        await begun(ears)
        await ann.say(room, "while it could not")
        assert texts(await ears.until(saying("while it could not"))) == ["while it could not"]
        own.kill()
        await own.begin()
        await door.open()
        cursor = ears.cursor
    async with Ears(door.chat, cursor) as ears:
        await ann.say(room, "the end")
        assert texts(await ears.until(saying("the end"))) == ["the end"]
    await door.chat.close()
    await door.shut()
    for one in (ann, account):
        await one.close()
    await its.net.close()
