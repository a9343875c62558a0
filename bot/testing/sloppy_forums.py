"""A forum that breaks one law of the contract at a time: it shows that no law is kept by accident."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import msgspec

from bot.errors import Gone, LoginRejected, NotAllowed, OutcomeUnknown, RateLimited, Refused, Unparsable, Unreachable
from bot.model import (
    EMPTY,
    Accepted,
    Author,
    Board,
    BoardKey,
    Bookmark,
    Draft,
    ForumCapabilities,
    Hint,
    Judged,
    Judgement,
    Listing,
    Login,
    Millis,
    Parent,
    ParentState,
    Post,
    PostKey,
    PostState,
    Queued,
    Target,
    TargetKind,
    Thread,
    ThreadKey,
    ThreadPage,
    Written,
    at,
    body,
)
from bot.testing.faults import Faults
from bot.testing.forum_flaws import ForumFlaw
from bot.testing.forum_world import PostRow
from bot.testing.forums import EVERYTHING
from bot.testing.sloppy_people import SloppyPeople

Replace = msgspec.structs.replace
PAGE = 10
"""Posts on one page of a forum that cuts its threads."""


class SloppyForum(SloppyPeople):
    """A `FakeForum` with flaws."""

    def __init__(self, *flaws: ForumFlaw, caps: ForumCapabilities = EVERYTHING) -> None:
        super().__init__(*flaws, caps=caps)
        self.faults = _SloppyFaults(self.flaws, self.faults.writes)
        self._first_words: dict[PostKey, str] = {}
        if self._has(ForumFlaw.MISSPELT_CAPABILITY):
            self.caps = Replace(caps, parents="exakt")

    # ---------------------------------------------------------------------------------------------------------- reading

    async def locate(self, address: str) -> Target:
        if self._has(ForumFlaw.BARE_ERRORS_ON_ADDRESSES) and "/t/" not in address and "/b/" not in address:
            raise ValueError(address)
        if self._has(ForumFlaw.LOCATES_NOTHING):
            raise Gone("there is nothing")
        try:
            return await super().locate(address)
        except Unparsable:
            if self._has(ForumFlaw.LOCATES_ANYTHING):
                return Target(TargetKind.BOARD, self.board, "General")
            raise

    async def listing(self, board: BoardKey, since: Bookmark) -> Listing | None:
        if self._has(ForumFlaw.MISSING_BOARD_IS_EMPTY) and board not in self.board_rows:
            return Listing(self._board(self.board_rows[self.board]), ())
        if self._has(ForumFlaw.TICKING_TOKENS):
            since = Bookmark()
        self._readings += 1
        found = await super().listing(board, since)
        if found is not None and self._has(ForumFlaw.LISTED_BY_AGE):
            return Replace(found, threads=tuple(sorted(found.threads, key=lambda thread: thread.key)))
        return found

    async def boards(self) -> tuple[Board, ...]:
        found = await super().boards()
        if self._has(ForumFlaw.BOARDS_WITHOUT_ADDRESS):
            return tuple(Replace(board, link="") for board in found)
        return found

    async def thread(self, thread: ThreadKey, since: Bookmark) -> ThreadPage | None:
        self._readings += 1
        if self._has(ForumFlaw.BARE_ERRORS_ON_KEYS) and not thread.isalnum():
            raise ValueError(thread)
        if self._has(ForumFlaw.MISSING_THREAD_IS_EMPTY) and thread not in self.threads:
            return ThreadPage(Thread(thread, ""), (), complete=True)
        if since.cursor and self._has(ForumFlaw.BLIND_TO_NEWS):
            return None
        if since.cursor and self._has(ForumFlaw.BOOKMARK_OF_THE_PROCESS) and self._restarts:
            return None
        if self._has(ForumFlaw.COUNTERS_IN_TEXT) or self._has(ForumFlaw.KEYS_OF_THE_READING):
            since = Bookmark()
        if self._has(ForumFlaw.CHOKES) and self.broken:
            raise Unparsable("a post has no author", "an author")
        cut = self._has(ForumFlaw.CUT_PAGE_CALLED_COMPLETE)
        self.page_size = PAGE if cut or self._has(ForumFlaw.CUT_THREAD) else 0
        try:
            page = await super().thread(thread, since)
        except Unparsable:
            if self._has(ForumFlaw.FOREIGN_PAGE_IS_EMPTY):
                return ThreadPage(Thread(thread, ""), (), complete=True)
            raise
        if page is None:
            return None
        if self._has(ForumFlaw.CUT_THREAD):
            return Replace(page, more=False)
        return Replace(page, complete=True) if cut else page

    async def close(self) -> None:
        await super().close()
        self._restarts += 1
        if self._has(ForumFlaw.KEYS_IN_MEMORY):
            self._submits.clear()

    async def hints(self) -> AsyncIterator[Hint]:
        async for hint in super().hints():
            yield Replace(hint, key="nowhere") if self._has(ForumFlaw.HINTS_OF_NOTHING) else hint

    def _thread(self, row: object) -> Thread:
        thread = super()._thread(row)  # type: ignore[arg-type]
        if self._has(ForumFlaw.COUNTS_THE_OP):
            return Replace(thread, replies=(thread.replies or 0) + 1)
        if self._has(ForumFlaw.EVENTS_COUNTED):
            return Replace(thread, replies=len(self.threads[thread.key].posts) - 1)
        if self._has(ForumFlaw.TICKING_TOKENS):
            return Replace(thread, token=f"{thread.token}.{self._readings}")
        return Replace(thread, token="always") if self._has(ForumFlaw.STUCK_TOKENS) else thread

    def _post(self, row: PostRow) -> Post:
        post = super()._post(row)
        first = self._first_words.setdefault(row.post, row.text)
        for flaw in self.flaws:
            match flaw:
                case ForumFlaw.COUNTERS_IN_TEXT:
                    text = f"{row.text} (read {self._readings} times)"
                    post = Replace(post, body=body(text, "plain"), version="")
                case ForumFlaw.KEYS_OF_THE_READING:
                    post = Replace(post, key=PostKey(f"{self._readings}.{row.post}"))
                case ForumFlaw.KEYS_OF_THE_PROCESS if self._restarts:
                    post = Replace(post, key=PostKey(f"{self._restarts}.{row.post}"))
                case ForumFlaw.NO_OP:
                    post = Replace(post, op=False)
                case ForumFlaw.ONE_AUTHOR:
                    post = Replace(post, author=Author("ann"))
                case ForumFlaw.CUT_TEXT:
                    post = Replace(post, body=body(row.text[:5], "plain"))
                case ForumFlaw.WORDS_CALLED_EMPTY if row.number == 3:
                    post = Replace(post, body=EMPTY)
                case ForumFlaw.UNSEEN_CALLED_EMPTY if row.post in self.unseen:
                    post = Replace(post, body=EMPTY)
                case ForumFlaw.SECONDS:
                    post = Replace(post, created=at(row.at // 1000))
                case ForumFlaw.NO_PARENTS if not row.op:
                    post = Replace(post, parent=Parent(ParentState.THREAD))
                case ForumFlaw.INVENTED_PARENTS if row.number > 1:
                    before = self.threads[row.thread].posts[row.number - 1]
                    post = Replace(post, parent=Parent(ParentState.KNOWN, before))
                case ForumFlaw.ONE_NUMBER if not row.op:
                    post = Replace(post, number=1)
                case ForumFlaw.POSITIONS_REVERSED:
                    post = Replace(post, position=-row.number)
                case ForumFlaw.BLIND_TO_EDITS:
                    post = Replace(post, body=body(first, "plain"), version="")
                case ForumFlaw.BLIND_TO_DELETIONS:
                    post = Replace(post, state=PostState.LIVE)
                case ForumFlaw.EVENTS_ARE_REPLIES:
                    post = Replace(post, event=False)
                case ForumFlaw.EVENTS_OF_THE_READING if row.event:
                    post = Replace(post, key=PostKey(f"{self._readings}.{row.post}"))
                case ForumFlaw.EVENTS_ARE_PARENTS if row.number:
                    above = self.posts[self.threads[row.thread].posts[row.number - 1]]
                    if above.event:
                        post = Replace(post, parent=Parent(ParentState.KNOWN, above.post))
        return post

    def _marker(self, row: PostRow) -> str:
        return row.key or "k-1" if self._has(ForumFlaw.MARKS_EVERYBODY) else super()._marker(row)

    # ---------------------------------------------------------------------------------------------------------- writing

    async def submit(self, draft: Draft, key: str) -> Accepted | Queued:
        if self._has(ForumFlaw.BARE_ERRORS_ON_DRAFTS) and draft.parent and draft.parent not in self.posts:
            raise ValueError(draft.parent)
        if self._has(ForumFlaw.MISSING_IS_REFUSED) and draft.thread not in self.threads:
            raise Refused("there is no such thread")
        if self._has(ForumFlaw.RACING_KEYS):
            first = self._first(key)
            await asyncio.sleep(0)
            if first is None:
                self._submits.pop(key, None)
        if self._has(ForumFlaw.TWINS_ANSWERED):
            for row in self.posts.values():
                if row.ours and row.text == draft.text:
                    return Accepted(row.post, self._link(row))
        parent = self.posts.get(draft.parent)
        if self._has(ForumFlaw.ORPHANS_ADOPTED) and parent is not None and parent.state is PostState.DELETED:
            draft = Replace(draft, parent=self.threads[parent.thread].posts[1])
        return await super().submit(draft, key)

    def _check(self, draft: Draft) -> None:
        thread = self.threads.get(draft.thread)
        if thread is not None and self._has(ForumFlaw.CLOSED_TAKEN):
            thread.closed = False
        super()._check(Replace(draft, text=draft.text or "?") if self._has(ForumFlaw.EMPTY_TAKEN) else draft)

    async def revise(self, post: PostKey, draft: Draft, key: str) -> None:
        if self._has(ForumFlaw.REVISED_AS_NEW):
            await self.submit(draft, f"{key} {len(self.posts)}")
            return
        if self._has(ForumFlaw.REVIVES) and post in self.posts:
            self.posts[post].state = PostState.LIVE
        await super().revise(post, draft, key)

    async def withdraw(self, thread: ThreadKey, post: PostKey, key: str, login: Login | None = None) -> None:
        if self._has(ForumFlaw.WITHDRAWS_NOTHING):
            return
        if self._has(ForumFlaw.WITHDRAWS_ONCE):
            row = self.posts.get(post)
            if row is None or row.state is PostState.DELETED:
                raise Gone("there is no such post")
        await super().withdraw(thread, post, key, login)

    def named(self, link: str) -> PostKey:
        if self._has(ForumFlaw.NAMES_NOTHING):
            raise Gone("there is nothing")
        try:
            return super().named(link)
        except Gone:
            if self._has(ForumFlaw.NAMES_ANYTHING):
                return next(iter(self.posts))
            raise

    def thread_named(self, link: str) -> ThreadKey:
        if self._has(ForumFlaw.ANCHORS_ARE_THREADS):
            return ThreadKey(super().thread_named(link) + "#" + link.partition("#")[2])
        try:
            return super().thread_named(link)
        except Gone:
            if self._has(ForumFlaw.NAMES_ANY_THREAD):
                return next(iter(self.threads), ThreadKey("t"))
            raise

    async def judged(self, thread: ThreadKey, tickets: Sequence[str]) -> tuple[Judged, ...]:
        if self._has(ForumFlaw.BARE_ERRORS_ON_TICKETS) and not set(tickets) <= set(self.posts):
            raise KeyError(tickets)
        if self._has(ForumFlaw.JUDGED_IN_MEMORY) and self._restarts:
            return ()
        return await super().judged(thread, tickets[:1] if self._has(ForumFlaw.FIRST_TICKET_ALONE) else tickets)

    def _judged(self, row: PostRow) -> Judged:
        found = super()._judged(row)
        match found.judgement:
            case Judgement.WAITS if self._has(ForumFlaw.WAITING_IS_REJECTED):
                return Replace(found, judgement=Judgement.REJECTED)
            case Judgement.REJECTED if self._has(ForumFlaw.REJECTED_WAITS):
                return Replace(found, judgement=Judgement.WAITS)
            case Judgement.REJECTED if self._has(ForumFlaw.REJECTED_IS_APPROVED):
                return Replace(found, judgement=Judgement.APPROVED)
            case Judgement.APPROVED if self._has(ForumFlaw.APPROVED_WAITS):
                return Replace(found, judgement=Judgement.WAITS, post=PostKey(""))
        return found

    def _changeable(self, post: PostKey) -> PostRow | None:
        row = super()._changeable(post)
        if row is None or not row.key:
            return row
        frozen = self._has(ForumFlaw.FROZEN_WHILE_QUEUED) and row.state is PostState.QUEUED
        ended = self._has(ForumFlaw.TICKETS_END) and self.moderated and row.state is PostState.LIVE
        return None if frozen or ended else row

    async def written(self, thread: ThreadKey, since: Millis, login: Login | None = None) -> tuple[Written, ...]:
        if self._has(ForumFlaw.READS_NOTHING_BACK):
            return ()
        if self._has(ForumFlaw.READS_ALL_BACK):
            since = 0
        found = await super().written(thread, since, login)
        if self._has(ForumFlaw.READS_GHOSTS_BACK):
            ghosts = (row for row in self.posts.values() if row.ours and row.state is PostState.DELETED)
            return (*found, *(Written(row.post, row.author, "Regretted", at(row.at)) for row in ghosts))
        return found


class _SloppyFaults(Faults):
    """Raises errors of the wrong class."""

    def __init__(self, flaws: Collection[ForumFlaw], writes: Collection[str]) -> None:
        super().__init__(writes)
        self._flaws = flaws

    @asynccontextmanager
    async def around(self, act: str) -> AsyncIterator[None]:
        try:
            async with super().around(act):
                yield
        except Unreachable as error:
            raise Gone(str(error)) if ForumFlaw.UNREACHABLE_IS_GONE in self._flaws else error from None
        except OutcomeUnknown as error:
            wrong = ForumFlaw.LOST_ANSWER_IS_UNREACHABLE in self._flaws
            raise Unreachable(str(error)) if wrong else error from None
        except RateLimited as error:
            raise Unreachable(str(error)) if ForumFlaw.PAUSE_IGNORED in self._flaws else error from None
        except LoginRejected as error:
            raise NotAllowed(str(error)) if ForumFlaw.LOCKED_IS_NOT_ALLOWED in self._flaws else error from None
