"""The chat that Threadline serves by itself, in the browser: nothing to register, nothing to install.

For trying things out, for communities that have no chat, and for tests: whoever opens its pages chooses a
name. Beyond loopback it is for people who signed in with a login of another chat.
"""

from __future__ import annotations

import msgspec

from adapters.chats.web import render, rules
from adapters.chats.web.chat import WebChat
from adapters.chats.web.pages import ChatPages
from adapters.chats.web.room import Room
from bot.errors import Refused
from bot.model import Card, ChatName, Payload
from bot.ports import Context

JOURNAL = "chat.jsonl"
"""The file, in the adapter's folder, that holds the whole chat."""


LEAST, MOST = 200, 100_000
"""What `longest` may be: below, a post is no text any more; above, no post of any forum is."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be set of this chat."""

    admins: tuple[str, ...] = ("*",)
    """Who may give `/mirror` commands: names; "*", which is everybody at the door; CHAT:USER of who signed in."""
    channels: tuple[str, ...] = ("lounge",)
    """Channels that are there from the start; others are made when a mirror wants them."""
    longest: int = render.LONGEST
    """Characters of plain text that one message shows; a longer post goes on in the next one."""

    def __post_init__(self) -> None:
        if not LEAST <= self.longest <= MOST:
            raise ValueError(f"longest is from {LEAST} to {MOST} characters, not {self.longest}")
        for channel in self.channels:
            try:
                rules.slug(channel)
            except Refused as error:
                raise ValueError(str(error)) from error


class WebAdapter:
    """Opens the chat, and shows what its cards look like."""

    name = "web"
    settings = Settings

    def open(self, name: ChatName, settings: Settings, context: Context) -> WebChat:
        """The chat, ready to be used; its journal is read at the first use."""
        people = settings.channels, settings.admins
        room = Room(context.folder / JOURNAL, context.now, *people, context.log, context.commands)
        pages = ChatPages(room, context.pages, context.media) if context.pages is not None else None
        return WebChat(room, pages, settings.longest)

    def render(self, card: Card, most: int | None = None) -> tuple[Payload, ...]:
        return render.render(card, most)

    def sketch(self, payload: Payload) -> str:
        return render.sketch(payload)


adapter = WebAdapter()
