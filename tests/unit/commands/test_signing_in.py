"""Links that the chat gives for the browser: to their person alone, sealed until they are said, for one press."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bot.app import OPERATOR
from bot.commands import carry_out
from bot.model import Answer, Caller, ChannelRef, ChatName, ChatPerson, Commanded, Offer, UserId, Where
from bot.redaction import redacted
from bot.store.persons import ensure_person, person_of
from bot.store.sessions import DATA, READER, ticket
from bot.store.whispers import Whisper
from bot.testing.clock import FakeClock
from tests.house import CHANNEL, PATIENCE, House, settled


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path / "home", settled(tmp_path), FakeClock())
    async with made.running():
        yield made


@pytest.fixture
async def caller(here) -> Caller:
    """Rae, who reads in the workshop."""
    community = (await here.community()).community
    return Caller(ChatName("web"), community, "Rae", where=Where(ChannelRef("workshop")), id=UserId("rae"))


async def give(here, caller: Caller, *words: str) -> Answer:
    return await carry_out(here.app, caller, "forum", words)


def token_in(text: str, step: str) -> str:
    """The token of the link in an answer."""
    found = re.search(rf"\]\(\S+/read/{step}/([\w-]{{43}})\)", text)
    assert found is not None, text
    return found[1]


async def asked(house: House, name: str, command: str) -> list[str]:
    """Somebody gives a command in the channel; what the database keeps of the answer until it is said."""
    before = len(await house.rows("SELECT 1 FROM whisper"))
    await house.chat.room.say(CHANNEL, "", name, command)
    rows: list[tuple[str, ...]] = []
    async with asyncio.timeout(PATIENCE):
        while len(rows) <= before:
            await asyncio.sleep(0.01)
            rows = await house.rows("SELECT text FROM whisper ORDER BY id")
    return [text for (text,) in rows]


async def said(house: House, name: str) -> str:
    """What somebody was told in private, once it is said."""
    await house.app.once()
    state = await house.chat.room.state()
    return "\n".join(note.text for note in state.pane(name, CHANNEL))


async def test_a_link_signs_in_who_asked_for_it(here, caller):
    """For ten minutes, and they are told so."""
    answer = await give(here, caller, "web")
    assert answer.ok
    assert "for you alone" in answer.text
    assert "10 minutes" in answer.text
    token = token_in(answer.text, "in")
    found = await here.app.store.read(ticket, token, READER, here.clock.now())
    assert found is not None
    assert (found.user, found.name, found.community) == ("rae", "Rae", caller.community)


async def test_a_link_that_may_lead_nowhere_says_so(here, caller, monkeypatch):
    """Who reads in a chat elsewhere cannot reach this computer's own address; who is on our pages is there already."""
    assert "public" not in (await give(here, caller, "web")).text

    async def elsewhere(name: str) -> object:
        return object()

    monkeypatch.setattr(here.app, "chat", elsewhere)
    for command in ("web", "mydata"):
        assert "sets `public`" in (await give(here, caller, command)).text
    web = msgspec.structs.replace(here.app.settings.web, public="https://forum.example/")
    monkeypatch.setattr(here.app, "settings", msgspec.structs.replace(here.app.settings, web=web))
    text = (await give(here, caller, "web")).text
    assert "(https://forum.example/read/in/" in text
    assert "sets `public`" not in text


async def test_the_link_to_ones_data_opens_nothing_else(here, caller):
    """It may be passed on by mistake."""
    token = token_in((await give(here, caller, "mydata")).text, "mydata")
    store = here.app.store
    assert await store.read(ticket, token, DATA, here.clock.now()) is not None
    assert await store.read(ticket, token, READER, here.clock.now()) is None


async def test_nobody_forgets_by_a_slip(here, caller):
    """First it is said what goes; any other word changes nothing."""
    first = await give(here, caller, "forgetme")
    assert "the login Rae in web" in first.text
    assert first.offers == (Offer("Forget me", "forum", ("forgetme", "yes")),)
    assert not (await give(here, caller, "forgetme", "no")).ok
    person = await here.app.store.read(person_of, "web", "rae")
    assert person is not None
    assert (await give(here, caller, "forgetme", "yes")).data == {"forgotten": True}
    assert await here.app.store.read(person_of, "web", "rae") is None


async def test_forgetting_twice_does_no_harm(here, caller):
    """A command may be carried out again after a crash."""
    for _ in range(2):
        assert (await give(here, caller, "forgetme", "yes")).ok
    assert await here.app.store.read(person_of, "web", "rae") is None


async def test_nobody_else_is_forgotten(here, caller):
    """Names are nothing: a login is."""
    zoe = await here.app.store.write(ensure_person, "web", "zoe", "Rae", 1)
    await give(here, caller, "forgetme", "yes")
    assert await here.app.store.read(person_of, "web", "zoe") == zoe


async def test_the_command_line_is_no_reader(here):
    """It is told where to say it."""
    for command in ("web", "mydata", "forgetme"):
        answer = await give(here, OPERATOR, command)
        assert not answer.ok
        assert "in the chat" in answer.text


@pytest.mark.parametrize(("command", "step"), [("web", "in"), ("mydata", "mydata")])
async def test_what_opens_something_is_said_and_never_kept_in_the_clear(house, command, step):
    """Whoever copies the database signs in as nobody, and neither does who reads the log."""
    kept = await asked(house, "Rae", f"/forum {command}")
    told = await said(house, "Rae")
    token = token_in(told, step)
    assert token not in str(kept)
    assert token not in house.log.text()
    assert token not in str(await house.rows("SELECT * FROM whisper"))
    assert token not in redacted(told)


async def test_a_code_is_never_kept_in_the_clear(here):
    """It makes whoever types it the same person."""
    rae = ChatPerson(UserId("rae"), "Rae")
    given = Commanded("c1", Where(ChannelRef("workshop")), rae, "forum", ("link",), 1)
    answer = await here.app.callers.carry(ChatName("web"), given)
    told = Whisper(1, given.where, rae.id, answer.text, "k", sealed=True)
    assert "forum link" not in answer.text
    assert re.search(r"forum link \w{4}-\w{4}", here.app.confiding.opened("web", told))


async def test_a_name_that_anybody_may_take_gets_no_code(house):
    """Whoever takes it next would be the same person."""
    await asked(house, "Rae", "/forum link")
    assert "anybody may take" in await said(house, "Rae")
    assert await house.rows("SELECT * FROM link_code") == []


async def test_whom_private_words_were_for_is_not_kept_once_they_are_said(house):
    """Who asked for what is nobody's business later."""
    await asked(house, "Rae", "/forum link")
    await said(house, "Rae")
    assert await house.rows("SELECT person, text, state FROM whisper") == [("", "", "sent")]


async def test_who_asks_to_be_forgotten_is_told_so_and_gone(house):
    """The last words are theirs, too."""
    await asked(house, "Rae", "/forum link")
    await said(house, "Rae")
    await asked(house, "Rae", "/forum forgetme yes")
    assert "You are forgotten" in await said(house, "Rae")
    for table in ("identity", "whisper", "link_code", "inbox"):
        assert "rae" not in str(await house.rows(f"SELECT * FROM {table}")).casefold()
