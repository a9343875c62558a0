"""The web chat obeys the contract of a chat."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.chats.web import adapter, views
from adapters.chats.web.chat import WebChat
from adapters.chats.web.state import Message, State
from adapters.chats.web.views import who
from bot.model import NO_MESSAGE, ChannelRef, ChatName, MessageId, UserId, Where
from bot.testing.chat_contract import ChatContract, ChatRig, Hands, Shown
from bot.testing.context import context

TO = views.Addresses(lambda path: path)


class WebHands(Hands):
    """A person by name, acting on the room itself, as the pages do."""

    def __init__(self, rig: "WebChatRig", name: str) -> None:
        self.id = UserId(name)
        self._rig = rig

    async def say(self, where: Where, text: str, reply_to: MessageId = NO_MESSAGE) -> MessageId:
        return MessageId(await self._rig.web.room.say(where.channel, where.thread, self.id, text, reply_to))

    async def edit(self, where: Where, message: MessageId, text: str) -> None:
        await self._rig.web.room.edit(message, self.id, text)

    async def delete(self, where: Where, message: MessageId) -> None:
        await self._rig.web.room.delete(message, self.id)

    async def react(self, where: Where, message: MessageId, reaction: str, on: bool = True) -> None:
        await self._rig.web.room.react(message, self.id, reaction, on)

    async def command(self, where: Where, line: str) -> None:
        await self.say(where, f"/{line}")

    async def read(self, where: Where, message: MessageId) -> None:
        await self._rig.web.room.read(where.channel, where.thread, self.id, message)

    async def press(self, where: Where, message: MessageId, label: str) -> None:
        state = await self._rig.web.room.state()
        if message:
            offers = views.show(state, state.messages[message], self.id, TO).offers
        else:
            offers = views.line(state.pane(self.id, where.channel)[-1]).offers
        [command] = [one.command for one in offers if one.label == label]
        await self.say(where, command)


class WebChatRig(ChatRig):
    """A chat in a folder of its own. There is no wire, and it has no pings."""

    where = Where(ChannelRef("lounge"))

    def __init__(self, folder: Path) -> None:
        self._context = context(folder, "web")
        self.web = self._opened()

    def _opened(self) -> WebChat:
        return adapter.open(ChatName("web"), adapter.settings(admins=("Root",)), self._context)

    async def chat(self) -> WebChat:
        return self.web

    async def reopen(self) -> WebChat:
        await self.web.close()
        self.web = self._opened()
        return self.web

    def as_person(self, name: str, admin: bool = False) -> WebHands:
        return WebHands(self, name)

    async def shown(self, where: Where) -> list[Shown]:
        state = await self.web.room.state()
        return [
            Shown(
                MessageId(one.id),
                who(one),
                _words(state, one),
                MessageId(one.reply_to),
                one.fate,
                one.edited,
                one.deleted,
            )
            for one in state.place(where.channel, where.thread) or []
        ]

    async def pinned(self, where: Where) -> list[MessageId]:
        return [MessageId(one.id) for one in (await self.web.room.state()).pins.get(where.channel, ())]

    async def told(self, person: UserId) -> list[str]:
        state = await self.web.room.state()
        pane = state.pane(person, self.where.channel)
        return ["\n".join((note.text, *(one.label for one in views.line(note).offers))) for note in pane]

    async def link(self, where: Where, message: MessageId) -> str:
        return f"http://127.0.0.1:8080/chat/m/{message}"

    async def close(self) -> None:
        await self.web.close()
        await self._context.net.close()


def _words(state: State, message: Message) -> str:
    """What a message says, and its buttons."""
    said = [str(message.payload[part]) for part in ("title", "plain", "note")] if message.payload else [message.text]
    return "\n".join((*said, *(one.label for one in views.show(state, message, "", TO).offers)))


class TestWebChat(ChatContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[WebChatRig]:
        rig = WebChatRig(tmp_path)
        yield rig
        await rig.close()
