"""Counted moments at which a process can kill itself: around every commit and around every act on the world."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.chats.web.chat import WebChat
from adapters.forums.sandbox.forum import SandboxForum
from adapters.journal import Journal
from bot.store.sqlite import Outcome, SQLite, Start

CHAT_ACTS = ("send", "edit", "delete", "open_thread", "react", "tell")
FORUM_ACTS = ("submit", "revise", "withdraw")


class Points:
    """Counts moments; at number `kill_at` the process dies, and leaves where in the file `kills` of its home."""

    def __init__(self, home: Path, kill_at: int) -> None:
        self.count = 0
        self._kill_at = kill_at
        self._lock = threading.Lock()
        self._kills = home / "kills"
        self._wire = os.open(home / "wire", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __call__(self, name: str, last_act: Callable[[], object] = lambda: None) -> None:
        """Here the process may die; `last_act` is what it leaves undone half way."""
        with self._lock:
            self.count += 1
            if self.count != self._kill_at:
                return
            last_act()
            with self._kills.open("a") as kills:
                kills.write(f"{self.count} {name}\n")
            os.kill(os.getpid(), signal.SIGKILL)
            threading.Event().wait()

    def wire(self, act: str, key: str, again: bool) -> None:
        """Note a request that carries a key; `again`: the other side has that key already."""
        os.write(self._wire, f"{act} {key} {'again' if again else 'first'}\n".encode())

    def around(self, owner: object, names: tuple[str, ...]) -> None:
        """Count before and after each call of these methods of `owner`."""
        for name in names:
            self._wrap(owner, name, getattr(owner, name))

    def _wrap(self, owner: object, name: str, act: Callable[..., Any]) -> None:
        async def counted(*args: Any) -> Any:
            self(f"before {name}")
            answer = await act(*args)
            self(f"after {name}")
            return answer

        # On the instance: its class is what a runtime check of the port looks at.
        setattr(owner, name, counted)

    def watch_wire(self, forum: SandboxForum, chat: WebChat) -> None:
        """Note every request with a key; to be called before `around`, whose counting stands outside."""
        submit, send = forum.submit, chat.send

        async def submitted(draft: Any, key: str) -> Any:
            self.wire("submit", key, key in (await forum.board.state()).sent)
            return await submit(draft, key)

        async def sent(where: Any, payload: Any, key: str) -> Any:
            self.wire("send", key, key in (await chat.room.state()).keys)
            return await send(where, payload, key)

        forum.submit = submitted  # type: ignore[method-assign]
        chat.send = sent  # type: ignore[method-assign]

    def in_journals(self) -> None:
        """Count inside every act, too: half written, and written while its answer has not come back."""
        commit = Journal._commit

        def counted(journal: Journal, line: bytes) -> None:
            half = line[: len(line) // 2]
            self("half a line in a journal", lambda: os.pwrite(journal._fd, half, journal._length))
            commit(journal, line)
            self("in a journal, not answered")

        compact = Journal.compact

        def compacted(journal: Journal, left: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
            before = sorted(journal.path.parent.glob(f"{journal.path.name}.before-*"))
            # What people did is known from their words, also from those that are to leave.
            shutil.copyfile(journal.path, f"{journal.path}.before-{len(before):04}")
            self("before a journal is compacted")
            compact(journal, left)
            self("after a journal was compacted")

        Journal._commit = counted  # type: ignore[assignment,method-assign]
        Journal.compact = compacted  # type: ignore[assignment,method-assign]


class CountedStore(SQLite):
    """The store, with a point before and after each commit of its writing connection."""

    def __init__(self, path: Path, points: Points, changed: Callable[[], None]) -> None:
        super().__init__(path)
        self._points = points
        self._changed = changed

    async def open(self) -> CountedStore:
        """Connect; see `SQLite.open`."""
        await super().open()
        await self.writer.set_trace_callback(self._traced)
        return self

    def _traced(self, statement: str) -> None:
        if statement == "COMMIT":
            self._points("before a commit")

    def _commit(self, con: sqlite3.Connection, starts: list[Start]) -> list[Outcome]:
        outcomes = super()._commit(con, starts)
        self._points("after a commit")
        self._changed()
        return outcomes
