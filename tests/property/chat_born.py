"""Posts that were said in the chat: what both sides show of each of them in the end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.model import MessageId, PostState
from bot.testing.chat_world import MessageRow
from bot.testing.forum_world import PostRow
from tests.property.outbox import TAG, Outbox, undecided

VERSION = re.compile(r"\b[vf]\d+\b")
"""What is said ends with a word for its version: v5 is its author's, f6 a moderator's of the forum."""

TOMBSTONE = re.compile(r"(deleted|hidden) on the forum")


@dataclass
class Seen:
    """What people did, as far as what stands in the end depends on it."""

    touched: dict[MessageId, str] = field(default_factory=dict)
    """The word that each message of ours ever showed."""
    removed: set[str] = field(default_factory=set)
    """The words whose copies a person took away in the chat, or a part of them."""
    hidden: set[str] = field(default_factory=set)
    """Posts that moderators of the forum hid for a time: they may be read for the first time out of their order."""
    words: dict[MessageId, str] = field(default_factory=dict)
    """The word by which what a person said is known on both sides; two people may say the same."""
    hushed: set[MessageId] = field(default_factory=set)
    """People's messages beneath which somebody took away what we had said there."""

    def beneath(self, message: MessageRow) -> bool:
        """Whether a message of ours tells about the person's that it answers, and shows no post of anybody else."""
        return message.reply_to in self.words and message.id not in self.touched and not TAG.search(message.text)


class ChatBorn:
    """What was said in the chat, held against the posts that it became.

    The chat shows what the forum has: the message says the same, or one of ours beneath it tells.
    """

    def __init__(self, bench: Outbox, seen: Seen) -> None:
        self.bench = bench
        self.seen = seen

    async def check(self) -> None:
        """Every message that is owed to the forum, or was."""
        rows = await self.bench.ask("SELECT id, message, fate, reason, post_key FROM reply ORDER BY id")
        for identity, message, fate, reason, post in rows:
            said = self.bench.room.messages[message]
            acts = await self.bench.acts("reply", identity)
            about = f"{self.seen.words[said.id]} ({said.id}): {fate} {reason} {acts}"
            notes = self._notes(said)
            assert len(notes) <= 1, f"{about}: {notes}"
            posts = self._posts(said)
            assert len(posts) <= 1, f"{about}: was posted {len(posts)} times"
            if undecided(acts):
                assert reason or fate == "posted", f"{about}: for no reason"
                continue
            [(copy, note)] = await self.bench.ask("SELECT id, note FROM copy WHERE reply=$1", identity) or [(0, "")]
            told = await self.bench.acts("note", copy)
            about = f"{about}; beneath it {notes} {told}"
            if not undecided(told):
                assert [m.id for m in notes] == ([note] if note else []), about
            if said.deleted:
                assert all(row.state is not PostState.LIVE for row in posts), f"{about}: was taken back"
                assert notes == [] or undecided(told), f"{about}: beneath nothing"
            elif self._rejected(said):
                assert (fate, notes) == ("refused", []), about
            else:
                assert post, f"{about}: never became a post"
                if not (undecided(told) or said.id in self.seen.hushed):
                    self._shown(said, self.bench.board.posts[post], notes, about)

    def _notes(self, said: MessageRow) -> list[MessageRow]:
        """What stands beneath a message; its words stand nowhere else."""
        word, ours = self.seen.words[said.id], self.bench.mirrored()
        notes = [m for m in ours if self.seen.beneath(m) and m.reply_to == said.id]
        beside = [m for m in ours if word in m.text and not self.seen.beneath(m)]
        assert beside == [], f"{word} is shown beside itself: {beside}"
        return notes

    def _posts(self, said: MessageRow) -> list[PostRow]:
        """The posts that a message became, that wait for a moderator or were shown."""
        rows = [row for row in self.bench.board.posts.values() if self._is(row, said)]
        return [row for row in rows if row.number or row.state is PostState.QUEUED]

    def _is(self, row: PostRow, said: MessageRow) -> bool:
        return row.ours and self.seen.words[said.id] in row.text and said.author in (*row.text.split(), row.author)

    def _rejected(self, said: MessageRow) -> bool:
        rows = [row for row in self.bench.board.posts.values() if self._is(row, said)]
        return bool(rows) and not self._posts(said)

    def _shown(self, said: MessageRow, post: PostRow, notes: list[MessageRow], about: str) -> None:
        """The chat shows what the forum has."""
        about = f"{about}; {said} became {post}"
        # Where we may change what others wrote, it is changed; else it is told beneath.
        shown = [said] if self.bench.room.caps.changes_others else notes
        assert notes == [] or shown is notes, about
        if post.state is not PostState.LIVE:
            assert [bool(TOMBSTONE.search(m.text)) for m in shown] == [True], about
        elif shown is notes and version(said.text) == version(post.text):
            assert notes == [], about
        else:
            assert [version(m.text) for m in shown] == [version(post.text)], about


def version(text: str) -> str:
    """The last version that a text names."""
    return VERSION.findall(text)[-1] if VERSION.search(text) else ""
