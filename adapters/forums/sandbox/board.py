"""The sandbox at work: its state in memory, its journal on the disk, one act at a time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

import msgspec

from adapters.forums.sandbox import entries, rules
from adapters.forums.sandbox.forgetting import living
from adapters.forums.sandbox.opening import opening
from adapters.forums.sandbox.state import State
from adapters.forums.sandbox.watch import Watch, Watchers
from adapters.journal import Journal, JournalDamaged
from bot.errors import OutcomeUnknown, Refused, Unreachable
from bot.model import Millis, PostKey, ThreadKey
from bot.ports import Log

E = TypeVar("E", bound=entries.Entry)


class MessageBoard:
    """A small threaded forum of boards, threads and posts, which forgets nothing that it acknowledged.

    What the acts raise: `Gone` and `Refused` in words for the person who acts; `Unreachable` when the disk
    takes nothing (nothing happened then), `OutcomeUnknown` when not even that is certain.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        now: Callable[[], Millis],
        log: Log,
        moderation: bool = False,
        furnished: bool = True,
        max_bytes: int = 256 * 1024 * 1024,
    ) -> None:
        self._journal = journal
        self._now = now
        self._log = log
        self._moderation = moderation
        self._furnished = furnished
        self._max_bytes = max_bytes
        self._state: State | None = None
        self._turn = asyncio.Lock()
        self._acts: set[asyncio.Task[object]] = set()
        self._closed = False
        self.watchers = Watchers()

    async def state(self) -> State:
        """The forum as it is now, to be read and not to be changed; the first call reads the journal."""
        if self._state is None:
            async with self._turn:
                if self._state is None:
                    self._state = await self._load()
        return self._state

    @property
    def loaded(self) -> State | None:
        """The same, where the journal was read already."""
        return self._state

    def watch(self) -> Watch:
        """What is touched from now on."""
        return self.watchers.add()

    async def moderated(self) -> bool:
        """Whether new posts wait for a moderator."""
        return self._moderated(await self.state())

    # ---------------------------------------------------------------------------------------------- acts

    async def start_thread(self, board: str, author: str, title: str, text: str, key: str = "") -> ThreadKey:
        """Start a thread and return its key; an equal `key` starts it once and returns the first one."""

        def decide(state: State) -> entries.ThreadStarted | None:
            self._check_room()
            at, queued = self._now(), self._moderated(state)
            return rules.start(state, board, author, title, text, key=key, at=at, queued=queued)

        entry = await self._act(decide)
        if entry is not None:
            return entry.thread
        state = await self.state()
        return state.posts[state.sent[key]].thread

    async def post(self, thread: str, parent: str, author: str, title: str, text: str, key: str = "") -> PostKey:
        """Answer a post, or the thread where `parent` is empty, and return the new post's key.

        An equal `key` posts once and returns the first one. The post may wait for a moderator.
        """

        def decide(state: State) -> entries.Replied | None:
            if key not in state.sent:
                self._check_room()
            at, queued = self._now(), self._moderated(state)
            return rules.reply(state, thread, parent, author, title, text, key=key, at=at, queued=queued)

        entry = await self._act(decide)
        return entry.post if entry is not None else (await self.state()).sent[key]

    async def edit(self, post: str, title: str, text: str) -> None:
        """Replace title and text of a post; repeating it changes nothing."""

        def decide(state: State) -> entries.PostEdited | None:
            self._check_room()
            return rules.edit(state, post, title, text, at=self._now())

        await self._act(decide)

    async def delete(self, post: str) -> None:
        """Leave a tombstone in place of a post; take back one that waits. Repeating it changes nothing."""
        await self._act(lambda state: rules.delete(state, post))

    async def approve(self, post: str) -> None:
        """Show a post that waits; it gets the next number."""
        await self._act(lambda state: rules.approve(state, post))

    async def reject(self, post: str, why: str = "") -> None:
        """Never show a post that waits; `why` is for its author."""
        await self._act(lambda state: rules.reject(state, post, why))

    async def close_thread(self, thread: str, closed: bool = True) -> None:
        """Let a thread take no more replies, or take them again."""
        await self._act(lambda state: rules.close(state, thread, closed))

    async def set_moderation(self, on: bool) -> None:
        """Let new posts wait for a moderator from now on, or no longer; what waits goes on waiting."""
        await self._act(lambda state: rules.moderation(state, on))

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        self._closed = True
        self.watchers.end()
        while self._acts:
            await asyncio.wait(self._acts)
        await self._journal.close()

    # -------------------------------------------------------------------------------------------- inside

    async def _act(self, decide: Callable[[State], E | None]) -> E | None:
        """Decide, keep, then show: under one lock, so that nothing is decided on a state about to change.

        A cancelled caller does not stop an act that began: what the journal holds and what is shown stay
        equal.
        """
        await self.state()
        if self._closed:
            raise Unreachable("The sandbox is closed; nothing was changed. Try again when it runs.")
        act = asyncio.create_task(self._in_turn(decide))
        self._began(act)
        return await asyncio.shield(act)

    def _began(self, act: asyncio.Task[E | None] | asyncio.Task[None]) -> None:
        self._acts.add(act)
        act.add_done_callback(self._done)

    def _done(self, act: asyncio.Task[object]) -> None:
        self._acts.discard(act)
        if not act.cancelled():
            act.exception()  # taken note of: the caller may have been cancelled

    async def _in_turn(self, decide: Callable[[State], E | None]) -> E | None:
        async with self._turn:
            state = self._state
            assert state is not None
            entry = decide(state)
            if entry is not None:
                await self._keep(entry)
                self.watchers.tell(state.apply(entry))
                if self._journal.outweighed(state.dead):
                    # Behind the back of who acts: it takes as long as the file is large.
                    self._began(asyncio.create_task(self._compact_in_turn()))
            return entry

    async def _compact_in_turn(self) -> None:
        async with self._turn:
            state = self._state
            if state is not None and self._journal.outweighed(state.dead):
                await asyncio.to_thread(self._compact, state)

    def _compact(self, state: State) -> None:
        """Let dead words leave the journal; nothing acts meanwhile. Where it fails, they stay a while longer."""
        try:
            self._journal.compact(living(state))
        except OSError as error:
            why = f"{self._journal.path} could not be written anew ({error.strerror})"
            self._log.warning("sandbox.not_compacted", why=why, dead=state.dead)
        else:
            state.dead = 0

    async def _keep(self, entry: entries.Entry) -> None:
        try:
            await self._journal.append(entries.packed(entry))
        except OSError as error:
            why = f"{self._journal.path} could not be written ({error.strerror})"
            self._log.error("sandbox.write_failed", why=why, unsure=self._journal.unsure)
            if self._journal.unsure:
                raise OutcomeUnknown(f"{why}, and whether this was kept is unknown. Check the disk.") from error
            raise Unreachable(f"{why}; nothing was changed. Make room on the disk and try again.") from error

    async def _load(self) -> State:
        try:
            state = await asyncio.to_thread(self._replay)
        except OSError as error:
            why = f"{self._journal.path} could not be read ({error.strerror})"
            raise Unreachable(f"{why}. Check the folder's owner and the disk.") from error
        if self._journal.cut:
            self._log.warning("sandbox.torn_line_cut", file=str(self._journal.path), bytes=self._journal.cut)
        if not state.id:
            first = opening(secrets.token_hex(6), self._now(), self._furnished)
            await self._keep(first)
            state.apply(first)
        return state

    def _replay(self) -> State:
        state = State()
        for raw in self._journal.replay():
            try:
                state.apply(entries.unpacked(raw))
            except (msgspec.ValidationError, KeyError, ValueError) as error:
                raise JournalDamaged(
                    f"Entry {state.acts} of {self._journal.path} does not fit ({error}). It is damaged or of a "
                    "newer version. Put a backup in its place, or move it away to begin anew.",
                    looked_for="an act of the sandbox",
                    sample=msgspec.json.encode(raw),
                ) from error
        if state.dead:
            self._compact(state)
        return state

    def _moderated(self, state: State) -> bool:
        return self._moderation if state.moderation is None else state.moderation

    def _check_room(self) -> None:
        if self._journal.length >= self._max_bytes:
            raise Refused(
                f"The sandbox is full: {self._journal.path} has reached {self._max_bytes} bytes. "
                "Raise max_bytes in its settings, or stop the program and remove the file to begin anew."
            )
