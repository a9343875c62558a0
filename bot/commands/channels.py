"""The channel that a mirror goes into: one that has a name, or one of its own that is made for it."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import NamedTuple

from bot.commands.desk import Desk
from bot.commands.finding import called
from bot.errors import Forbidden
from bot.markup import clean_name
from bot.model import Caller, ChannelRef, ChannelWish, Target
from bot.ports import Chat, NamesWithin
from bot.store.channels import own_channel
from bot.store.places import has_chat_alone, native

OWN = "+"
"""In the place of a channel's name: one for what is mirrored alone."""

FORUM, TITLE = 20, 30
"""Characters of the forum's name and of a title that the name of a channel of its own has at most."""

READ = 100
"""Characters of a title that people read as a channel's name, or in its topic."""


class Reached(NamedTuple):
    """A channel that is there, and what people call it."""

    chat: Chat
    channel: ChannelRef
    label: str


async def reached(desk: Desk, caller: Caller, chat_name: str, named: str, forum: str, target: Target) -> Reached:
    """The channel that an order names, and what people call it; made where there is none and the caller may do that.

    What stands before a `/` says in which community of the chat, where the command itself was not given in one.
    Raises what a chat raises, and `Forbidden`.
    """
    chat = await desk.chat(chat_name)
    home = ""
    if isinstance(chat, NamesWithin) and caller.chat == chat_name:
        home = await desk.store.read(native, caller.community)
    # In a chat that communities share, nothing would say whose a new channel is.
    may_make = caller.operator or bool(home) or await desk.store.read(has_chat_alone, caller.community)
    name, title = named, ""
    place, parted, last = named.rpartition("/")
    if last == OWN:
        sign, whose = mark(forum, target), caller.community if home else 0
        known = await desk.store.read(own_channel, chat_name, forum, target.kind, target.key, sign, whose)
        if known is None and not may_make:
            raise Forbidden(
                f"several communities share {chat_name}, so that only an operator makes channels there; "
                f"name one that is there, as {chat_name}:CHANNEL, or say this in it and leave out --into"
            )
        name, title = f"{place}{parted}{known or own_name(forum, target)}", clean_name(target.title, READ)
    if home and isinstance(chat, NamesWithin):
        name = chat.within(home, name)
    channel = await chat.channel(name, ChannelWish(title, topic(target)) if may_make else None)
    return Reached(chat, channel, called(chat, channel, name))


def mark(forum: str, target: Target) -> str:
    """What tells the channel of one board or thread from all others, also when that is called otherwise one day."""
    return hashlib.sha256(f"{forum}\n{target.kind}\n{target.key}".encode("utf-8", "replace")).hexdigest()[:6]


def own_name(forum: str, target: Target) -> str:
    """What the channel of one board or thread is asked for by: small letters, digits and hyphens."""
    words = [_slug(forum, FORUM), _slug(target.title, TITLE), mark(forum, target)]
    return "-".join(word for word in words if word)


def topic(target: Target) -> str:
    """What a channel is for that is made for a mirror."""
    return ": ".join(part for part in (clean_name(target.title, READ), target.link) if part)


def _slug(text: str, most: int) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = "".join(c if c.isalnum() else " " for c in folded).split()
    made = "-".join(words)
    # Cut behind a word, where the first one leaves room for that.
    return made if len(made) <= most else (made[: most + 1].rpartition("-")[0] or made[:most]).strip("-")
