"""The outbox under everything that can happen to it, and what a reader of forum and chat must find in the end."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.model import MessageId, Where
from bot.store import SQLite
from bot.testing.chat_world import MessageRow
from bot.testing.forum_world import PostRow
from tests.crash.bench import NOTICES, Bench, Mortal

TAG = re.compile(r"\bw\d+w\b")
"""Every post and every chat message begins with a word of its own; a long one ends with it, in another message."""

FILL = " ".join(["x" * 50] * 42)
"""What makes a post several messages in this chat."""

LAWFUL = {
    "pending": ("sending", "held", "refused", "dropped"),
    "sending": ("pending", "sent", "held", "refused", "dropped"),
    "held": ("pending", "sent", "dropped"),
}
"""How a delivery's state may change: back to pending only where certainly nothing was sent, or an admin says so."""

GUARDS = [
    """CREATE TRIGGER IF NOT EXISTS one_in_flight BEFORE UPDATE OF state ON delivery
       WHEN NEW.state='sending' AND EXISTS
         (SELECT 1 FROM delivery o WHERE o.queue=NEW.queue AND o.id<>NEW.id AND o.state='sending')
       BEGIN SELECT RAISE(ABORT, 'two in flight'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS lawful BEFORE UPDATE OF state ON delivery
       WHEN OLD.state<>NEW.state AND OLD.state || '>' || NEW.state NOT IN
         ({", ".join(f"'{old}>{new}'" for old, news in LAWFUL.items() for new in news)})
       BEGIN SELECT RAISE(ABORT, 'no lawful change of state'); END""",
    """CREATE TRIGGER IF NOT EXISTS kept BEFORE DELETE ON delivery
       BEGIN SELECT RAISE(ABORT, 'a delivery is never deleted'); END""",
]
"""Laws that the database itself holds for the time of a test: no moment between two looks is missed."""


class Outbox(Bench):
    """The bench, with laws in its database and a network that takes its time."""

    def __init__(self, folder: Path, **wishes: Any) -> None:
        super().__init__(folder, **wishes)
        self.flying: Counter[object] = Counter()

    def _watch(self, owner: object, name: str, act: Callable[..., Any]) -> None:
        async def slow(*args: Any) -> Any:
            place = args[0] if isinstance(args[0], Where) else "forum"
            self.flying[place] += 1
            try:
                assert self.flying[place] == 1, f"two acts at once in {place}"
                await asyncio.sleep(0)
                return await act(*args)
            finally:
                self.flying[place] -= 1

        super()._watch(owner, name, slow if name in ("send", "edit", "delete", "submit") else act)

    async def start(self, kill_at: int = 0) -> None:
        """A new process, whose database is guarded."""
        await super().start()
        self.flying.clear()
        assert isinstance(self.store, Mortal)
        engine = self.store._store
        assert isinstance(engine, SQLite)
        writer = engine.writer
        for guard in GUARDS:
            await writer.execute_fetchall(guard)
        self.life.count, self.life.kill_at = 0, kill_at

    async def send(self) -> None:
        """Do what is owed now, without looking at what is new on either side."""
        self.alarms.ring(self.clock.now())
        await self.sender.drain()

    # ------------------------------------------------------------------------------------------------- questions

    def mirrored(self) -> list[MessageRow]:
        """Our messages that stand in the mirrored channel and its chat threads."""
        return [m for m in self.room.ours() if m.where != NOTICES]

    def copies(self) -> Counter[str]:
        """How often each word stands in the mirrored channel at the beginning of a message of ours, or at the end."""
        found: Counter[str] = Counter()
        for message in self.mirrored():
            for tag in set(TAG.findall(message.text)):
                found[f"{tag} {'begins' if begins(message, tag) else 'ends'}"] += 1
        return found

    def key_stands(self, key: str) -> MessageId | None:
        """The message that stands in the chat under a key."""
        return next((m.id for m in self.room.ours() if m.key == key), None)

    async def shown_under(self, key: str) -> set[str]:
        """The word of the post that a message was sent for: a tombstone that was never more holds none."""
        rows = await self.ask(
            """SELECT o.key FROM part p JOIN delivery d ON d.id=p.delivery AND d.subject='post'
                 JOIN post o ON o.id=d.subject_id WHERE p.key=$1""",
            key,
        )
        return {word_of(post) for (post,) in rows}

    def post_of_key(self, key: str) -> PostRow | None:
        """The post on the forum that was submitted under a key."""
        return next((row for row in self.board.posts.values() if row.key == key), None)

    async def held(self) -> list[int]:
        """The deliveries that wait for an admin's word, but for those that would tell him so."""
        return [id for (id,) in await self.ask("SELECT id FROM delivery WHERE state='held' AND subject<>'notice'")]

    async def acts(self, subject: str, identity: int) -> list[tuple[str, str, str]]:
        """Act, state and reason of every delivery about something, in the order in which they were owed."""
        sql = "SELECT act, state, reason FROM delivery WHERE subject=$1 AND subject_id=$2 ORDER BY id"
        return [(act, state, reason) for act, state, reason in await self.ask(sql, subject, identity)]


def word_of(key: str) -> str:
    """The word by which a post or a chat message is known, whatever it says."""
    return f"{'w' if key[0] == 'p' else 'm'}{key[1:]}{'w' if key[0] == 'p' else 'm'}"


def begins(message: MessageRow, tag: str) -> bool:
    """Whether a message shows the beginning of what is known by a word."""
    return f"{tag} v" in message.text


def undecided(acts: list[tuple[str, str, str]]) -> bool:
    """Whether what stands may be old, because something newer than the last act that was done was not done."""
    acts = [one for one in acts if one[0] != "open"]
    newest = max((n for n, (_, state, _) in enumerate(acts) if state == "sent"), default=-1)
    blocking = [state for _, state, reason in acts[newest + 1 :] if state != "dropped" or "skipped" in reason]
    return any(state in ("held", "refused", "dropped") for state in blocking)
