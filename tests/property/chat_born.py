"""Posts that were said in the chat: what both sides show of each of them in the end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.model import MessageId, PostState
from bot.testing.chat_world import MessageRow
from bot.testing.chats import HOUSE
from bot.testing.forum_world import PostRow
from tests.property.outbox import Outbox, undecided

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

    covered: set[MessageId] = field(default_factory=set)
    """People's messages that were changed while the forum hid their posts: they stand as their authors wrote them."""

    def beneath(self, message: MessageRow) -> bool:
        """Whether a message of ours tells about the person's that it answers: no author and no number stand on it."""
        return message.reply_to in self.words and message.author == HOUSE


class ChatBorn:
    """What was said in the chat, held against the posts that it became.

    The chat shows what the forum has: the message says the same, or one of ours beneath it tells. Several messages of
    one person may be one post.
    """

    def __init__(self, bench: Outbox, seen: Seen) -> None:
        self.bench = bench
        self.seen = seen

    async def check(self) -> None:
        """Every message that is owed to the forum, or was."""
        rows = await self.bench.ask("SELECT COALESCE(merged, id), message FROM reply ORDER BY id")
        for first in dict.fromkeys(first for first, _ in rows):
            await self._post([self.bench.room.messages[message] for of, message in rows if of == first], first)

    async def _post(self, said: list[MessageRow], first: int) -> None:
        [(fate, shown, reason, key)] = await self.bench.ask(
            "SELECT fate, fate_shown, reason, post_key FROM reply WHERE id=$1", first
        )
        acts = await self.bench.acts("reply", first)
        notes, posts = self._notes(said), self._posts(said)
        about = f"{said}: {fate} {reason} {acts}; beneath {notes}; became {posts}"
        assert len(notes) <= 1, about
        assert len(posts) <= 1, about
        if undecided(acts):
            assert reason or fate == "posted", f"for no reason: {about}"
            return  # nor is it known which post it is, where somebody changed that
        assert shown == fate, f"shows {shown}: {about}"
        assert self._beside(said) == [], f"is shown beside itself: {about}"
        rows = await self.bench.ask("SELECT id, note, post FROM copy WHERE reply=$1", first)
        [(copy, note, post)] = rows or [(0, "", 0)]
        told, changed = await self.bench.acts("note", copy), await self.bench.acts("post", post)
        about = f"{about}; {told} {changed}"
        hushed = any(message.id in self.seen.hushed for message in said)
        if not (undecided(told) or hushed):
            assert [m.id for m in notes] == ([note] if note else []), about
        if all(message.deleted for message in said):
            assert all(row.state is not PostState.LIVE for row in posts), f"was taken back: {about}"
            assert notes == [] or undecided(told), f"beneath nothing: {about}"
        elif self._rejected(said):
            assert (fate, notes) == ("refused", []), about
        else:
            assert key, f"never became a post: {about}"
            # What a forum that leaves no tombstones deleted before our first reading is told minutes later.
            unread = not rows and self.bench.board.caps.deletes == "absence"
            if not (undecided(told) or undecided(changed) or hushed or unread):
                self._shown(said, self.bench.board.posts[key], notes, about)

    def _notes(self, said: list[MessageRow]) -> list[MessageRow]:
        """What stands beneath messages."""
        ids = {message.id for message in said}
        return [m for m in self.bench.mirrored() if self.seen.beneath(m) and m.reply_to in ids]

    def _beside(self, said: list[MessageRow]) -> list[MessageRow]:
        """What shows their words as if somebody else had said them."""
        ours, words = self.bench.mirrored(), self._words(said)
        return [m for m in ours if not self.seen.beneath(m) and any(word in m.text for word in words)]

    def _words(self, said: list[MessageRow]) -> list[str]:
        return [self.seen.words[message.id] for message in said]

    def _posts(self, said: list[MessageRow]) -> list[PostRow]:
        """The posts that messages became, that wait for a moderator or were shown."""
        return [row for row in self._of(said) if row.number or row.state is PostState.QUEUED]

    def _of(self, said: list[MessageRow]) -> list[PostRow]:
        words, posts = self._words(said), self.bench.board.posts.values()
        return [row for row in posts if any(word in row.text for word in words) and speaks(row, said[0].author)]

    def _rejected(self, said: list[MessageRow]) -> bool:
        return bool(self._of(said)) and not self._posts(said)

    def _shown(self, said: list[MessageRow], post: PostRow, notes: list[MessageRow], about: str) -> None:
        """The chat shows what the forum has: where we may change what others wrote, in their message."""
        about = f"{about}; its post is {post}"
        changes = self.bench.room.caps.changes_others
        there = " ".join(message.text for message in said)
        if post.state is not PostState.LIVE:
            if changes and any(message.id in self.seen.covered for message in said):
                return
            told = there if changes else " ".join(m.text for m in notes)
            assert bool(notes) is not changes, about
            assert TOMBSTONE.search(told), about
            return
        say = [[version(text, word) for word in self._words(said)] for text in (there, post.text)]
        if say[0] == say[1]:
            assert notes == [], about
            return
        assert not changes or len(said) > 1, about
        assert [[version(m.text, word) for word in self._words(said)] for m in notes] == [say[1]], about


def version(text: str, word: str) -> str:
    """The version that a text has of what is known by a word; empty where it does not say that."""
    found = re.search(rf"\b{word} ([vf]\d+)\b", text)
    return found[1] if found else ""


def speaks(row: PostRow, name: str) -> bool:
    """Whether a post came from the chat and is somebody's: under their name, or with it before their words."""
    return row.ours and name in (row.author, *row.text.split())
