"""The Matrix adapter obeys the contract of a chat, on a real homeserver and behind a line that breaks."""

import itertools
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.settings import Settings
from bot import markup
from bot.model import NO_MESSAGE, ChannelRef, ChatName, MessageId, UserId, Where
from bot.ports import Secret
from bot.testing.chat_contract import ChatContract, ChatRig, Hands, Shown
from bot.testing.context import context
from bot.testing.faults import PAUSE, Line
from tests.matrix.conftest import homeserver, synapse  # noqa: F401 - fixtures
from tests.matrix.homeserver import SERVER_NAME, Homeserver
from tests.matrix.people import Person, Refused, newcomer
from tests.matrix.proxy import Fail, Limit, LoseAnswer, Proxy

MADE = f"#new-books:{SERVER_NAME}"
"""What the laws call the channel that they have made; the next rig on this homeserver makes one of its own."""

_RIGS = itertools.count(1)


class MatrixHands(Hands):
    """A person of the homeserver, with a plain client; comes into being with the first act."""

    def __init__(self, rig: "MatrixRig", name: str, admin: bool) -> None:
        self.id = UserId(f"@{name.lower()}-of-rig-{rig.number}:{SERVER_NAME}")
        self._rig = rig
        self._name = name
        self._admin = admin
        self._person: Person | None = None
        self._reactions: dict[tuple[MessageId, str], str] = {}

    async def person(self) -> Person:
        """The client, logged in and in the room."""
        if self._person is None:
            login = await self._rig.homeserver.register(self.id[1:].partition(":")[0], "password")
            assert login is not None
            self._person = Person(self._rig.homeserver.address, login)
            await self._person.call("PUT", f"/profile/{self.id}/displayname", {"displayname": self._name})
            await self._person.join(self._rig.where.channel)
            if self._admin:
                await self._rig.empower(self.id)
        return self._person

    async def say(self, where: Where, text: str, reply_to: MessageId = NO_MESSAGE) -> MessageId:
        relation: dict[str, Any] = {"m.in_reply_to": {"event_id": reply_to}} if reply_to else {}
        if where.thread:
            relation |= {"rel_type": "m.thread", "event_id": where.thread}
        content: dict[str, Any] = {"m.relates_to": relation} if relation else {}
        return MessageId(await (await self.person()).say(where.channel, text, **content))

    async def attach(self, where: Where, text: str, name: str, content: bytes) -> MessageId:
        person = await self.person()
        file = {"msgtype": "m.file", "filename": name, "url": await person.upload(content)}
        return MessageId(await person.say(where.channel, text or name, **file))

    async def edit(self, where: Where, message: MessageId, text: str) -> None:
        new = {"msgtype": "m.text", "body": text}
        changed: dict[str, Any] = {"m.relates_to": {"rel_type": "m.replace", "event_id": message}, "m.new_content": new}
        await (await self.person()).say(where.channel, f"* {text}", **changed)

    async def delete(self, where: Where, message: MessageId) -> None:
        await self._redact(where, message)

    async def react(self, where: Where, message: MessageId, reaction: str, on: bool = True) -> None:
        if not on:
            await self._redact(where, self._reactions.pop((message, reaction)))
            return
        relation = {"rel_type": "m.annotation", "event_id": message, "key": reaction}
        sent = await (await self.person()).send(where.channel, "m.reaction", {"m.relates_to": relation})
        self._reactions[message, reaction] = sent

    async def read(self, where: Where, message: MessageId) -> None:
        path = f"/rooms/{quote(where.channel, safe='')}/receipt/m.read/{quote(message, safe='')}"
        await (await self.person()).call("POST", path, {"thread_id": where.thread or "main"})

    async def command(self, where: Where, line: str) -> None:
        await self.say(where, f"!{line}")

    async def _redact(self, where: Where, event: str) -> None:
        room, gone = quote(where.channel, safe=""), quote(event, safe="")
        await (await self.person()).call("PUT", f"/rooms/{room}/redact/{gone}/gone-{gone}", {})

    async def told(self, bot: str) -> list[str]:
        """What the bot says in rooms that it invited this person into."""
        person, texts = await self.person(), []
        for room in (await person.call("GET", "/sync", timeout="0"))["rooms"].get("invite", {}):
            await person.join(room)
        for room in (await person.call("GET", "/joined_rooms"))["joined_rooms"]:
            if room != self._rig.where.channel:
                texts += [event["content"]["body"] for event in await person.events(room) if event["sender"] == bot]
        return texts

    async def pings(self) -> int:
        """How often this person was pinged."""
        seen = await (await self.person()).call("GET", "/notifications", only="highlight", limit="1000")
        return len(seen["notifications"])

    async def close(self) -> None:
        if self._person is not None:
            await self._person.close()


