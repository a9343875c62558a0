"""What is made of the answers to /sync, those too that the homeserver of the other tests never gives."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from adapters.chats.matrix.encryption.crypto import Crypto
from adapters.chats.matrix.encryption.seals import Seals
from adapters.chats.matrix.receiving import sync
from adapters.chats.matrix.receiving.sync import Receiving
from adapters.chats.matrix.session import Session
from adapters.chats.matrix.settings import Settings
from bot.errors import NotAllowed, RateLimited, Unparsable, Unreachable
from bot.model import Batch, Receipt, Said
from bot.ports import Secret
from bot.testing.context import context

US, ANN = "@bot:x.example", "@ann:x.example"
ROOM, OTHER = "!room:x.example", "!other:x.example"


SETTINGS = Settings(homeserver="http://127.0.0.1:1", token=Secret("t"), bots=("@irc_*:x.example",))


class Server(Session):
    """A login whose homeserver answers from a script, and then keeps the question for ever."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__(SETTINGS, context(tmp_path))
        self.user = US
        self.syncs: list[Any] = []
        self.pages: dict[str, list[Any]] = {}
        """Answers of /messages, by room."""
        self.ended = asyncio.Event()

    async def call(self, method: str, where: str, body: object = None, **more: Any) -> Any:
        answer: Any = {}
        if where.endswith("/sync"):
            answer = self.syncs.pop(0) if self.syncs else None
        elif where.endswith("/messages"):
            pages = next(pages for room, pages in self.pages.items() if quote(room, safe="") in where)
            answer = pages.pop(0) if pages else {}
        if answer is None:
            self.ended.set()
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


def text(words: str) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": words}
    id = f"${words.replace(' ', '-')}:x.example"
    return {"type": "m.room.message", "event_id": id, "sender": ANN, "content": content, "origin_server_ts": 5}


def entering(before: str = "leave") -> dict[str, Any]:
    return {
        "type": "m.room.member",
        "event_id": "$member:x.example",
        "sender": US,
        "state_key": US,
        "content": {"membership": "join"},
        "unsigned": {"prev_content": {"membership": before}},
    }


def answer(token: str, *events: Any, room: str = ROOM, limited: bool = False, **parts: Any) -> dict[str, Any]:
    data = {"timeline": {"events": list(events), "limited": limited, "prev_batch": "p"}, **parts}
    return {"next_batch": token, "rooms": {"join": {room: data}}}


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


async def hear(server: Server, tmp_path: Path, cursor: str = "s0") -> list[Batch]:
    """What is told until the script ends; raises what ends the hearing before."""
    told: list[Batch] = []
    our = context(tmp_path)
    crypto = Crypto(server, our)
    receiving = Receiving(server, SETTINGS, our, Seals(server), crypto)

    async def listen() -> None:
        async for batch in receiving.events(cursor):
            told.append(batch)

    listening, ended = asyncio.create_task(listen()), asyncio.create_task(server.ended.wait())
    await asyncio.wait((listening, ended), timeout=10, return_when=asyncio.FIRST_COMPLETED)
    listening.cancel()
    ended.cancel()
    await asyncio.gather(ended, return_exceptions=True)
    try:
        await listening
    except asyncio.CancelledError:
        assert server.ended.is_set(), "the script was not asked to its end"
    finally:
        await receiving.close()
        await crypto.close()
        await server.close()
    return told


def words(batches: list[Batch]) -> list[list[str]]:
    return [[event.text for event in batch.events if isinstance(event, Said)] for batch in batches]


async def test_one_answer_is_one_batch_with_its_cursor(server, tmp_path):
    """Effects and cursor commit together."""
    server.syncs = [answer("s1"), answer("s2", text("one"), text("two")), answer("s3"), answer("s4", text("three"))]
    told = await hear(server, tmp_path)
    assert words(told) == [["one", "two"], ["three"]]
    assert [batch.cursor for batch in told] == ["s2", "s4"]


async def test_the_first_start_tells_where_the_present_is(server, tmp_path):
    """What is said after it is heard, also if the program stops before anybody speaks."""
    server.syncs = [answer("s1", text("old")), answer("s2", text("new"))]
    told = await hear(server, tmp_path, "")
    assert told[0] == Batch((), "s1")
    assert words(told) == [[], [], ["new"]]


async def test_the_first_start_keeps_the_present_before_anything_that_takes_time(server, tmp_path, monkeypatch):
    """Who dies while keys are made would begin at a later present, and what was said between would be lost."""
    taken = asyncio.Event()

    async def take(_: Crypto, answer: dict[str, Any]) -> frozenset[Any]:
        taken.set()
        return frozenset()

    monkeypatch.setattr(Crypto, "take", take)
    server.syncs = [answer("s1")]
    our = context(tmp_path)
    crypto = Crypto(server, our)
    stream = Receiving(server, SETTINGS, our, Seals(server), crypto).events("")
    assert await anext(stream) == Batch((), "s1")
    assert not taken.is_set()
    assert await anext(stream) == Batch((), "s1")
    assert taken.is_set()
    await stream.aclose()
    await crypto.close()
    await server.close()


