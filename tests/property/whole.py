"""What a reader of forum and chat must find in the end, whatever happened between them."""

from __future__ import annotations

import re

from bot.markup import CONTINUED
from bot.model import PostState, ThreadKey, Where
from bot.testing.forum_world import PostRow
from tests.crash.bench import CHANNEL
from tests.property.chat_born import ChatBorn, Seen
from tests.property.outbox import FILL, Outbox, begins, undecided, word_of


class Verdict:
    """What stands on both sides once everything is quiet, held against what people did."""

    def __init__(self, bench: Outbox, seen: Seen) -> None:
        self.bench = bench
        self.seen = seen

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
        await ChatBorn(bench, self.seen).check()
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
        if tag in self.seen.removed or row.thread in self.shut or undecided(acts):
            return
        if row.state is not PostState.LIVE:
            assert (first, last) == (0, 0), f"{tag} is {row.state} and still stands: {acts}"
            for message, word in self.seen.touched.items():
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

    async def _order(self) -> None:
        """In each chat thread posts stand in the forum's order, but for those that had to wait for somebody's word."""
        late = self.seen.hidden | {
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
        for message, tag in self.seen.touched.items():
            number = int(tag[1:-1])
            if f"p{number}" not in late:
                places.setdefault(self.bench.room.messages[message].where, []).append(number)
        for where, numbers in places.items():
            if where != CHANNEL:
                assert numbers == sorted(numbers), f"{where}: {numbers}"