class MatrixRig(ChatRig):
    """A room of its own on the homeserver of this run, with a proxy between that and the adapter."""

    missing = Where(ChannelRef(f"!nowhere:{SERVER_NAME}"))
    missing_message = MessageId("$" + "A" * 43)

    def __init__(self, server: Homeserver, proxy: Proxy, owner: Person, bot: Person, room: str, folder: Path) -> None:
        self.number = next(_RIGS)
        self.homeserver = server
        self.where = Where(ChannelRef(room))
        self._proxy = proxy
        self._owner = owner
        self._bot = bot
        self._context = context(folder, "matrix")
        self._people: dict[str, MatrixHands] = {}
        self._chat: MatrixChat | None = None

    async def chat(self) -> MatrixChat:
        if self._chat is None:
            self._chat = adapter.open(ChatName("matrix"), self._settings(self._proxy.address), self._context)
        return self._chat

    def _settings(self, address: str) -> Settings:
        return adapter.settings(homeserver=address, token=Secret(self._bot.login.access_token))

    async def reopen(self) -> MatrixChat:
        if self._chat is not None:
            await self._chat.close()
            self._chat = None
        return await self.chat()

    def as_person(self, name: str, admin: bool = False) -> MatrixHands:
        return self._people.setdefault(name, MatrixHands(self, name, admin))

    async def empower(self, person: str) -> None:
        """Make somebody a moderator of the room."""
        where = f"/rooms/{quote(self.where.channel, safe='')}/state/m.room.power_levels/"
        levels = await self._owner.call("GET", where)
        await self._owner.call("PUT", where, levels | {"users": levels["users"] | {person: 50}})

    async def shown(self, where: Where) -> list[Shown]:
        reactions = {
            event["content"]["m.relates_to"]["event_id"]: event["content"]["m.relates_to"]["key"]
            for event in await self._owner.events(where.channel, "m.reaction")
            if event["content"] and event["sender"] == self._bot.id
        }
        found: dict[str, Shown] = {}
        for event in await self._owner.events(where.channel):
            content, id = event["content"], event["event_id"]
            relation = content.get("m.relates_to", {})
            if not content:
                continue
            if relation.get("rel_type") == "m.replace":
                changed = found.get(relation["event_id"])
                if changed is not None and changed.author == event["sender"]:
                    found[changed.message] = _replaced(changed, _words(content["m.new_content"]))
                continue
            if (relation.get("event_id", "") if relation.get("rel_type") == "m.thread" else "") != where.thread:
                continue
            answers = "" if relation.get("is_falling_back") else relation.get("m.in_reply_to", {}).get("event_id", "")
            found[id] = Shown(
                MessageId(id), event["sender"], _words(content), MessageId(answers), reactions.get(id, "")
            )
        return list(found.values())

    async def let_pin(self) -> None:
        await self.empower(self._bot.id)

    async def pinned(self, where: Where) -> list[MessageId]:
        state = f"/rooms/{quote(where.channel, safe='')}/state/m.room.pinned_events/"
        return [MessageId(one) for one in (await self._owner.call("GET", state))["pinned"]]

    async def past(self, text: str) -> None:
        await self.as_person("Ann").say(self.where, text)

    async def told(self, person: UserId) -> list[str]:
        hands = next(one for one in self._people.values() if one.id == person)
        return await hands.told(self._bot.id)

    async def pings(self) -> int:
        await self.empower(self._bot.id)  # so that it could ping everybody in the room
        return await self.as_person("ann").pings()

    async def link(self, where: Where, message: MessageId) -> str:
        return f"https://matrix.to/#/{quote(where.channel)}/{quote(message)}?via={SERVER_NAME}"

    async def line(self, state: Line) -> None:
        self._proxy.mend()
        match state:
            case Line.WHOLE:
                await self._proxy.up()
            case Line.CUT:
                await self._proxy.down()
            case Line.DEAF:
                self._proxy.rule(LoseAnswer(), "PUT", "/rooms/", times=None)
            case Line.GARBLED:
                self._proxy.rule(Fail(502), "PUT", "/rooms/", times=None)
            case Line.LIMITED:
                self._proxy.rule(Limit(int(PAUSE)), times=None)
            case Line.LOCKED:
                await self._lock()

    async def _lock(self) -> None:
        await self._bot.call("POST", "/logout", {})

    async def close(self) -> None:
        if self._chat is not None:
            await self._chat.close()
        await self._context.net.close()
        for hands in self._people.values():
            await hands.close()
        with suppress(Refused):  # the alias is not there, or the login ended
            await self._bot.call("DELETE", f"/directory/room/{quote(MADE, safe='')}")
        await self._owner.close()
        await self._bot.close()


def _replaced(one: Shown, text: str) -> Shown:
    return Shown(one.message, one.author, text, one.reply_to, one.reaction, edited=True)


def _words(content: dict[str, Any]) -> str:
    if "formatted_body" in content:
        return markup.words(markup.read(content["formatted_body"], "html"))
    return str(content["body"])


class TestMatrix(ChatContract):
    @pytest.fixture
    async def rig(self, homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[MatrixRig]:  # noqa: F811
        owner, bot = await newcomer(homeserver, "owner"), await newcomer(homeserver, "bot")
        room = await owner.room()
        await bot.join(room)
        async with Proxy(homeserver.address) as proxy:
            rig = MatrixRig(homeserver, proxy, owner, bot, room, tmp_path)
            yield rig
            await rig.close()
