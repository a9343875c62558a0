"""What people do in the forum and in the chat: a seeded scenario, and what of it happened already.

Every act leaves its own word in the forum's or the chat's journal. A process that is started again therefore knows
from the journals alone which acts are done, and goes on with the next one: nobody does anything twice.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from adapters.chats.web.chat import WebChat
from adapters.chats.web.state import State as Chat
from adapters.forums.sandbox.board import MessageBoard
from adapters.forums.sandbox.state import State as Forum
from bot.model import PostKey

BOARD = "b1"
CHANNEL = "lounge"
READERS = ("ann", "ben", "cleo")
"""Who writes in the forum."""
TALKERS = ("dora", "emil", "finn")
"""Who writes in the chat."""


class Act(msgspec.Struct, frozen=True):
    """One thing that a person does.

    `tag` is a word of its own; `on` is the tag of what is answered, changed or deleted; `text` is what is written.
    kinds: start, post, edit, delete (forum) · say, change, remove, command (chat) · alter (a moderator of the forum, to
    what the chat said) · quiet (everybody waits).
    """

    kind: str
    tag: str
    by: str = ""
    on: str = ""
    title: str = ""
    text: str = ""
    thread: str = ""


def script(seed: int) -> list[Act]:
    """The acts of one scenario, in order: about ten posts, eight chat replies, edits and deletions of both."""
    dice = random.Random(seed)
    acts = [Act("start", "t1", "ann", title="The first thread t1", text="t1 opens it", thread="t1")]
    texts: dict[str, str] = {"t1": "t1 opens it"}
    thread_of = {"t1": "t1"}
    owner = {"t1": "ann"}
    answerable = ["t1"]
    left = {
        "post": 10,
        "edit": 3,
        "delete": 2,
        "start": 1,
        "say": 8,
        "change": 2,
        "remove": 2,
        "alter": 2,
        "command": 1,
        "quiet": 4,
    }
    changeable: dict[str, list[str]] = {"forum": ["t1"], "chat": []}
    count = dict.fromkeys(left, 0)
    while any(left.values()):
        kind = dice.choice([kind for kind, number in left.items() for _ in range(number)])
        side = "forum" if kind in ("edit", "delete") else "chat"
        targets = [tag for tag in changeable[side] if tag[0] != "t" or kind == "edit"]
        if kind in ("edit", "delete", "change", "remove", "alter") and not targets:
            if not left["post" if side == "forum" else "say"]:
                left[kind] = 0  # everything that could be changed is deleted
            continue
        left[kind] -= 1
        count[kind] += 1
        match kind:
            case "start":
                acts.append(Act("start", "t2", "ben", title="The second thread t2", text="t2 opens it", thread="t2"))
                texts["t2"], thread_of["t2"], owner["t2"] = "t2 opens it", "t2", "ben"
                changeable["forum"].append("t2")
                answerable.append("t2")
            case "post":
                tag, on, by = f"f{count[kind]}", dice.choice(answerable), dice.choice(READERS)
                title, text = ("", f"{tag} said by {by}") if count[kind] != 4 else (f"{tag} a title alone", "")
                acts.append(Act("post", tag, by, on, title, text, thread_of[on]))
                texts[tag], thread_of[tag], owner[tag] = text, thread_of[on], by
                answerable.append(tag)
                if text:
                    changeable["forum"].append(tag)
            case "say":
                tag, on, by = f"c{count[kind]}", dice.choice(answerable), dice.choice(TALKERS)
                acts.append(Act("say", tag, by, on, text=f"{tag} said by {by}", thread=thread_of[on]))
                texts[tag], thread_of[tag], owner[tag] = f"{tag} said by {by}", thread_of[on], by
                answerable.append(tag)
                changeable["chat"].append(tag)
            case "edit" | "change" | "alter":
                tag, on = f"{kind}{count[kind]}", targets[-1] if dice.random() < 0.4 else dice.choice(targets)
                texts[on] += f" then {tag}"
                title = f"The thread {on} anew" if on[0] == "t" else ""
                acts.append(Act(kind, tag, owner[on], on, title, texts[on], thread_of[on]))
            case "delete" | "remove":
                on = targets[-1] if dice.random() < 0.4 else dice.choice(targets)
                acts.append(Act(kind, f"{kind}{count[kind]}", owner[on], on, thread=thread_of[on]))
                changeable[side].remove(on)
                answerable.remove(on)
            case "command":
                acts.append(Act("command", "command", "dora", text="/mirror list"))
            case _:
                acts.append(Act("quiet", f"quiet{count[kind]}"))
    return acts


def crossing(seed: int, size: int) -> list[Act]:
    """So many posts and as many replies from the chat, ten by each person there; each answers one of the last.

    Who answers has to see what he answers, so that nobody is far ahead and everything crosses. Each thread gets fewer
    posts than would be a flood.
    """
    dice = random.Random(seed)
    threads = [f"t{n + 1}" for n in range(max(2, size // 12))]
    talkers = [f"talker{n + 1}" for n in range(max(2, size // 10))]
    acts = [Act("start", t, dice.choice(READERS), "", f"Thread {t}", f"{t} opens it", t) for t in threads]
    there = {t: [t] for t in threads}
    sides = ["post"] * size + ["say"] * size
    dice.shuffle(sides)
    count = {"post": 0, "say": 0}
    for kind in sides:
        tag = f"{'f' if kind == 'post' else 'c'}{count[kind] + 1}"
        thread = threads[count[kind] % len(threads)]
        by = dice.choice(READERS) if kind == "post" else talkers[count[kind] % len(talkers)]
        on = dice.choice(there[thread][-6:])
        acts.append(Act(kind, tag, by, on, "", f"{tag} said by {by}", thread))
        there[thread].append(tag)
        count[kind] += 1
    return acts


# ------------------------------------------------------------------------------------------ what happened


def left(journal: Path) -> Iterator[dict[str, Any]]:
    """The entries that stand in a journal, without opening it for writing: a torn last line was never acknowledged."""
    for line in journal.read_bytes().splitlines(keepends=True) if journal.exists() else ():
        if line.endswith(b"\n"):
            yield from json.loads(line)


def entries(journal: Path) -> list[dict[str, Any]]:
    """The entries of a journal as they were written: compacting takes their words, `Points` keeps what was before."""
    found: list[dict[str, Any]] = []
    for file in (*sorted(journal.parent.glob(f"{journal.name}.before-*")), journal):
        found += list(left(file))[len(found) :]
    return found


def done(acts: list[Act], forum: Path, chat: Path) -> tuple[set[str], dict[str, str]]:
    """The tags of the acts that stand in the journals, and the message of every `say`."""
    tags: set[str] = set()
    messages: dict[str, str] = {}
    posts: dict[str, str] = {}
    by_text = {(act.kind, act.text): act.tag for act in acts if act.kind in ("edit", "change", "alter")}
    for entry in entries(forum):
        match entry:
            case {"act": "thread" | "reply", "key": str(key)} if key.startswith("form:"):
                tags.add(key.removeprefix("form:"))
                posts[entry["post"]] = key.removeprefix("form:")
            case {"act": "edit", "text": str(text)}:
                tags |= {by_text[kind, text] for kind in ("edit", "alter") if (kind, text) in by_text}
            case {"act": "delete", "post": str(post)} if post in posts:
                tags |= {act.tag for act in acts if act.kind == "delete" and act.on == posts[post]}
    for entry in entries(chat):
        match entry:
            case {"kind": "said", "text": str(text)}:
                tag = text.split()[0]
                tags.add(tag)
                messages[tag] = f"m{entry['n']}"
            case {"kind": "commanded"}:
                tags.add("command")
            case {"kind": "edited", "text": str(text)} if ("change", text) in by_text:
                tags.add(by_text["change", text])
            case {"kind": "deleted", "message": str(message)}:
                tags |= {act.tag for act in acts if act.kind == "remove" and messages.get(act.on) == message}
    return tags, messages


# ------------------------------------------------------------------------------------------------ the acts


class People:
    """Everybody who writes: each act waits until its target can be seen, as a person would."""

    def __init__(
        self,
        acts: list[Act],
        happened: tuple[set[str], dict[str, str]],
        board: MessageBoard,
        chat: WebChat,
        until: Callable[[str, Callable[[], Awaitable[bool]]], Awaitable[None]],
        quiet: Callable[[], Awaitable[bool]],
    ) -> None:
        self._acts = acts
        self._done, self._messages = happened
        self._board = board
        self._chat = chat
        self._until = until
        self._quiet = quiet

    async def play(self) -> None:
        """Do what was not done before a kill, in order."""
        for act in self._acts:
            if act.kind == "quiet":
                if not self._later_done(act):
                    await self._until(act.tag, self._quiet)
            elif act.tag not in self._done:
                await getattr(self, f"_{act.kind}")(act)

    async def play_at_once(self) -> None:
        """The same, where each of them does what is theirs in order, and waits for the others only to answer them."""
        async with asyncio.TaskGroup() as group:
            for by in dict.fromkeys(act.by for act in self._acts):
                group.create_task(self._play_for(by))

    async def _play_for(self, by: str) -> None:
        for act in self._acts:
            if act.by == by and act.tag not in self._done:
                await getattr(self, f"_{act.kind}")(act)

    def _later_done(self, act: Act) -> bool:
        return any(later.tag in self._done for later in self._acts[self._acts.index(act) :])

    # ---------------------------------------------------------------------------------------- in the forum

    async def _start(self, act: Act) -> None:
        await self._board.start_thread(BOARD, act.by, act.title, act.text, f"form:{act.tag}")

    async def _post(self, act: Act) -> None:
        await self._until(act.tag, lambda: self._in_forum(act.on))
        state = await self._board.state()
        parent = post_key(state, act.on) if act.on[0] != "t" else ""
        thread = state.posts[state.sent[f"form:{act.thread}"]].thread
        await self._board.post(thread, parent, act.by, act.title, act.text, f"form:{act.tag}")

    async def _edit(self, act: Act) -> None:
        await self._board.edit((await self._board.state()).sent[f"form:{act.on}"], act.title, act.text)

    async def _alter(self, act: Act) -> None:
        await self._until(act.tag, lambda: self._in_forum(act.on))
        state = await self._board.state()
        post = state.posts[PostKey(post_key(state, act.on))]
        await self._board.edit(post.key, post.title, act.text)

    async def _delete(self, act: Act) -> None:
        await self._board.delete((await self._board.state()).sent[f"form:{act.on}"])

    async def _in_forum(self, tag: str) -> bool:
        return bool(post_key(await self._board.state(), tag))

    # ----------------------------------------------------------------------------------------- in the chat

    async def _say(self, act: Act) -> None:
        await self._until(act.tag, lambda: self._can_answer(act))
        root = await self._message(act.thread)
        answered = "" if act.on[0] == "t" else await self._message(act.on)
        self._messages[act.tag] = await self._chat.room.say(CHANNEL, root, act.by, act.text, answered)

    async def _change(self, act: Act) -> None:
        await self._chat.room.edit(self._messages[act.on], act.by, act.text)

    async def _remove(self, act: Act) -> None:
        await self._chat.room.delete(self._messages[act.on], act.by)

    async def _command(self, act: Act) -> None:
        await self._chat.room.say(CHANNEL, "", act.by, act.text)

    async def _can_answer(self, act: Act) -> bool:
        chat = await self._chat.room.state()
        root = chat.messages.get(await self._message(act.thread))
        return root is not None and root.hangs is not None and bool(await self._message(act.on))

    async def _message(self, tag: str) -> str:
        if tag in self._messages:
            return self._messages[tag]
        return message_of(await self._chat.room.state(), post_key(await self._board.state(), tag))


def post_key(forum: Forum, tag: str) -> str:
    """The post that an act made, in the forum or through the chat; empty where it is not there (any more)."""
    if f"form:{tag}" in forum.sent:
        return forum.sent[f"form:{tag}"]
    return next((row.key for row in forum.posts.values() if row.text.split()[:1] == [tag]), "")


def message_of(chat: Chat, post: str) -> str:
    """The message of ours that shows a post, the first one; empty where none stands."""
    found = (m for m in chat.messages.values() if post and m.key and not m.deleted and m.payload)
    return next((m.id for m in found if str((m.payload or {}).get("link", "")).endswith(f"#{post}")), "")
