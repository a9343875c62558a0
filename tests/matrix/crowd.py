"""People who write, change and take back on both sides while a program mirrors, and what has to be seen of it all.

Everything that is written begins with a word of its own, such as `post-17` in the forum and `word-3` in the room: by it
a copy is known, on whichever side it stands. Nobody waits for the program, and nobody does anything twice: what gets no
answer is asked again, with the same key.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from adapters.forums.sandbox import entries as forum_entries
from adapters.forums.sandbox.state import PostRow, State, Status
from bot.model import ThreadKey
from tests.crash.people import left
from tests.matrix.listening import in_thread
from tests.matrix.mirrored import Mirrored
from tests.matrix.people import asking_once

T = TypeVar("T")

READERS = ("Max", "Ida", "Tom")
"""Who writes in the forum."""
THREADS = 2
NO_FLOOD = 15
"""Posts that may come at once in a thread: more are kept back until an admin decides."""

_TEXT = re.compile(r"(post|word)-\d+(?: as of \d+)?")


class Said(msgspec.Struct):
    """What somebody wrote on one side, and how it stands there now."""

    tag: str
    by: str
    thread: int
    key: str
    """The post, or the message."""
    on: Said | None = None
    """What it answers; None for the thread."""
    loose: bool = False
    """Whether it may be taken back: then nobody answers it, for that could come too late."""
    version: int = 1
    gone: bool = False

    def __str__(self) -> str:
        answers = f", answering {self.on.tag}" if self.on else ""
        return f"{self.text!r} ({self.key} in thread {self.thread}{answers}{', gone' if self.gone else ''})"

    @property
    def text(self) -> str:
        """What it says now."""
        return self.tag if self.version == 1 else f"{self.tag} as of {self.version}"


class Message(NamedTuple):
    """A message of the bot's that stands in the room, changes applied."""

    id: str
    text: str
    root: str
    answers: str


