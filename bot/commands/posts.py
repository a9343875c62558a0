"""Posts as admins name them: by an address, a number, the message that shows them."""

from __future__ import annotations

from contextlib import suppress

from bot.commands.desk import Desk
from bot.errors import ThreadlineError
from bot.ports import AcceptsPosts, NamesThreads
from bot.store.meaning import Found, by_key, by_message, by_name, chats, in_thread


async def named(desk: Desk, words: str, community: int | None) -> list[Found]:
    """What goes by some words, as far as a community may know; no forum is asked."""
    return (
        await desk.store.read(by_name, words, community)
        or await _in_chats(desk, words, community)
        or await _in_forums(desk, words, community)
    )


async def _in_chats(desk: Desk, words: str, community: int | None) -> list[Found]:
    """What the chats understand by a link: one of their messages."""
    for name in await desk.store.read(chats, community):
        try:
            message = (await desk.chat(name)).named(words)
        except ThreadlineError:  # not one of its messages, or a chat that is not configured any more
            continue
        found = await desk.store.read(by_message, name, message, community)
        if found:
            return found
    return []


async def _in_forums(desk: Desk, words: str, community: int | None) -> list[Found]:
    """What the forum of an address understands by it: one of its posts, or a thread; without asking the forum."""
    try:
        opened = await desk.forum_for(words)
    except ThreadlineError:  # no address of any forum
        return []
    found: list[Found] = []
    if isinstance(opened.forum, AcceptsPosts):
        with suppress(ThreadlineError):
            post = opened.forum.named(words)
            found = await desk.store.read(by_key, opened.name, post, community)
    if not found and isinstance(opened.forum, NamesThreads):
        with suppress(ThreadlineError):
            thread = opened.forum.thread_named(words)
            found = await desk.store.read(in_thread, opened.name, thread, words.partition("#")[2], community)
    return found
