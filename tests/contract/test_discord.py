"""The Discord adapter obeys the contract of a chat, on a Discord of our own and behind a line that breaks."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from adapters.chats.discord import adapter
from adapters.chats.discord.chat import DiscordChat
from bot.model import NO_MESSAGE, ChannelRef, ChatName, Command, MessageId, Parameter, UserId, Where
from bot.ports import Secret
from bot.testing.chat_contract import ChatContract, ChatRig, Hands, Shown
from bot.testing.context import context
from bot.testing.faults import PAUSE, Line
from tests.discord import permissions
from tests.discord.components import every
from tests.discord.conftest import no_voice  # noqa: F401 - a fixture
from tests.discord.faults import Fail, Limit, LoseAnswer
from tests.discord.nouns import Channel, Message
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

COMMANDS = (
    Command("forum", "unread", "what is new", (Parameter("which", "which of it", required=False, rest=True),)),
    Command("mirror", "flood", "what becomes of it", (Parameter("mirror", "which"), Parameter("choice", "what"))),
)
"""The commands that the laws give."""


class DiscordHands(Hands):
    """Somebody in the guild."""

    def __init__(self, rig: "DiscordRig", name: str, admin: bool) -> None:
        self._rig = rig
        may = permissions.MANAGE_CHANNELS if admin else 0
        self._person: Person = rig.there.person(name.lower(), rig.guild, may=may)
        self._person.user.name = name
        self.id = UserId(self._person.id)

    def _at(self, where: Where) -> Channel:
        return self._rig.there.world.channel(where.thread or where.channel)

    def _message(self, where: Where, message: MessageId) -> Message:
        return self._rig.there.world.message(self._at(where).id, message)

    async def say(self, where: Where, text: str, reply_to: MessageId = NO_MESSAGE) -> MessageId:
        to = self._message(where, reply_to) if reply_to else None
        return MessageId(self._person.says(self._at(where), text, to=to).id)

    async def attach(self, where: Where, text: str, name: str, content: bytes) -> MessageId:
        return MessageId(self._person.says(self._at(where), text, files={name: content}).id)

    async def edit(self, where: Where, message: MessageId, text: str) -> None:
        self._person.edits(self._message(where, message), text)

    async def delete(self, where: Where, message: MessageId) -> None:
        self._person.deletes(self._message(where, message))

    async def react(self, where: Where, message: MessageId, reaction: str, on: bool = True) -> None:
        (self._person.reacts if on else self._person.unreacts)(self._message(where, message), reaction)

    async def command(self, where: Where, line: str) -> None:
        group, name, *words = line.split()
        [command] = [one for one in COMMANDS if (one.group, one.name) == (group, name)]
        given = dict(zip((one.name for one in command.parameters), words, strict=False))
        self._person.uses(self._at(where), f"{group} {name}", **given)

    async def press(self, where: Where, message: MessageId, label: str) -> None:
        self._person.presses(self._message(where, message), label)

    def told(self) -> list[str]:
        """What stands in private before this person's eyes, whispers in channels too."""
        world = self._rig.there.world
        texts = []
        for channel in world.channels.values():
            private = self._person.id in channel.people
            for one in world.messages[channel.id].values():
                if (private and one.author is world.bot) or one.only_for == self._person.id:
                    texts.append(words(one))
        return texts


class DiscordRig(ChatRig):
    """A channel of a guild on a Discord in this process."""

    identity: Literal["bot", "webhook"] = "bot"

    def __init__(self, there: StandIn, folder: Path) -> None:
        self.there = there
        self.guild = there.guild()
        self.channel = there.channel(self.guild)
        self.where = Where(ChannelRef(self.channel.id))
        self._context = context(folder, "discord", commands=COMMANDS)
        self._people: dict[str, DiscordHands] = {}
        self._chat: DiscordChat | None = None

    async def chat(self) -> DiscordChat:
        if self._chat is None:
            token = Secret(self.there.token)
            settings = adapter.settings(token=token, message_content=True, identity=self.identity)
            self._chat = adapter.open(ChatName("discord"), settings, self._context)
        return self._chat

    async def reopen(self) -> DiscordChat:
        if self._chat is not None:
            await self._chat.close()
            self._chat = None
        return await self.chat()

    def as_person(self, name: str, admin: bool = False) -> DiscordHands:
        if name not in self._people:
            self._people[name] = DiscordHands(self, name, admin)
        return self._people[name]

    async def shown(self, where: Where) -> list[Shown]:
        world = self.there.world
        return [
            Shown(
                MessageId(one.id),
                one.author.id,
                words(one),
                MessageId((one.reference or {}).get("message_id", "")),
                "".join(emoji for emoji, who in one.reactions.items() if world.bot.id in who),
                edited=one.edited is not None,
            )
            for one in world.messages[where.thread or where.channel].values()
            if one.kind in (0, 19) and not one.only_for
        ]

    async def pinned(self, where: Where) -> list[MessageId]:
        return [MessageId(one.id) for one in self.there.world.messages[where.channel].values() if one.pinned]

    async def past(self, text: str) -> None:
        await self.as_person("Ann").say(self.where, text)

    async def told(self, person: UserId) -> list[str]:
        return next(one for one in self._people.values() if one.id == person).told()

    async def pings(self) -> int:
        return len(self.there.pinged)

    async def link(self, where: Where, message: MessageId) -> str:
        return f"https://discord.com/channels/{self.guild.id}/{where.thread or where.channel}/{message}"

    async def line(self, state: Line) -> None:
        faults = self.there.faults
        faults.mend()
        match state:
            case Line.WHOLE:
                await self.there.up()
            case Line.CUT:
                await self.there.down()
            case Line.DEAF:
                for method in ("POST", "PATCH", "DELETE"):
                    faults.rule(LoseAnswer(), method, "/messages", times=None)
            case Line.GARBLED:
                faults.rule(Fail(502), "POST", "/messages", times=None)
            case Line.LIMITED:
                faults.rule(Limit(PAUSE), "POST", "/messages")
            case Line.LOCKED:
                self.there.rest._token = "another token"

    async def close(self) -> None:
        if self._chat is not None:
            await self._chat.close()
        await self._context.net.close()


def words(message: Message) -> str:
    """What a reader reads of a message."""
    said = [message.content]
    for embed in message.embeds:
        said += [(embed.get("author") or {}).get("name", ""), embed.get("description", "")]
        said.append((embed.get("footer") or {}).get("text", ""))
    said += [str(one.get("label")) for one in every(message.components) if one.get("label")]
    name = message.author.name if message.webhook else ""
    return "\n".join(filter(None, (name, *said)))


class TestDiscord(ChatContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[DiscordRig]:
        async with StandIn() as there:
            with there.addressed():
                rig = DiscordRig(there, tmp_path)
                yield rig
                await rig.close()
