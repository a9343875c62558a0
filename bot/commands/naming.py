"""What the words of a command mean that say what is to be read, marked or followed.

Nothing: what stands where the command is given. Else `all`; `#n` and `op` of the thread that stands there; an address
of the forum or a message of a chat; words of a board's name; and what offers say: `board:N`, `thread:N`, `post:N`, and
`stands:N`, a thread as far as it stands in the channel where that is said.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import msgspec

from bot.commands.desk import Desk
from bot.commands.words import numeral
from bot.errors import NotFound, ThreadlineError
from bot.model import Caller
from bot.ports import AcceptsPosts, NamesThreads
from bot.store.forums import mirrored_forums
from bot.store.meaning import by_key, by_message, by_name, chats, in_thread
from bot.store.naming import Here, board_seen, here, numbered, stands_up_to, thread_called
from bot.store.readers import Reader
from bot.store.sight import ThreadSeen, thread_of, thread_seen
from bot.store.unread import BoardSeen, boards_seen
from bot.texts import say

ALL = "all"


class Meant(NamedTuple):
    """What is meant: everything, some boards, a thread, or one post of it."""

    boards: tuple[BoardSeen, ...] = ()
    thread: ThreadSeen | None = None
    post: int | None = None
    everything: bool = False


async def meant(desk: Desk, caller: Caller, reader: Reader, words: str) -> Meant:
    """What some words mean of what the reader sees; raises `NotFound` saying how things are named."""
    words = words.strip()
    if words == ALL:
        return Meant(everything=True)
    kind, _, number = words.partition(":")
    if kind in ("board", "thread", "post", "stands") and (id := numeral(number)) is not None:
        return await _offered(desk, reader, kind, id)
    stands = Here(None, ())
    if caller.where is not None:
        stands = await desk.store.read(here, caller.chat, caller.where, reader.sight)
    if not words:
        if stands.thread is None and not stands.boards:
            raise NotFound(say("reading.nothing_here"))
        return Meant(stands.boards, stands.thread)
    found = (
        await _numbered(desk, stands, words)
        or await _addressed(desk, caller, reader, words)
        or await _board(desk, reader, words)
    )
    if found is None:
        raise NotFound(say("reading.unknown", words=words[:200]))
    return found


async def _offered(desk: Desk, reader: Reader, kind: str, id: int) -> Meant:
    """What an offer names; it may not be seen any more."""
    if kind == "board":
        board = await desk.store.read(board_seen, id, reader.sight)
        if board is not None:
            return Meant((board,))
    else:
        thread = await desk.store.read(thread_of if kind == "post" else thread_seen, id, reader.sight)
        if thread is not None and kind == "stands":
            stands = await desk.store.read(stands_up_to, id, reader.sight.channel)
            thread = msgspec.structs.replace(thread, shown=stands or thread.shown)
        if thread is not None:
            return Meant(thread=thread, post=id if kind == "post" else None)
    raise NotFound(say("reading.gone"))


async def _numbered(desk: Desk, stands: Here, words: str) -> Meant | None:
    """A post of the thread that stands here, by its number."""
    number = numeral(words.removeprefix("#"))
    if stands.thread is None or (number is None and words.lower() != "op"):
        return None
    post = await desk.store.read(numbered, stands.thread.id, number)
    if post is None:
        raise NotFound(say("reading.no_number", number=words, title=stands.thread.title))
    return Meant(thread=stands.thread, post=post)


async def _addressed(desk: Desk, caller: Caller, reader: Reader, words: str) -> Meant | None:
    """A message of a chat, or an address of a forum: of a post, a thread or a board; nobody is asked."""
    community = reader.sight.community
    for name in dict.fromkeys((caller.chat, *await desk.store.read(chats, community))):
        with suppress(ThreadlineError):
            message = (await desk.chat(name)).named(words)
            for one in await desk.store.read(by_message, name, message, community):
                if one.kind == "post" and (thread := await desk.store.read(thread_of, one.id, reader.sight)):
                    return Meant(thread=thread, post=one.id)
    if not any(sign in words for sign in ".:/"):
        return None
    for one in await desk.store.read(by_name, words, community):
        if one.kind == "post" and (thread := await desk.store.read(thread_of, one.id, reader.sight)):
            return Meant(thread=thread, post=one.id)
    for board in await desk.store.read(boards_seen, reader.sight):
        if board.link and board.link.rstrip("/") == words.rstrip("/"):
            return Meant((board,))
    return await _of_forum(desk, reader, words)


async def _of_forum(desk: Desk, reader: Reader, address: str) -> Meant | None:
    """What a forum understands by an address, where it is one whose threads are mirrored."""
    try:
        if desk.forum_at(address) not in await desk.store.read(mirrored_forums, reader.sight.community):
            return None  # it would be opened at anybody's word
        opened = await desk.forum_for(address)
    except ThreadlineError:  # no address of any forum
        return None
    if isinstance(opened.forum, AcceptsPosts):
        with suppress(ThreadlineError):
            named = opened.forum.named(address)
            for one in await desk.store.read(by_key, opened.name, named, reader.sight.community):
                if one.kind == "post" and (thread := await desk.store.read(thread_of, one.id, reader.sight)):
                    return Meant(thread=thread, post=one.id)
    if isinstance(opened.forum, NamesThreads):
        with suppress(ThreadlineError):
            key = opened.forum.thread_named(address)
            thread = await desk.store.read(thread_called, opened.name, key, reader.sight)
            if thread is not None:
                anchor = address.partition("#")[2]
                posts = await desk.store.read(in_thread, opened.name, key, anchor, reader.sight.community)
                return Meant(thread=thread, post=posts[0].id if anchor and posts else None)
    return None


async def _board(desk: Desk, reader: Reader, words: str) -> Meant | None:
    """The board whose name or way has all the words; raises `NotFound` naming them where there are several."""
    wanted = words.casefold().split()
    seen = [board for board in await desk.store.read(boards_seen, reader.sight) if board.id is not None]
    having = [b for b in seen if all(word in " ".join((*b.path, b.name)).casefold() for word in wanted)]
    exact = [board for board in having if board.name.casefold() == words.casefold()]
    found = exact or having
    if len(found) > 1:
        raise NotFound(say("reading.several", words=words, names=", ".join(board.name for board in found[:8])))
    return Meant((found[0],)) if found else None
