"""Which rooms are entered, and how often it is tried."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from adapters.chats.matrix.receiving import invites
from adapters.chats.matrix.receiving.invites import Invitation, Invitations
from adapters.chats.matrix.session import Session
from bot.errors import NotAllowed, OutcomeUnknown, RateLimited, Unreachable
from bot.testing.log import RecordingLog

US = "@bot:home.example"


class Door:
    """In the place of a login: notes what is entered, and fails as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.entered: list[tuple[str, dict[str, str] | None]] = []
        self.tries = 0
        self.shut = asyncio.Event()
        self.shut.set()
        self._failures = list(failures)

    async def call(
        self, method: str, where: str, body: object = None, *, query: Any = None, **_: Any
    ) -> dict[str, Any]:
        self.tries += 1
        await self.shut.wait()
        if self._failures:
            raise self._failures.pop(0)
        self.entered.append((where.rpartition("/")[2], query))
        return {}


def inviting(inviter: str, user: str = US, membership: str = "invite") -> dict[str, Any]:
    content = {"membership": membership}
    event = {"type": "m.room.member", "state_key": user, "sender": inviter, "content": content}
    return {"invite_state": {"events": [{"type": "m.room.name"}, event]}}


def opened(door: Door, *allowed: str) -> Invitations:
    return Invitations(cast(Session, door), allowed, RecordingLog())


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invites, "FIRST_PAUSE", 0.0)


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("inviter", "allowed", "accepted"),
    [
        ("@ann:home.example", (), True),
        ("@ann:HOME.example", (), True),
        ("@ann:other.example", (), False),
        ("@ann:other.example", ("Other.example",), True),
        ("@ann:home.example", ("other.example",), True),
        ("@ann:other.example:8448", ("other.example",), False),
        ("@ann:evil.example", ("*",), True),
        ("@ann:evilother.example", ("other.example",), False),
    ],
)
async def test_invitations_are_accepted_from_our_own_server_and_allowed_ones(inviter, allowed, accepted):
    """Everybody on the network can invite."""
    door = Door()
    invitations = opened(door, *allowed)
    invitations.take({"!a:x": inviting(inviter)}, US)
    if accepted:
        await until(lambda: door.entered)
    assert [bool(door.entered), bool(invitations.refused)] == [accepted, not accepted]
    await invitations.close()


@pytest.mark.parametrize(
    "told", [{}, {"invite_state": []}, {"invite_state": {"events": [7]}}, inviting("@a:b", "@other:home.example"), None]
)
async def test_an_invitation_that_does_not_say_who_invites_is_none(told):
    """It may be anybody's."""
    door = Door()
    invitations = opened(door, "*")
    invitations.take({"!a:x": told}, US)
    await asyncio.sleep(0)
    assert (door.tries, invitations.refused) == (0, ())


async def test_what_is_refused_is_remembered_until_it_is_withdrawn(monkeypatch):
    """`status` shows it; a flood of them costs nothing."""
    monkeypatch.setattr(invites, "MOST", 2)
    invitations = opened(Door())
    for room in ("!a:x", "!b:x", "!c:x", "!a:x"):
        invitations.take({room: inviting("@eve:evil.example")}, US)
    assert invitations.refused == (
        Invitation("!a:x", "@eve:evil.example"),
        Invitation("!b:x", "@eve:evil.example"),
    )
    assert invitations.remarks[0] == (
        "@eve:evil.example invites us to !a:x, not accepted: `allow_servers` does not name evil.example"
    )
    invitations.withdrawn(["!a:x", "!d:x"])
    assert [one.room for one in invitations.refused] == ["!b:x"]


async def test_entering_is_tried_until_the_server_answers():
    """A wait that it names is waited; a line that breaks is none of its word."""
    door = Door(Unreachable("down"), OutcomeUnknown("cut"), RateLimited("slow", 0.0))
    invitations = opened(door)
    invitations.enter("!a:x", "x")
    await until(lambda: door.entered)
    assert (door.entered, door.tries) == ([("%21a%3Ax", {"server_name": "x", "via": "x"})], 4)


async def test_a_room_that_does_not_let_us_in_is_left():
    """Somebody has to invite us again."""
    door = Door(NotAllowed("no"))
    invitations = opened(door)
    invitations.enter("!a:x", "")
    await until(lambda: door.tries)
    await until(lambda: not invitations.entering)
    assert door.entered == []


async def test_a_room_is_entered_by_one_at_a_time_and_once():
    """Homeservers let an account enter ten rooms at once, and then one in ten seconds."""
    door = Door()
    door.shut.clear()
    invitations = opened(door)
    for room in ("!a:x", "!b:x", "!a:x"):
        invitations.enter(room, "")
    await until(lambda: door.tries)
    assert (door.tries, invitations.entering) == (1, {"!a:x", "!b:x"})
    door.shut.set()
    await until(lambda: not invitations.entering)
    assert [room for room, _ in door.entered] == ["%21a%3Ax", "%21b%3Ax"]


async def test_nothing_is_entered_any_more_after_the_end():
    """The program stops at once."""
    door = Door()
    door.shut.clear()
    invitations = opened(door)
    invitations.enter("!a:x", "")
    await until(lambda: door.tries)
    await invitations.close()
    assert (invitations.entering, door.entered) == (set(), [])
