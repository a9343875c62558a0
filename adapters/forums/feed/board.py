"""Pure: the feed of a board → its threads with the posts that it shows, as far as they are new or changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from adapters.forums.feed import shape
from adapters.forums.feed.addresses import whole
from adapters.forums.feed.identity import Reading, Seen
from adapters.forums.feed.items import Feed, Item
from adapters.forums.feed.memory import Known, name
from adapters.forums.feed.posts import Answers, first_words, heading, opening, reply
from adapters.forums.feed.shape import Place
from bot.errors import Unparsable
from bot.model import Board, Post, PostKey, Thread, ThreadKey, ThreadPage

ENTRY = "entry:"
PAGE = "page:"
_LONGEST_KEY = 500
"""Characters: thousands of them are remembered."""


class BoardMaker:
    """Makes the threads of a board's feed."""

    def __init__(self, feed: Feed, board: Board, reading: Reading) -> None:
        self.feed = feed
        self.board = board
        self.reading = reading
        self._threads: dict[str, str] = {}
        """The keys of threads, by the `own` of their first entries."""
        self._comments = Counter(item.comments for item in feed.items)

    def known(self) -> tuple[Known, ...]:
        """What is remembered, with the keys of threads that were given in this reading."""
        return tuple(
            msgspec.structs.replace(one, thread=key) if (key := self._threads.get(one.own)) else one
            for one in self.reading.memory.known
        )

    def _key(self, seen: Seen) -> ThreadKey:
        if seen.known.thread:
            return ThreadKey(seen.known.thread)
        address = seen.item.comments
        if seen.new and address and self._comments[address] == 1:
            with suppress(Unparsable):
                key = whole(address)  # as it is called when it is mirrored for itself
                if key != self.board.key and len(key) <= _LONGEST_KEY:
                    self._threads[seen.known.own] = key
                    return ThreadKey(key)
        return ThreadKey(ENTRY + seen.known.own)

    def _thread(self, seen: Seen) -> Thread:
        item = seen.item
        return Thread(
            key=self._key(seen),
            title=heading(item) or first_words(item),
            link=item.link or self.feed.link,
            board=self.board,
            replies=item.replies,
            token=_token(item),
            tags=item.tags,
        )

    def pages_of_entries(self) -> Iterable[ThreadPage]:
        """The first posts of the threads, newest first, of those that are new or changed."""
        for seen in self.reading.seen:
            if not (seen.new or seen.changed):
                continue
            thread = self._thread(seen)
            own = seen.known.own
            key = own if thread.key.startswith(ENTRY) else name(thread.key, own)
            yield ThreadPage(thread, (opening(seen, PostKey(key), self.feed),), resurfaced=seen.resurfaced)

    def pages_of_comments(self) -> Iterable[ThreadPage]:
        """What is new or changed on each page that is commented on, the page with the newest first.

        What slid back into the feed stands on pages of its own, for it is no news.
        """
        places = dict(zip(map(id, self.feed.items), shape.places(self.feed.items), strict=True))
        answers = Answers(self.reading)
        groups: dict[tuple[str, bool], list[Seen]] = {}
        for seen in self.reading.seen:
            if seen.new or seen.changed:
                page = places[id(seen.item)].page or seen.item.link or seen.known.own
                groups.setdefault((page, seen.resurfaced), []).append(seen)
        for (page, resurfaced), group in groups.items():
            title = shape.page_title([seen.item for seen in group], page)
            key = ThreadKey(PAGE + name(self.board.key, page))
            thread = Thread(key, title, page if page.startswith("http") else self.feed.link, self.board)
            posts = [self._comment(seen, places[id(seen.item)], title, answers) for seen in reversed(group)]
            yield ThreadPage(thread, tuple(posts), resurfaced=resurfaced)

    def _comment(self, seen: Seen, place: Place, title: str, answers: Answers) -> Post:
        if place.op or not place.page:
            return opening(seen, PostKey(seen.known.own), self.feed)
        return reply(seen, title, answers)

    def threads(self) -> Iterable[Thread]:
        """Those that are read by themselves, the newest activity first."""
        alone = [seen for seen in self.reading.seen if not self.reading.memory.comments]
        found = [(seen, self._thread(seen)) for seen in alone if seen.item.comments]
        found.sort(key=lambda pair: -max(pair[0].known.at, pair[0].item.answered or 0))
        yield from (thread for _, thread in found if not thread.key.startswith(ENTRY))


def _token(item: Item) -> str:
    if item.replies is None and item.answered is None:
        return ""
    return f"{'' if item.replies is None else item.replies}:{item.answered or ''}"