async def test_the_cursor_moves_now_and_then_though_nobody_speaks(server, tmp_path, monkeypatch):
    """Else a restart would read again what was read for weeks."""
    monkeypatch.setattr(sync, "SELDOM", 0.0)
    server.syncs = [answer("s1"), answer("s2")]
    assert [batch.cursor for batch in await hear(server, tmp_path)] == ["s1", "s2"]


async def test_a_room_that_is_new_to_us_is_read_back_to_where_we_entered_it(server, tmp_path):
    """Not every homeserver says that it left something out."""
    server.syncs = [answer("s1"), answer("s2", text("before"), text("after"), room=OTHER)]
    server.pages[OTHER] = [{"chunk": [entering()], "end": "e1"}, {"chunk": [text("after")]}]
    assert words(await hear(server, tmp_path)) == [["after"]]


async def test_a_room_that_was_left_is_new_to_us(server, tmp_path):
    """What was said meanwhile was not said to us."""
    left = {"next_batch": "s2", "rooms": {"leave": {ROOM: {}}}}
    server.syncs = [answer("s1"), left, answer("s3", text("among themselves"), text("to us"))]
    server.pages[ROOM] = [{"chunk": [entering()], "end": "e1"}, {"chunk": [text("to us")]}]
    assert words(await hear(server, tmp_path)) == [["to us"]]


async def test_a_new_name_of_ours_is_no_entrance(server, tmp_path):
    """It is told by the same kind of event."""
    server.syncs = [answer("s1", text("two"))]
    server.pages[ROOM] = [
        {"chunk": [entering("join")], "end": "e1"},
        {"chunk": []},
        {"chunk": [text("two")], "end": "e2"},
        {"chunk": [text("one")]},
        {"chunk": [text("two")]},
    ]
    assert words(await hear(server, tmp_path)) == [["one", "two"]]


async def test_a_room_that_cannot_be_read_keeps_nobody_from_hearing_the_others(server, tmp_path):
    """We may have been put out of it a moment ago."""
    both = answer("s1", text("one"), room=ROOM)
    both["rooms"]["join"] |= answer("s1", text("two"), room=OTHER)["rooms"]["join"]
    server.syncs = [both]
    server.pages = {ROOM: [NotAllowed("out")], OTHER: [{}, {"chunk": [text("two")]}]}
    told = await hear(server, tmp_path)
    assert (words(told), told[0].cursor) == ([["two"]], "s1")


async def test_a_limit_is_waited_out(server, tmp_path):
    """It is no failure."""
    server.syncs = [RateLimited("slow", 0.0), answer("s1", text("one"))]
    server.pages[ROOM] = [RateLimited("slow", 0.0), {}, {"chunk": [text("one")]}]
    assert words(await hear(server, tmp_path)) == [["one"]]


async def test_a_failure_leaves_to_be_tried_again_from_the_last_cursor(server, tmp_path):
    """The listener waits, tells, and comes again."""
    server.syncs = [answer("s1"), Unreachable("down")]
    with pytest.raises(Unreachable):
        await hear(server, tmp_path)


@pytest.mark.parametrize("token", [None, 7, "", "a b\n", "x" * 2000, "é"])
async def test_a_token_that_can_be_none_is_not_stored(server, tmp_path, token):
    """Nothing could be read from it."""
    server.syncs = [{"next_batch": token}]
    with pytest.raises(Unparsable):
        await hear(server, tmp_path)


@pytest.mark.parametrize(
    "strange", [[], {"join": []}, {"join": {ROOM: 7}}, {"join": {ROOM: {"timeline": {"events": 5}}}}]
)
async def test_an_answer_of_another_shape_tells_nothing(server, tmp_path, strange):
    """And what comes after it is heard."""
    server.syncs = [{"next_batch": "s1", "rooms": strange}, answer("s2"), answer("s3", text("one"), room=ROOM)]
    server.pages[ROOM] = [{}, {"chunk": [text("one")]}]
    assert words(await hear(server, tmp_path)) == [["one"]]


async def test_readers_are_told_of_with_the_next_batch_each_once(server, tmp_path):
    """Whoever reads fast makes no more work than whoever reads slowly."""

    def reads(message: str, user: str = ANN) -> Any:
        return {"ephemeral": {"events": [{"type": "m.receipt", "content": {message: {"m.read": {user: {"ts": 5}}}}}]}}

    server.syncs = [
        answer("s1"),
        answer("s2", **reads("$a:x")),
        answer("s3", **reads("$b:x")),
        answer("s4", **reads("$c:x", US)),
    ]
    server.syncs += [answer("s5", text("hello"))]
    told = await hear(server, tmp_path)
    assert [[type(event) for event in batch.events] for batch in told] == [[Said, Receipt]]
    receipt = told[0].events[1]
    assert isinstance(receipt, Receipt)
    assert (receipt.message, receipt.everywhere) == ("$b:x", True)


async def test_who_is_named_as_a_program_is_heard_as_one(server: Server, tmp_path: Path) -> None:
    """Where a message of theirs stands has to be known; what it says goes nowhere."""
    ghost = {**text("from the other side"), "sender": "@irc_ann:x.example"}
    server.pages = {ROOM: []}
    server.syncs = [answer("s1"), answer("s2", text("hello"), ghost)]
    heard = [event for batch in await hear(server, tmp_path) for event in batch.events]
    assert [event.person.bot for event in heard if isinstance(event, Said)] == [False, True]
