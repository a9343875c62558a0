"""The channel that a mirror goes into: one that has a name, or one of its own that is made for it."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import NamedTuple

from bot.commands.desk import Desk
from bot.commands.finding import called, whose
from bot.errors import Forbidden, ThreadlineError
from bot.markup import clean_name
from bot.model import Caller, ChannelRef, ChannelWish, Target
from bot.ports import Chat, NamesWithin
from bot.store.channels import label_of, own_channel
from bot.store.communities import has_chat_alone, native
from bot.texts import say

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
    home = await _home(desk, caller, chat_name)
    may_make = await makes(desk, caller, chat_name)
    name, title = named, ""
    place, parted, last = named.rpartition("/")
    if last == OWN:
        sign, whose = mark(forum, target), caller.community if home else 0
        known = await desk.store.read(own_channel, chat_name, forum, target.kind, target.key, sign, whose)
        if known is None and not may_make:
            raise Forbidden(say("mirrors.several_communities", chat=chat_name))
        name, title = f"{place}{parted}{known or own_name(forum, target)}", clean_name(target.title, READ)
    if home and isinstance(chat, NamesWithin):
        name = chat.within(home, name)
    channel = await chat.channel(name, ChannelWish(title, topic(target)) if may_make else None)
    return Reached(chat, channel, called(chat, channel, name))


async def makes(desk: Desk, caller: Caller, chat_name: str) -> bool:
    """Whether channels of a chat are made for who gives a command."""
    # In a chat that communities share, nothing would say whose a new channel is.
    home = await _home(desk, caller, chat_name)
    return caller.operator or bool(home) or await desk.store.read(has_chat_alone, caller.community)


async def _home(desk: Desk, caller: Caller, chat_name: str) -> str:
    """The caller's own community in a chat in which each names channels as it likes; empty in any other."""
    if caller.chat != chat_name or not isinstance(await desk.chat(chat_name), NamesWithin):
        return ""
    return await desk.store.read(native, caller.community)


class Named(NamedTuple):
    """A channel that a command names, and what says whose it is."""

    chat: str
    channel: ChannelRef
    label: str
    inside: bool
    """The command was given in it."""
    native: str
    """Whose it is, as the chat says of one that nobody has."""


async def meant(desk: Desk, caller: Caller, words: str) -> Named:
    """The channel that a command names, as CHAT:CHANNEL or by its name alone; without words the one it was given in.

    None is made. Raises what a chat raises, and `ThreadlineError` where it is not said which.
    """
    where = caller.where
    if not words:
        if where is None:
            raise ThreadlineError(say("mirrors.which_channel"))
        chat = await desk.chat(caller.chat)
        label = await desk.store.read(label_of, caller.chat, where.channel)
        return Named(caller.chat, where.channel, called(chat, where.channel, label or where.channel), True, "")
    first, sign, name = words.partition(":")
    chat_name, name = (first, name) if sign else (caller.chat, words)
    if not chat_name:
        raise ThreadlineError(say("mirrors.which_channel"))
    if not caller.operator and chat_name != caller.chat:
        raise ThreadlineError(say("mirrors.elsewhere", channel=words, chat=caller.chat))
    chat = await desk.chat(chat_name)
    home = await _home(desk, caller, chat_name)
    channel = await chat.channel(chat.within(home, name) if home and isinstance(chat, NamesWithin) else name, None)
    inside = where is not None and (caller.chat, where.channel) == (chat_name, channel)
    whose_it_is = "" if inside else await whose(desk, chat_name, chat, channel)
    return Named(chat_name, channel, called(chat, channel, name), inside, whose_it_is)


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
