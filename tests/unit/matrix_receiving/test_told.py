"""What a login remarks upon is seen by whoever runs the program, in `status`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.chats.matrix.chat import MatrixChat
from bot.app import OPERATOR, App, opened
from bot.commands import carry_out
from bot.home import Home
from bot.model import Caller, ChannelRef, ChatName, ChatPerson, Commanded, UserId, Where
from bot.registry import Registry
from bot.settings import load
from bot.testing.log import RecordingLog

US, EVE = "@bot:example.org", "@eve:else.where"
SETTINGS = f"""
[chats.matrix]
adapter = "matrix"
homeserver = "https://matrix.example.org"
user = "{US}"
"""


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    file = tmp_path / "threadline.toml"
    file.write_text(SETTINGS, "utf-8")
    registry = Registry()
    settings = load(file, {}, registry.settings, registry.installed)
    async with opened(Home(tmp_path / "home"), settings, registry, RecordingLog()) as app:
        yield app


async def test_an_operator_sees_invitations_that_were_not_accepted(app):
    """Who invited waits for an answer; an admin of some community has nothing to do with it."""
    chat = await app.chat("matrix")
    assert isinstance(chat, MatrixChat)
    asks = {"type": "m.room.member", "state_key": US, "sender": EVE, "content": {"membership": "invite"}}
    chat._receiving.invitations.take({"!room:else.where": {"invite_state": {"events": [asks]}}}, US)
    status = await carry_out(app, OPERATOR, "mirror", ["status"])
    assert (
        f"matrix: {EVE} invites us to !room:else.where, not accepted: `allow_servers` does not name else.where"
        in status.text.splitlines()
    )
    admin = Caller(ChatName("matrix"), 1, "Bo", admin=True)
    assert EVE not in (await carry_out(app, admin, "mirror", ["status"])).text
    chat._receiving.invitations.withdrawn(["!room:else.where"])
    assert EVE not in (await carry_out(app, OPERATOR, "mirror", ["status"])).text


async def test_answers_spell_commands_as_they_are_given_here(app):
    """The sign before them can be set."""
    await app.chat("matrix")
    ann = ChatPerson(UserId("@ann:example.org"), "Ann", admin=True)
    where = Where(ChannelRef("!room:example.org"))
    given = Commanded("$1", where, ann, "mirror", ("list",), 1, community=where.channel)
    assert "`!mirror add ADDRESS` starts" in (await app.callers.carry(ChatName("matrix"), given)).text
