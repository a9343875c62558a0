"""What an open page hears: server-sent events that bring messages as they stand now, from a position on.

Events are `append`, `replace` and `remove` (a message), `pane` (the private pane), `reload` (too much
happened to be told one by one), `over` (it was shown to somebody who signed out) and `at` (nothing new, still
here). An event's id is a position of the journal: a page that was away names its last one and misses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from aiohttp import web

from adapters.chats.web import views
from adapters.chats.web.room import Room
from adapters.chats.web.state import Message, State
from bot.errors import ThreadlineError
from bot.ports import Pages

STREAMS = 256
"""Pages that may listen at the same time."""

AT_ONCE = 200
"""Messages that one round of news may bring; beyond it a page is told to load anew."""

HEARTBEAT = 15.0
"""Seconds without news after which a page is told that there are none; so one that is gone is noticed."""

AGAIN = 2_000
"""Milliseconds after which a browser that lost its stream asks again."""


@dataclass(frozen=True, slots=True)
class View:
    """What one open page shows: a channel or a chat thread, to somebody (empty: nobody in particular)."""

    channel: str
    thread: str
    who: str

    def holds(self, message: Message) -> bool:
        """Whether the message belongs on this page."""
        if self.thread:
            return message.thread == self.thread or message.id == self.thread
        return message.channel == self.channel and not message.thread


class Live:
    """Feeds the open pages; each reads the room at its own pace, so that no page can make a queue grow."""

    def __init__(self, room: Room, pages: Pages) -> None:
        self._room = room
        self._pages = pages
        self._to = views.Addresses(pages.url)
        self._listening = 0

    async def stream(
        self, request: web.Request, view: View, after: int, theirs: Callable[[], Awaitable[bool]]
    ) -> web.StreamResponse:
        """Tell a page what happens after a position until it goes or the room closes, as long as it is `theirs`."""
        if self._listening >= STREAMS:
            return web.Response(status=503, text=f"{STREAMS} pages are listening already. Close some.")
        headers = {
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
        response = web.StreamResponse(headers=headers)
        self._listening += 1
        try:
            await response.prepare(request)
            await response.write(f"retry: {AGAIN}\n\n".encode())
            while not self._room.closed:
                state = await self._room.state()
                if not await theirs():
                    await response.write(event("over", "", None).encode())
                    break
                news = "".join(self.news(state, view, after))
                after = state.position
                if news:
                    await response.write(news.encode())
                try:
                    async with asyncio.timeout(HEARTBEAT):
                        await self._room.beyond(after)
                except TimeoutError:
                    await response.write(event("at", str(after), after).encode())
        except ConnectionResetError:
            pass  # the page is gone
        except ThreadlineError:
            pass  # whose the page is cannot be said now; it asks again
        finally:
            self._listening -= 1
        return response

    def news(self, state: State, view: View, after: int) -> Iterator[str]:
        """The events that bring a page from a position to the present; only the last carries the new one."""
        changes = state.since(after)
        if changes is None:
            yield event("reload", "", state.position)
            return
        touched = dict.fromkeys(name for change in changes for name in change.messages)
        messages = [m for m in (state.messages[name] for name in touched) if view.holds(m)]
        if len(messages) > AT_ONCE:
            yield event("reload", "", state.position)
            return
        told = [(self._kind(m, after), self._body(state, m, view.who)) for m in messages]
        if any(change.pane == (view.who, view.channel) for change in changes):
            told.append(("pane", self.pane(state, view)))
        for index, (kind, body) in enumerate(told):
            yield event(kind, body, state.position if index == len(told) - 1 else None)

    def pane(self, state: State, view: View) -> str:
        """The private pane as its owner sees it."""
        lines = [views.line(note) for note in state.pane(view.who, view.channel)]
        say_to = self._to.place(view.channel, view.thread)
        return self._pages.fragment("pane.html", lines=lines, channel=view.channel, say_to=say_to)

    def _kind(self, message: Message, after: int) -> str:
        if not message.shown:
            return "remove"
        return "append" if message.n > after else "replace"

    def _body(self, state: State, message: Message, who: str) -> str:
        if not message.shown:
            return message.id
        shown = views.show(state, message, who, self._to)
        return self._pages.fragment("message.html", m=shown, named=bool(who))


def event(kind: str, body: str, position: int | None) -> str:
    """One server-sent event; `position` becomes its id."""
    name = f"id: {position}\n" if position is not None else ""
    lines = "".join(f"data: {line}\n" for line in body.splitlines() or [""])
    return f"event: {kind}\n{name}{lines}\n"