class Crowd:
    """Everybody who writes. In the forum they use its pages, wherever the program serves them: see `forum`."""

    def __init__(self, mirrored: Mirrored, bot: str, seed: int) -> None:
        self.posts: list[Said] = []
        self.words: list[Said] = []
        self.forum = ""
        """Where the pages of the forum are; empty while there is no program."""
        self.allowed = 0
        """How much may have been done by now."""
        self._mirrored = mirrored
        self._ann = mirrored.ann
        self._bot = bot
        self._dice = random.Random(seed)
        self._threads: list[ThreadKey] = []
        self._first = 0
        self._acts = 0
        self._session = asking_once()

    # ------------------------------------------------------------------------------------------------- what they do

    async def begin(self, posts: int) -> None:
        """Start the threads, the first one with nearly all of these posts, and order mirrors of them."""
        async with self._mirrored.running():
            board = self._mirrored.board
            for number in range(THREADS):
                opener = self._new_post("Zoe", number, None)
                self._threads.append(await board.start_thread("b1", "Zoe", f"Thread {number}", opener.text))
                opener.key = (await board.state()).threads[self._threads[-1]].op
            for _ in range(posts - THREADS):
                number = int(self._dice.random() < 0.1)
                post = self._new_post(self._dice.choice(READERS), number, self._target(number))
                post.key = await board.post(
                    self._threads[number], post.on.key if post.on else "", post.by, "", post.text
                )
            self._first = len(self.posts)
            for thread in self._threads:
                await self._mirrored.order(thread)

    async def play(self, acts: int) -> None:
        """Do so much, one after the other, never more than is allowed by then."""
        kinds = ("post", "edit", "delete", "say", "change", "remove")
        while self._acts < acts:
            while self._acts >= self.allowed:
                await asyncio.sleep(0.01)
            await getattr(self, f"_{self._dice.choices(kinds, (8, 3, 3, 6, 2, 2))[0]}")()
            self._acts += 1

    @property
    def idle(self) -> bool:
        """Whether everything was done that is allowed by now."""
        return self._acts >= self.allowed

    async def close(self) -> None:
        """Let go of the connections."""
        await self._session.close()

    def _new_post(self, by: str, thread: int, on: Said | None) -> Said:
        loose = on is not None and self._dice.random() < 0.25
        self.posts.append(Said(f"post-{len(self.posts) + 1}", by, thread, "", on, loose))
        return self.posts[-1]

    def _target(self, thread: int) -> Said:
        """What somebody in the forum answers: nothing that may go away, nothing from the room."""
        return self._dice.choice([post for post in self.posts if post.thread == thread and not post.loose])

    async def _post(self) -> None:
        thread = self._dice.randrange(THREADS)
        if sum(post.thread == thread for post in self.posts[self._first :]) == NO_FLOOD:
            return
        on = self._target(thread)
        post = self._new_post(self._dice.choice(READERS), thread, on)
        fields = {"author": post.by, "title": "", "text": post.text, "parent": on.key, "once": post.tag}
        place = await self._form(f"/t/{self._threads[thread]}", post.by, fields)
        post.key = place.rpartition("#")[2]

    async def _edit(self) -> None:
        post = self._dice.choice([post for post in self.posts if not post.gone])
        post.version += 1
        title = f"Thread {post.thread}" if post.on is None else ""
        await self._form(f"/p/{post.key}/edit", post.by, {"title": title, "text": post.text})

    async def _delete(self) -> None:
        if post := _last([post for post in self.posts if post.loose and not post.gone]):
            post.gone = True
            await self._form(f"/p/{post.key}/delete", post.by, {})

    async def _form(self, path: str, by: str, fields: dict[str, str]) -> str:
        """Send a form until a program has taken it; where that leads."""

        async def send() -> str:
            while not self.forum:
                await asyncio.sleep(0.01)
            headers = {"Origin": self.forum, "Cookie": f"sandbox_name={by}"}
            url = f"{self.forum}/forum{path}"
            async with self._session.post(url, data=fields, headers=headers, allow_redirects=False) as answer:
                # What was deleted by a form whose answer got lost is not there any more.
                assert answer.status == 303 or (answer.status == 404 and path.endswith("/delete")), await answer.text()
                return answer.headers.get("Location", "")

        return await insisting(send)

    async def _say(self) -> None:
        thread = self._dice.randrange(THREADS)
        opener = next(post for post in self.posts if post.thread == thread)
        while not (seen := await insisting(self._standing)).get(opener.tag):
            await asyncio.sleep(0.02)
        on = self._dice.choice(
            [
                None,
                *(post for post in self.posts if post.thread == thread and not post.loose and post.tag in seen),
                *(word for word in self.words if word.thread == thread and not word.loose),
            ]
        )
        answered = "" if on is None else on.key if on in self.words else seen[on.tag][0].id
        word = Said(f"word-{len(self.words) + 1}", "Ann", thread, "", on, self._dice.random() < 0.3)
        relation = in_thread(seen[opener.tag][0].id, answered, real=bool(answered))
        say = partial(self._ann.say, self._mirrored.room, word.text, txn=self._txn(), **relation)
        word.key = await insisting(say)
        self.words.append(word)

    async def _change(self) -> None:
        if word := _last([word for word in self.words if not word.gone], self._dice.choice((1, 2))):
            word.version += 1
            new = {"msgtype": "m.text", "body": word.text}
            relation = {"rel_type": "m.replace", "event_id": word.key}
            content: dict[str, Any] = {"m.new_content": new, "m.relates_to": relation}
            say = partial(self._ann.say, self._mirrored.room, f"* {word.text}", txn=self._txn(), **content)
            await insisting(say)

    async def _remove(self) -> None:
        if word := _last([word for word in self.words if word.loose and not word.gone]):
            word.gone = True
            room, message = quote(self._mirrored.room, safe=""), quote(word.key, safe="")
            await insisting(partial(self._ann.call, "PUT", f"/rooms/{room}/redact/{message}/{self._txn()}", {}))

    def _txn(self) -> str:
        return f"act-{self._acts}"

    # --------------------------------------------------------------------------------------------- what is to be seen

    async def wrong(self) -> list[str]:
        """What is not as it has to be, on either side, in words."""
        seen, state = await self._standing(), self._forum()
        return [*self._in_room(seen, state), *self._in_forum(seen, state), *await self._fates()]

    async def _standing(self) -> dict[str, list[Message]]:
        """What stands in the room of the bot's, by its word, oldest first; changes of what is gone are there too."""
        found: dict[str, Message] = {}
        loose: dict[str, list[Message]] = defaultdict(list)
        for event in await self._ann.events(self._mirrored.room):
            if event["sender"] != self._bot or not event["content"]:
                continue
            relates = event["content"].get("m.relates_to", {})
            replaced = relates["event_id"] if relates.get("rel_type") == "m.replace" else ""
            text = _text(event["content"]["m.new_content"] if replaced else event["content"])
            if replaced in found:
                found[replaced] = found[replaced]._replace(text=text)
            elif replaced:
                loose[text.partition(" ")[0]].append(Message(event["event_id"], text, "", ""))
            else:
                root = relates.get("event_id", "") if relates.get("rel_type") == "m.thread" else ""
                answers = "" if relates.get("is_falling_back") else relates.get("m.in_reply_to", {}).get("event_id", "")
                found[event["event_id"]] = Message(event["event_id"], text, root, answers)
        for message in found.values():
            loose[message.text.partition(" ")[0]].append(message)
        return loose

    def _forum(self) -> State:
        """The forum as its journal tells it, without asking the program."""
        state = State()
        for entry in left(self._mirrored.home / "forums" / "sandbox" / "journal.jsonl"):
            state.apply(forum_entries.unpacked(entry))
        return state

    def _in_room(self, seen: dict[str, list[Message]], state: State) -> list[str]:
        """Each post once, in its thread, as it was changed last, in the forum's order, as a reply to its parent."""
        said: list[str] = []
        roots = {post.thread: seen[post.tag][0].id for post in self.posts if post.on is None and seen.get(post.tag)}
        for post in self.posts:
            shown = seen.get(post.tag, [])
            if [one.text for one in shown] != ([] if post.gone else [post.text]):
                said.append(f"{post} is shown as {shown}")
                continue
            for one in shown:
                if one.root != ("" if post.on is None else roots.get(post.thread)):
                    said.append(f"{post} stands in {one.root}")
                if post.on and post.on.on and [one.answers] != [above.id for above in seen.get(post.on.tag, [])]:
                    said.append(f"{post} answers {one.answers}")
        strange = set(seen) - {post.tag for post in self.posts}
        for number, key in enumerate(self._threads):
            rows = [state.posts[post] for post in state.threads[key].posts]
            order = [tag for tag in map(_tag, rows) if tag in seen]
            stand = [tag for tag, [message, *_] in seen.items() if message.root in ("", roots.get(number))]
            told = [tag for tag in stand if tag in order]
            if told != order:
                said.append(f"the order of thread {number} is {told}, not {order}")
        return said + [f"nobody wrote {tag}: {seen[tag]}" for tag in strange]

    def _in_forum(self, seen: dict[str, list[Message]], state: State) -> list[str]:
        """Each word once, as it was changed last, in the room's order, below what it answers."""
        said: list[str] = []
        by_tag: dict[str, list[PostRow]] = defaultdict(list)
        for row in state.posts.values():
            if row.status is Status.LIVE:
                by_tag[_tag(row)].append(row)
        keys = {post.tag: post.key for post in self.posts} | {tag: rows[0].key for tag, rows in by_tag.items()}
        for word in self.words:
            rows = by_tag[word.tag]
            if [_words(row.text) for row in rows] != ([] if word.gone else [word.text]):
                said.append(f"{word} is posted as {rows}")
            for row in rows:
                if word.on is not None and row.parent != keys.get(word.on.tag):
                    said.append(f"{word} answers {row.parent}")
        for number, key in enumerate(self._threads):
            tags = [_tag(state.posts[post]) for post in state.threads[key].posts]
            order = [word.tag for word in self.words if word.thread == number and not word.gone]
            told = [tag for tag in tags if tag in order]
            if told != order:
                said.append(f"the order of the words in thread {number} is {told}, not {order}")
        return said

    async def _fates(self) -> list[str]:
        """Each word carries the sign that it was posted, and no other."""
        signs: dict[str, list[str]] = defaultdict(list)
        for event in await self._ann.events(self._mirrored.room, "m.reaction"):
            if relates := event["content"].get("m.relates_to"):
                signs[relates["event_id"]].append(relates["key"])
        return [
            f"{word} carries {signs[word.key]}" for word in self.words if not word.gone and signs[word.key] != ["✅"]
        ]


async def insisting(act: Callable[[], Awaitable[T]]) -> T:
    """Do something until it is answered: whoever is asked may be down, or die while he is asked."""
    while True:
        try:
            return await act()
        except aiohttp.ClientError:
            await asyncio.sleep(0.02)


def _last(of: list[Said], back: int = 1) -> Said | None:
    """The last one, or one before it; what is freshest is what may be under way."""
    return of[-back] if len(of) >= back else None


def _text(content: dict[str, Any]) -> str:
    return _words(content.get("body", ""))


def _words(text: str) -> str:
    found = _TEXT.search(text)
    return found.group() if found else text


def _tag(row: PostRow) -> str:
    return _words(row.text).partition(" ")[0]
