"""`/forum follow` and `mute`: threads of which somebody wants to be told in private, or to hear nothing."""

from __future__ import annotations

from bot.commands.desk import Desk
from bot.commands.naming import meant
from bot.commands.reader import reader
from bot.commands.words import linked, said
from bot.errors import ThreadlineError
from bot.model import Answer, Caller, Command, Offer, Parameter
from bot.store.following import follow, followed, level, mute, unfollow
from bot.store.naming import here
from bot.store.readers import Reader
from bot.store.sight import Sight, ThreadSeen, thread_seen
from bot.texts import say

OFF = "off"

LISTED = 25
"""Threads that a list shows."""


async def do_follow(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let the caller follow a thread, or no more; without words, in a place that shows none, say which they follow."""
    who = await reader(desk, caller)
    words, off = _turned_off(values.get("what", ""))
    if not words and not off and not await _stands(desk, caller, who):
        return await _list(desk, caller, who)
    thread = await _thread(desk, caller, who, words)
    data: dict[str, object] = {"thread": thread.id, "following": not off}
    title = linked(thread.title, thread.link)
    if off:
        return Answer(await _ended(desk, who, thread, "follow", title), data)
    await _told_of(desk, who, thread)
    new = await desk.store.write(follow, who.person, thread.id, _community(caller, who))
    text = say("personal.follow_now", title=title) if new else say("personal.follow_already", title=title)
    return Answer(text, data, offers=(Offer(say("personal.stop"), "forum", ("follow", OFF, f"thread:{thread.id}")),))


async def do_mute(desk: Desk, caller: Caller, values: dict[str, str]) -> Answer:
    """Let the caller hear nothing of a thread, or hear of it again."""
    who = await reader(desk, caller)
    words, off = _turned_off(values.get("what", ""))
    thread = await _thread(desk, caller, who, words)
    data: dict[str, object] = {"thread": thread.id, "muted": not off}
    title = linked(thread.title, thread.link)
    if off:
        return Answer(await _ended(desk, who, thread, "mute", title), data)
    new = await desk.store.write(mute, who.person, thread.id, _community(caller, who))
    text = say("personal.mute_now", title=title) if new else say("personal.mute_already", title=title)
    return Answer(text, data, offers=(Offer(say("personal.unmute"), "forum", ("mute", OFF, f"thread:{thread.id}")),))


def _turned_off(words: str) -> tuple[str, bool]:
    first, _, rest = words.strip().partition(" ")
    return (rest.strip(), True) if first.casefold() == OFF else (words.strip(), False)


def _community(caller: Caller, who: Reader) -> int:
    return who.sight.community if who.sight.community is not None else caller.community


async def _stands(desk: Desk, caller: Caller, who: Reader) -> bool:
    """Whether a thread stands where the command is given."""
    if caller.where is None:
        return False
    return (await desk.store.read(here, caller.chat, caller.where, who.sight)).thread is not None


async def _thread(desk: Desk, caller: Caller, who: Reader, words: str) -> ThreadSeen:
    found = await meant(desk, caller, who, words)
    if found.thread is None:
        raise ThreadlineError(say("personal.one_thread", sign=caller.sign))
    return found.thread


async def _told_of(desk: Desk, who: Reader, thread: ThreadSeen) -> None:
    """Raises `ThreadlineError` where nobody could be told in private: the thread is seen in its own channel alone."""
    if await desk.store.read(thread_seen, thread.id, Sight(who.sight.community)) is None:
        raise ThreadlineError(say("personal.only_here", title=said(thread.title)))


async def _ended(desk: Desk, who: Reader, thread: ThreadSeen, what: str, title: str) -> str:
    """End what a thread is to the caller, if it is that: a mute is not ended by who wants to follow no more."""
    ends = await desk.store.read(level, who.person, thread.id) == what
    if ends:
        await desk.store.write(unfollow, who.person, thread.id)
    if what == "follow":
        return say("personal.follow_off", title=title) if ends else say("personal.follow_none", title=title)
    return say("personal.mute_off", title=title) if ends else say("personal.mute_none", title=title)


async def _list(desk: Desk, caller: Caller, who: Reader) -> Answer:
    threads = await desk.store.read(followed, who.person, who.sight, LISTED)
    if not threads:
        return Answer(say("personal.nothing_followed", sign=caller.sign), {"threads": []})
    lines = [say("personal.list")]
    for one in threads:
        title = linked(one.title, one.link)
        lines.append(say("personal.muted_one", title=title) if one.muted else say("personal.follows", title=title))
    return Answer("\n".join(lines), {"threads": [one.thread for one in threads]})


def _what(key: str) -> Parameter:
    return Parameter("what", key, required=False, rest=True, suggested=True)


COMMANDS = [
    (Command("forum", "follow", "help.forum_follow", (_what("help.forum_follow_what"),)), do_follow),
    (Command("forum", "mute", "help.forum_mute", (_what("help.forum_mute_what"),)), do_mute),
]
