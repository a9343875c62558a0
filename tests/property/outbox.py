"""The outbox under everything that can happen to it, and what a reader of forum and chat must find in the end."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.markup import CONTINUED
from bot.model import MessageId, PostState, ThreadKey, Where
from bot.store import SQLite
from bot.testing.chat_world import MessageRow
from bot.testing.forum_world import PostRow
from tests.crash.bench import CHANNEL, NOTICES, Bench, Mortal

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


class Verdict:
    """What stands on both sides once everything is quiet, held against what people did."""

    def __init__(self, bench: Outbox, touched: dict[MessageId, str], removed: set[str], hidden: set[str]) -> None:
        self.bench = bench
        self.touched = touched
        """The word that each message of ours ever showed."""
        self.removed = removed
        """The words whose copies a person took away in the chat, or a part of them."""
        self.hidden = hidden
        """Posts that moderators of the forum hid for a time: they may be read for the first time out of their order."""

    async def check(self) -> None:
        """Everything at once."""
        bench = self.bench
        self.shut = await self._shut_threads()
        assert await bench.ask("SELECT id FROM delivery WHERE state='sending'") == []
        await self._pending_has_a_reason()
        await self._held_is_told()
        for row in list(bench.board.posts.values()):
            if not row.ours:
                await self._post(row)
        await self._replies()
        await self._order()

    async def _shut_threads(self) -> set[ThreadKey]:
        """Threads whose chat thread is not open, because its opener is held; any other end lets nothing wait for it."""
        rows = await self.bench.ask(
            """SELECT t.key FROM place p JOIN thread t ON t.id=p.thread
               WHERE p.parent IS NOT NULL AND p.thread_ref IS NULL AND EXISTS
                 (SELECT 1 FROM delivery d JOIN delivery h ON h.queue=d.queue AND h.subject='post'
                      AND h.subject_id=d.subject_id AND h.state='held' AND h.ord<=d.ord
                    WHERE d.opens=p.id AND d.state IN ('pending', 'held'))"""
        )
        return {ThreadKey(key) for (key,) in rows}

    async def _pending_has_a_reason(self) -> None:
        rows = await self.bench.ask(
            """SELECT d.id, d.subject, d.act, COALESCE(t.key, '') FROM delivery d LEFT JOIN place p ON p.id=d.queue
                 LEFT JOIN thread t ON t.id=p.thread WHERE d.state='pending' AND NOT EXISTS
                 (SELECT 1 FROM delivery h WHERE h.queue=d.queue AND h.subject=d.subject
                    AND h.subject_id=d.subject_id AND h.state='held' AND h.ord<d.ord)"""
        )
        assert [row for row in rows if row[3] not in self.shut] == [], f"pending for no reason: {rows}"

    async def _held_is_told(self) -> None:
        """A notice that is refused, or of which nobody knows whether it stands, is left to `held` and `status`."""
        told = "\n".join(self.bench.told())
        rows = await self.bench.ask(
            """SELECT d.id, n.id FROM delivery d LEFT JOIN notice n ON n.about='delivery:' || d.id
                 AND n.closed_at IS NULL WHERE d.state='held' AND d.subject<>'notice'"""
        )
        for delivery, notice in rows:
            assert notice is not None, f"delivery {delivery} is held, and nobody hears of it"
            if not undecided(await self.bench.acts("notice", notice)):
                assert f"delivery {delivery} is held" in told

    async def _post(self, row: PostRow) -> None:
        bench = self.bench
        tag = word_of(row.post)
        standing = bench.copies()
        first, last = standing[f"{tag} begins"], standing[f"{tag} ends"]
        [(identity,)] = await bench.ask("SELECT id FROM post WHERE key=$1", row.post) or [(0,)]
        acts = await bench.acts("post", identity)
        if tag in self.removed or row.thread in self.shut or undecided(acts):
            return
        if row.state is not PostState.LIVE:
            assert (first, last) == (0, 0), f"{tag} is {row.state} and still stands: {acts}"
            for message, word in self.touched.items():
                shown = bench.room.messages[message]
                if word == tag and not shown.deleted:
                    assert re.search(r"(deleted|hidden) on the forum", shown.text), f"{tag}: {shown}"
            return
        whole = int(FILL in row.text)
        if any(CONTINUED in m.text for m in bench.mirrored() if begins(m, tag)):
            whole = 0  # it grew when others had spoken behind it
            assert FILL in row.text, f"{tag} is said to go on, and does not: {acts}"
        assert (first, last) == (1, whole), f"{tag} stands {first}, {last} times: {acts}"
        texts = "".join(m.text for m in bench.mirrored() if tag in m.text)
        assert row.text.split()[1] in texts, f"{tag} shows {texts[:60]!r}, not {row.text[:30]!r}"

    async def _replies(self) -> None:
        bench = self.bench
        rows = await bench.ask("SELECT id, message, fate, reason, post_key, text FROM reply ORDER BY id")
        for identity, message, fate, reason, post, _ in rows:
            said = bench.room.messages[message]
            acts = await bench.acts("reply", identity)
            tag = word_of(message)
            posts = [row for row in bench.board.posts.values() if row.ours and tag in row.text]
            assert len(posts) <= 1, f"{tag} was posted {len(posts)} times"
            assert not any(tag in m.text for m in bench.mirrored()), f"{tag} is shown beside itself"
            if undecided(acts):
                assert reason or fate == "posted", f"{tag} is {fate} for no reason: {acts}"
                continue
            if said.deleted:
                assert all(row.state is not PostState.LIVE for row in posts), f"{tag} was taken back: {acts}"
            elif not (post and bench.board.posts[post].state is not PostState.LIVE):
                assert [said.text in row.text for row in posts] == [True], f"{tag}: {fate} {reason} {acts}"

    async def _order(self) -> None:
        """In each chat thread posts stand in the forum's order, but for those that had to wait for somebody's word."""
        late = self.hidden | {
            key
            for (key,) in await self.bench.ask(
                """SELECT p.key FROM post p JOIN delivery d ON d.subject='post' AND d.subject_id=p.id
                   WHERE d.state IN ('held', 'refused', 'dropped') OR d.generation>0 OR d.attempts>0
                     OR EXISTS (SELECT 1 FROM audit a WHERE a.what='delivery ' || d.id || ' retried'
                     OR a.what='delivery ' || d.id || ' settled')"""
            )
        }
        posts = self.bench.board.posts
        late |= {row.post for row in posts.values() if row.parent in late}
        places: dict[Where, list[int]] = {}
        for message, tag in self.touched.items():
            number = int(tag[1:-1])
            if f"p{number}" not in late:
                places.setdefault(self.bench.room.messages[message].where, []).append(number)
        for where, numbers in places.items():
            if where != CHANNEL:
                assert numbers == sorted(numbers), f"{where}: {numbers}"


def undecided(acts: list[tuple[str, str, str]]) -> bool:
    """Whether what stands may be old, because something newer than the last act that was done was not done."""
    acts = [one for one in acts if one[0] != "open"]
    newest = max((n for n, (_, state, _) in enumerate(acts) if state == "sent"), default=-1)
    blocking = [state for _, state, reason in acts[newest + 1 :] if state != "dropped" or "skipped" in reason]
    return any(state in ("held", "refused", "dropped") for state in blocking)
