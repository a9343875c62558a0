"""What the two journals show when all is over, held against what people did: lost, twice, out of order, or right.

Nothing here asks the database, but for `database` at the end, which holds it against the journals.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec

from adapters.chats.web import entries as chat_entries
from adapters.chats.web.state import Message
from adapters.chats.web.state import State as Chat
from adapters.forums.sandbox import entries as forum_entries
from adapters.forums.sandbox.state import PostRow, Status
from adapters.forums.sandbox.state import State as Forum
from tests.crash.people import BOARD, CHANNEL, entries, left

POSTED = "✅"


class Verdict(msgspec.Struct):
    """What is wrong, in words, by kind; how many posts there are, how often the wire carried what it had before."""

    lost: list[str] = []
    twice: list[str] = []
    disorder: list[str] = []
    wrong: list[str] = []
    again: int = 0
    posts: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.twice or self.disorder or self.wrong)


class Judge:
    """Reads both journals of a home and says what is wrong with what they show."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.found = Verdict()
        self.forum = Forum()
        self.raw_forum = entries(home / "sandbox" / "journal.jsonl")
        for entry in left(home / "sandbox" / "journal.jsonl"):
            self.forum.apply(forum_entries.unpacked(entry))
        self.chat = Chat((CHANNEL,), ("*",))
        self.raw_chat = entries(home / "web" / "chat.jsonl")
        for entry in left(home / "web" / "chat.jsonl"):
            self.chat.apply(chat_entries.read(entry))
        self.sent: dict[str, list[dict[str, Any]]] = defaultdict(list)
        """Every message of ours ever sent, by the post that it showed."""
        for entry in self.raw_chat:
            if entry["kind"] == "sent":
                self.sent[entry["payload"]["link"].rpartition("#")[2]].append(entry)
        self.said = {f"m{entry['n']}": entry for entry in self.raw_chat if entry["kind"] == "said"}

    def judge(self) -> Verdict:
        """Everything at once."""
        posts = [row for row in self.forum.posts.values() if self.forum.threads[row.thread].board == BOARD]
        self.found.posts = sum(row.status is Status.LIVE for row in posts)
        for row in posts:
            if row.marker:
                self._from_chat(row)
            else:
                self._from_forum(row)
        self._messages(posts)
        self._order(posts)
        self._whispers()
        wire = [line.split() for line in (self.home / "wire").read_text().splitlines()]
        self.found.again = sum(line[2] == "again" for line in wire)
        self._database(posts)
        return self.found

    # ---------------------------------------------------------------------------------- forum → chat

    def _from_forum(self, row: PostRow) -> None:
        sent = self.sent[row.key]
        name = f"{row.key} ({row.title} {row.text})"
        if len(sent) > 1:
            self.found.twice.append(f"{name} was shown {len(sent)} times")
        if row.status is not Status.LIVE:
            for entry in sent:
                message = self.chat.messages[f"m{entry['n']}"]
                if not message.deleted and (message.payload or {}).get("kind") != "tombstone":
                    self.found.wrong.append(f"{name} is deleted, and {message.id} shows {message.payload}")
            return
        if not sent:
            self.found.lost.append(f"{name} was never shown")
            return
        message = self.chat.messages[f"m{sent[0]['n']}"]
        shown = message.payload or {}
        if message.deleted or (shown.get("title"), shown.get("plain")) != (row.title, row.text):
            self.found.lost.append(f"{name} is shown as {shown} in {message.id}")
        if shown.get("author") != row.author or shown.get("number") != ("OP" if row.op else f"#{row.number}"):
            self.found.wrong.append(f"{name} is shown as {shown}")
        if (message.channel, message.thread) != self._place(row):
            self.found.wrong.append(f"{name} stands in {message.channel}/{message.thread}")
        if row.op and message.hangs is None:
            self.found.lost.append(f"{name} has no chat thread")
        self._native_reply(row, message, name)

    def _place(self, row: PostRow) -> tuple[str, str]:
        op = self.forum.threads[row.thread].op
        return CHANNEL, "" if row.op else f"m{self.sent[op][0]['n']}" if self.sent[op] else "?"

    def _native_reply(self, row: PostRow, message: Message, name: str) -> None:
        """A reply answers the message of its parent, if that one stood there all the time."""
        parent = self.forum.posts.get(row.parent)
        if parent is None or parent.op:
            return
        above = self._message_of(parent)
        if above is None or above.deleted or parent.status is not Status.LIVE:
            return
        if message.reply_to != above.id:
            self.found.wrong.append(f"{name} answers {message.reply_to or 'nothing'} instead of {above.id}")

    def _message_of(self, row: PostRow) -> Message | None:
        if not row.marker:
            return self.chat.messages[f"m{self.sent[row.key][0]['n']}"] if self.sent[row.key] else None
        tag = next((entry["text"].split()[0] for entry in self._submits() if entry["post"] == row.key), "")
        return next((self.chat.messages[m] for m, said in self.said.items() if said["text"].split()[0] == tag), None)

    def _submits(self) -> list[dict[str, Any]]:
        return [
            entry
            for entry in self.raw_forum
            if entry["act"] == "reply" and not entry.get("key", "").startswith("form:")
        ]

    # ---------------------------------------------------------------------------------- chat → forum

    def _from_chat(self, row: PostRow) -> None:
        """A post that came from the chat is a person's own message there, and nothing beside it."""
        if self.sent[row.key]:
            self.found.twice.append(f"{row.key} came from the chat and is shown there as {self.sent[row.key]}")
        message = self._message_of(row)
        if message is None:
            self.found.wrong.append(f"{row.key} ({row.text}) was said by nobody")
        elif message.deleted != (row.status is Status.DELETED):
            self.found.wrong.append(f"{row.key} is {row.status}, {message.id} is deleted: {message.deleted}")

    def _messages(self, posts: list[PostRow]) -> None:
        """Every message that a person left standing in a mirrored thread is one post, under the right parent."""
        submits: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for entry in self._submits():
            submits[entry["text"].split()[0]].append(entry)
        roots = {self._place(row)[1]: row.thread for row in posts if not row.op}
        for id, said in self.said.items():
            tag, message = said["text"].split()[0], self.chat.messages[id]
            if len(submits[tag]) > 1:
                self.found.twice.append(f"{id} ({tag}) was posted {len(submits[tag])} times")
            if message.deleted:
                continue
            if not submits[tag]:
                self.found.lost.append(f"{id} ({message.text}) was never posted")
                continue
            post = self.forum.posts[submits[tag][0]["post"]]
            # Where somebody changed the post on the forum, we changed the message.
            says = message.text if message.payload is None else message.payload.get("plain")
            if post.text != says or post.author != said["name"]:
                self.found.lost.append(f"{id} says {says!r}, {post.key} {post.text!r} by {post.author}")
            if message.fate != POSTED:
                self.found.wrong.append(f"{id} shows the fate {message.fate!r}")
            if post.thread != roots.get(said.get("thread", ""), post.thread):
                self.found.wrong.append(f"{id} was posted to {post.thread}")
            if post.parent != (expected := self._answered(said)):
                self.found.wrong.append(f"{id} answers {said.get('reply_to')}: {post.parent!r}, not {expected!r}")

    def _answered(self, said: dict[str, Any]) -> str:
        """The post that a message answers: what stands in that message, else what that one answers itself."""
        above = said.get("reply_to", "")
        for post, sent in self.sent.items():
            if any(f"m{entry['n']}" == above for entry in sent):
                return post
        if above in self.said:
            tag = self.said[above]["text"].split()[0]
            posted = next((entry["post"] for entry in self._submits() if entry["text"].split()[0] == tag), None)
            return posted or self._answered(self.said[above])
        return ""

    # ------------------------------------------------------------------------------------- everything

    def _order(self, posts: list[PostRow]) -> None:
        """What the forum's own people wrote appears in each place in the forum's order, parents first.

        What was said in a chat thread arrives on the forum in the order in which it was said.
        """
        numbers = {row.key: (row.thread, row.number) for row in posts}
        last: dict[str, int] = {}
        for entry in self.raw_chat:
            if entry["kind"] == "sent" and entry.get("thread"):
                thread, number = numbers[entry["payload"]["link"].rpartition("#")[2]]
                if number < last.get(thread, 0):
                    self.found.disorder.append(f"m{entry['n']} shows #{number} of {thread} behind #{last[thread]}")
                last[thread] = number
        said: dict[str, int] = {}
        for row in sorted((row for row in posts if row.marker and row.shown), key=lambda row: row.number):
            message = self._message_of(row)
            if message is None:
                continue  # that is wrong in itself
            number = int(message.id.removeprefix("m"))
            if number < said.get(row.thread, 0):
                self.found.disorder.append(f"{row.key} ({message.id}) arrived behind m{said[row.thread]}")
            said[row.thread] = number

    def _whispers(self) -> None:
        given = sum(entry["kind"] == "commanded" for entry in self.raw_chat)
        answers = Counter(entry["key"] for entry in self.raw_chat if entry["kind"] == "told")
        if len(answers) < given:
            self.found.lost.append(f"{given} commands, {len(answers)} answers")
        self.found.twice += [f"answer {key} was given {number} times" for key, number in answers.items() if number > 1]

    def _database(self, posts: list[PostRow]) -> None:
        """The database says the same: nothing in flight, every copy where the message stands."""
        with sqlite3.connect(f"file:{self.home / 'threadline.db'}?mode=ro", uri=True) as con:
            open_states = "state NOT IN ('sent', 'dropped')"
            for row in con.execute(f"SELECT id, subject, act, state, reason FROM delivery WHERE {open_states}"):
                self.found.wrong.append(f"the database has delivery {row}")
            copies: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
            for key, *copy in con.execute(
                """SELECT o.key, c.state, c.revision, o.revision, m.message FROM post o JOIN copy c ON c.post=o.id
                   LEFT JOIN copy_message m ON m.copy=c.id"""
            ):
                copies[key].append(tuple(copy))
            [[damaged]] = con.execute("PRAGMA integrity_check")
        con.close()
        if damaged != "ok":
            self.found.wrong.append(f"the database is damaged: {damaged}")
        for row in posts:
            message = self._message_of(row)
            want = 1 if message is not None else 0
            if len(copies[row.key]) != want:
                self.found.wrong.append(f"the database knows {len(copies[row.key])} copies of {row.key}, not {want}")
            for state, stands, newest, id in copies[row.key]:
                if message is not None and id != message.id:
                    self.found.wrong.append(f"the database has {row.key} in {id}, it stands in {message.id}")
                if row.status is Status.LIVE and (state != "shown" or (stands != newest and not row.marker)):
                    self.found.wrong.append(f"the database has {row.key} as {state}, {stands} of {newest}")
                if row.status is Status.DELETED and state == "shown":
                    self.found.wrong.append(f"the database has the deleted {row.key} as {state}")
