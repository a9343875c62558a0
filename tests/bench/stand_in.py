"""The other side, in a process of its own: a forum that serves JSON, and a chat that answers at once.

It counts what arrives, so that a run which lost, repeated or reordered anything is no measurement.
"""

from __future__ import annotations

import argparse
import asyncio
import resource

import msgspec
from aiohttp import web

from tests.bench import board


class Message(msgspec.Struct):
    """What the chat is sent; `text` holds the words, `reply_to` the message that is answered."""

    channel: str
    thread: str
    key: str
    payload: dict[str, object]


class Opening(msgspec.Struct):
    """That a chat thread is to be opened at a message."""

    message: str
    title: str


class Tally(msgspec.Struct):
    """What arrived, and the CPU seconds that taking it cost."""

    messages: int = 0
    places: int = 0
    repeated: int = 0
    misplaced: int = 0
    """Messages that came before the one they answer, or after a later post of their place."""
    cpu: float = 0.0


def cpu() -> float:
    """CPU seconds of this process so far, its children's not among them."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class StandIn:
    """Forum and chat."""

    def __init__(self, threads: list[board.WireThread]) -> None:
        listed = [msgspec.structs.replace(thread, posts=[]) for thread in threads]
        self._listing = msgspec.json.encode(listed)
        self._threads = {thread.key: msgspec.json.encode(thread) for thread in threads}
        self._open = False
        self._ids: dict[str, str] = {}
        self._last: dict[tuple[str, str], int] = {}
        self._tally = Tally()

    def routes(self) -> list[web.RouteDef]:
        """Everything that can be asked of it."""
        return [
            web.get("/board", self._board),
            web.get("/thread/{key}", self._thread),
            web.post("/begin", self._begin),
            web.post("/messages", self._message),
            web.post("/threads", self._opened),
            web.get("/tally", self._told),
        ]

    async def _begin(self, request: web.Request) -> web.Response:
        """From now on the board holds its threads; before, it is empty."""
        self._open = True
        return web.Response()

    async def _board(self, request: web.Request) -> web.Response:
        return web.Response(body=self._listing if self._open else b"[]", content_type="application/json")

    async def _thread(self, request: web.Request) -> web.Response:
        return web.Response(body=self._threads[request.match_info["key"]], content_type="application/json")

    async def _message(self, request: web.Request) -> web.Response:
        message = msgspec.json.decode(await request.read(), type=Message)
        if message.key in self._ids:
            self._tally.repeated += 1
            return web.Response(text=self._ids[message.key])
        self._tally.messages += 1
        id = self._ids[message.key] = f"m{self._tally.messages}"
        place = (message.channel, message.thread)
        number = int(str(message.payload["number"] or "0"))
        answers = str(message.payload["reply_to"])
        ordered = number == 0 if not message.thread else self._last.get(place, 0) < number
        if not ordered or (answers and int(answers[1:]) >= self._tally.messages):
            self._tally.misplaced += 1
        self._last[place] = number
        return web.Response(text=id)

    async def _opened(self, request: web.Request) -> web.Response:
        opening = msgspec.json.decode(await request.read(), type=Opening)
        return web.Response(text=f"h-{opening.message}")

    async def _told(self, request: web.Request) -> web.Response:
        tally = msgspec.structs.replace(self._tally, places=len(self._last), cpu=cpu())
        return web.Response(body=msgspec.json.encode(tally), content_type="application/json")


async def serve(threads: int, posts: int) -> None:
    """Serve on a free loopback port, whose address is the first line of the output, until killed."""
    app = web.Application()
    app.add_routes(StandIn(board.make(threads, posts)).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--posts", type=int, required=True)
    asked = parser.parse_args()
    asyncio.run(serve(asked.threads, asked.posts))
