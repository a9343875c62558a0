"""Found out before anything is kept: what an address names, if it can be read, how a channel is called, whose it is."""

from __future__ import annotations

from typing import NamedTuple

from bot.commands.desk import Desk
from bot.errors import NotFound
from bot.lanes import OpenForum
from bot.model import BoardKey, Bookmark, ChannelRef, Target, TargetKind, Thread, ThreadKey, ThreadPage, Where
from bot.ports import Chat, Forum, KnowsCommunities, NamesChannels
from bot.store.places import place_at
from bot.store.sources import is_polled
from bot.texts import say

NAMED = 500
"""Addresses of a saved file that one command may mirror."""

SOME = 4
"""Boards that are named to whoever gave the address of a whole site."""


async def located(forum: Forum, address: str) -> Target:
    """The board or thread that an address names; raises `NotFound` naming boards where it is a whole site."""
    target = await forum.locate(address)
    if target.kind is TargetKind.SITE:
        raise NotFound(say("mirrors.whole_site", address=address, site=target.title, which=which(target)))
    return target


def which(site: Target) -> str:
    """What to give instead of a site's own address."""
    boards = ", ".join(f"{board.link} ({board.name})" for board in site.boards[:SOME] if board.link)
    return say("mirrors.name_one_of", boards=boards) if boards else say("mirrors.name_one")


class Located(NamedTuple):
    """The board or thread that an address names."""

    target: Target
    posts: int = 0
    """About how many are shown of it at first; 0 where that was not found out."""


async def found(desk: Desk, opened: OpenForum, address: str) -> Located:
    """The board or thread that an address names, read once unless it is read already.

    A mirror of what cannot be read would be made, and stay empty. Raises what a forum raises.
    """
    async with opened.gate.poll():
        target = await located(opened.forum, address)
        if await desk.store.read(is_polled, opened.name, target.kind, target.key):
            return Located(target)
        return Located(target, await read(opened.forum, target.kind, target.key))


async def read(forum: Forum, kind: TargetKind, key: str) -> int:
    """One reading of a board or thread: about how many posts a new mirror of it shows at first."""
    if kind is TargetKind.BOARD:
        listing = await forum.listing(BoardKey(key), Bookmark())
        # Of a board, the newest thread is shown whole.
        newest = [*map(_posts, listing.threads[:1]), *map(_whole, listing.pages[:1])] if listing is not None else []
        return max(newest, default=0)
    page = await forum.thread(ThreadKey(key), Bookmark())
    return _whole(page) if page is not None else 0


def _posts(thread: Thread) -> int:
    return thread.replies + 1 if thread.replies is not None else 0


def _whole(page: ThreadPage) -> int:
    return max(len(page.posts), _posts(page.thread))


async def whose(desk: Desk, name: str, chat: Chat, channel: ChannelRef) -> str:
    """The community that a channel is of, as the chat says; not asked of one that is somebody's already."""
    if not isinstance(chat, KnowsCommunities) or await desk.store.read(place_at, name, Where(channel)) is not None:
        return ""
    return await chat.community(channel)


def called(chat: Chat, channel: ChannelRef, typed: str) -> str:
    """What people call a channel; what was typed where the chat cannot say it."""
    return (chat.channel_name(channel) if isinstance(chat, NamesChannels) else "") or typed
