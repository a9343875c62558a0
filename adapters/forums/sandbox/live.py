"""Tells open pages that they do not show the newest any more (server-sent events); carries no content."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from adapters.forums.sandbox import rules
from adapters.forums.sandbox.board import MessageBoard
from adapters.forums.sandbox.state import State, Touched
from bot.model import ThreadKey

MAX_LIVE = 200
"""Pages that may be live at the same time; the others work too, they only have to be loaded again by hand."""
BREATH = 20.0
"""Seconds of silence after which a page is sent a sign of life, so that a dead connection is noticed."""


def changes(state: State) -> str:
    """Identifies what a board's page shows."""
    return f"{state.id}.{state.changes}"


def thread_changes(state: State, thread: ThreadKey) -> str:
    """Identifies what a thread's page shows."""
    return f"{state.id}.{state.threads[thread].changes}"


def acts(state: State) -> str:
    """Identifies what the moderation page shows."""
    return f"{state.id}.{state.acts}"


class LivePages:
    """The streams that pages with scripts listen to; their one event, `changed`, names the new token."""

    def __init__(self, board: MessageBoard) -> None:
        self._board = board

    async def board(self, request: web.Request) -> web.StreamResponse:
        """When a board changed."""
        key = rules.board(await self._board.state(), request.match_info["board"]).key
        return await self._stream(request, changes, lambda one: one.seen and one.board == key)

    async def thread(self, request: web.Request) -> web.StreamResponse:
        """When a thread changed."""
        key = rules.thread(await self._board.state(), request.match_info["thread"]).key
        return await self._stream(
            request, lambda state: thread_changes(state, key), lambda one: one.seen and one.thread == key
        )

    async def moderation(self, request: web.Request) -> web.StreamResponse:
        """When anything changed that a moderator sees."""
        return await self._stream(request, acts, lambda one: True)

    async def _stream(
        self, request: web.Request, token: Callable[[State], str], concerns: Callable[[Touched], bool]
    ) -> web.StreamResponse:
        if len(self._board.watchers) >= MAX_LIVE:
            return web.Response(status=503, text="Too many live pages; load the page again by hand.\n")
        # Watched before the first look at the token, so that nothing falls between.
        watch = self._board.watch()
        state = await self._board.state()
        seen = request.headers.get("Last-Event-ID") or request.query.get("since", "")
        answer = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        try:
            await answer.prepare(request)
            await answer.write(b"retry: 2000\n\n")
            while True:
                if (now := token(state)) != seen:
                    await answer.write(f"id: {now}\nevent: changed\ndata: {now}\n\n".encode())
                    seen = now
                try:
                    async with asyncio.timeout(BREATH):
                        while not any(concerns(one) for one in await anext(watch)):
                            pass
                except TimeoutError:
                    await answer.write(b": still here\n\n")
        except (StopAsyncIteration, ConnectionError):
            pass  # the forum closed, or the reader went away
        return answer
