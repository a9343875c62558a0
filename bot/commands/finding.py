"""Found out before anything is kept: what an address names, if it can be read, how a channel is called, whose it is."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.errors import NotFound
from bot.lanes import OpenForum
from bot.model import BoardKey, Bookmark, ChannelRef, Target, TargetKind, ThreadKey, Where
from bot.ports import Chat, Forum, KnowsCommunities, NamesChannels
from bot.store.places import place_at
from bot.store.sources import is_polled

SOME = 4
"""Boards that are named to whoever gave the address of a whole site."""


async def located(forum: Forum, address: str) -> Target:
    """The board or thread that an address names; raises `NotFound` naming boards where it is a whole site."""
    target = await forum.locate(address)
    if target.kind is TargetKind.SITE:
        raise NotFound(f"{address} is the whole of {target.title}; {which(target)}")
    return target


def which(site: Target) -> str:
    """What to give instead of a site's own address."""
    boards = ", ".join(f"{board.link} ({board.name})" for board in site.boards[:SOME] if board.link)
    return f"name a board or thread of it{f', such as {boards}' if boards else ''}; `boards` lists them"


async def found(desk: Desk, opened: OpenForum, address: str) -> Target:
    """The board or thread that an address names, read once unless it is read already.

    A mirror of what cannot be read would be made, and stay empty. Raises what a forum raises.
    """
    async with opened.gate.poll():
        target = await located(opened.forum, address)
        if not await desk.store.read(is_polled, opened.name, target.kind, target.key):
            await read(opened.forum, target.kind, target.key)
    return target


async def read(forum: Forum, kind: TargetKind, key: str) -> None:
    """One reading of a board or thread, for what it raises."""
    if kind is TargetKind.BOARD:
        await forum.listing(BoardKey(key), Bookmark())
    else:
        await forum.thread(ThreadKey(key), Bookmark())


async def whose(desk: Desk, name: str, chat: Chat, channel: ChannelRef) -> str:
    """The community that a channel is of, as the chat says; not asked of one that is somebody's already."""
    if not isinstance(chat, KnowsCommunities) or await desk.store.read(place_at, name, Where(channel)) is not None:
        return ""
    return await chat.community(channel)


def called(chat: Chat, channel: ChannelRef, typed: str) -> str:
    """What people call a channel; what was typed where the chat cannot say it."""
    return (chat.channel_name(channel) if isinstance(chat, NamesChannels) else "") or typed
