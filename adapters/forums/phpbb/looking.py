"""Looks for what an account wrote: by its author, from the end of a thread back to a time."""

from __future__ import annotations

from collections.abc import Callable

from adapters.forums.phpbb import walk
from adapters.forums.phpbb.reading import Reading
from adapters.forums.phpbb.sessions import Account, Sessions
from adapters.forums.phpbb.settings import Rules
from bot import markup
from bot.errors import AdapterError, OutcomeUnknown
from bot.model import Author, BodyState, Millis, Post, PostKey, ThreadKey, Written

MOST_PAGES = 30
"""Pages that are read back at the most; what is older is not looked for."""

MOST_OPENERS = 20
"""Threads whose first post is read to see whether it is ours."""


class Looking:
    """Reads back what accounts wrote; what waits for a moderator is not shown, and so not found."""

    def __init__(self, reading: Reading, sessions: Sessions, rules: Rules) -> None:
        self._reading = reading
        self._sessions = sessions
        self._rules = rules

    async def opening(self, thread: ThreadKey) -> PostKey:
        """The first post of a thread that was just started; OutcomeUnknown where that cannot be read now."""
        try:
            topic = await self._reading.topic(thread, 0)
        except AdapterError as error:
            raise OutcomeUnknown(f"thread {thread} was started, and its first post cannot be read: {error}") from None
        return topic.posts[0].key if topic.posts else PostKey("")

    async def written(self, thread: ThreadKey, since: Millis, account: Account) -> tuple[Written, ...]:
        """The posts of an account in a thread since a time, oldest first."""
        ours = await self._ours(account)
        found: dict[PostKey, Written] = {}
        start = later = walk.FURTHEST
        for _ in range(MOST_PAGES):
            topic = await self._reading.topic(thread, start)
            for post in topic.posts:
                if ours(post.author) and post.created.latest >= since:
                    found[post.key] = self._written(post)
            oldest = topic.posts[0].created.latest if topic.posts else 0
            if not topic.start or topic.start >= later or oldest < since:
                break
            start, later = max(0, topic.start - topic.per), topic.start
        return tuple(sorted(found.values(), key=lambda one: int(one.post)))

    async def started(self, board: str, since: Millis, account: Account) -> tuple[Written, ...]:
        """The first posts of the threads that an account started on a board since a time."""
        ours = await self._ours(account)
        found = []
        page = await self._reading.board(board)
        rows = [row for row in page.rows if ours(Author(*row.starter)) and row.started.latest >= since]
        for row in rows[:MOST_OPENERS]:
            topic = await self._reading.topic(row.thread.key, 0)
            if topic.posts and topic.posts[0].op:
                found.append(self._written(topic.posts[0], row.thread.key, topic.thread.title))
        return tuple(found)

    async def _ours(self, account: Account) -> Callable[[Author], bool]:
        """Whether an author is an account: by the board's own number where a session tells it, else by its name."""
        user = (await self._sessions.of(account)).user

        def is_ours(author: Author) -> bool:
            return author.id == user if author.id and user else author.name.casefold() == account.name.casefold()

        return is_ours

    def _written(self, post: Post, thread: str = "", title: str = "") -> Written:
        """What is compared with what was sent: the words as the board shows them, in the format of drafts."""
        text = ""
        if post.body.state is BodyState.PRESENT:
            text = markup.write(markup.read(post.body.text, post.body.format, post.link), "bbcode")
        return Written(post.key, post.author.name, text, post.created, thread=ThreadKey(thread), title=title)
