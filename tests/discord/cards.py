"""Cards that tests let the adapter show, and the images that can be had for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from adapters.chats.discord.chat import DiscordChat
from bot import markup
from bot.model import Card, CardKind, ChannelRef, MessageId, Where
from bot.ports import Media, Missing, ShownIn
from tests.discord.nouns import Channel, Message
from tests.discord.people import Person

LINK = "https://forum.example/t/1#p1"
KEY = "abcdefghijklmnopqrstuvwx"
LONG = "\n\n".join(" ".join(f"w{n}" for n in range(start, start + 40)) for start in range(0, 2000, 40))
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


class Files:
    """The images that can be had, and which were asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.gone: set[str] = set()
        self._path = folder / "file"
        self._path.write_bytes(PNG)

    async def fetch(self, address: str, shown: ShownIn | None = None, within: float = 10.0) -> Media | Missing:
        self.asked.append(address)
        if address in self.gone:
            return Missing("nothing is there")
        return Media("0" * 64, "image", "image/png", len(PNG), "image.png", self._path)


Opener = Callable[..., Awaitable[DiscordChat]]


def post(text: str = "Words", **more: Any) -> Card:
    given = {"author": "Ann", "author_key": "f/ann", "link": LINK, "body": markup.read(text, "markdown"), **more}
    return Card(CardKind.POST, **given)


async def send(chat: DiscordChat, where: Where, card: Card, key: str = KEY) -> MessageId:
    [payload] = chat.render(card)
    return await chat.send(where, payload, key)


def place(channel: Channel, thread: str = "") -> Where:
    return Where(ChannelRef(channel.id), thread)  # type: ignore[arg-type]


def only(ann: Person, channel: Channel) -> Message:
    [message] = ann.sees(channel)
    return message
