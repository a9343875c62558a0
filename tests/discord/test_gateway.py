"""Whatever becomes of the line to the gateway: what people do is heard once, in its order."""

from __future__ import annotations

import asyncio

import pytest

from adapters.chats.discord import gateway, pacing
from bot.errors import AdapterError, LoginRejected, Unparsable, Unreachable
from bot.model import Commanded, Event, Said
from bot.testing.chat_talk import Ears, saying
from tests.discord.hearing import Hearing, heard, texts
from tests.discord.listener import until
from tests.discord.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("soon")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line without a session is given up soon."""
    monkeypatch.setattr(gateway, "PATIENCE", 0.3)


async def settled(stand_in: StandIn, ears: Ears, ann, talk) -> None:
    """The bot has a line and hears."""
    assert texts(await heard(ears, ann, talk, "so far")) == []
    assert stand_in.gateway.listeners == 1


async def test_a_line_that_is_to_be_made_anew_goes_on_where_it_was(stand_in, hearing, talk, ann):
    """Discord asks for it every few hours (op 7); nothing is read back for it."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    asked = len(stand_in.rest.asked)
    stand_in.gateway.reconnect()
    ann.says(talk, "meanwhile")
    assert texts(await heard(ears, ann, talk)) == ["meanwhile"]
    assert (stand_in.gateway.resumed, len(stand_in.gateway.logins)) == (1, 1)
    assert len(stand_in.rest.asked) == asked


async def test_a_session_that_is_over_is_followed_by_another(stand_in, hearing, talk, ann):
    """What was said between them is in neither (op 9)."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    stand_in.gateway.invalidate()
    await until(lambda: stand_in.gateway.listeners == 0)
    ann.says(talk, "between")
    assert texts(await heard(ears, ann, talk)) == ["between"]
    assert len(stand_in.gateway.logins) == 2


async def test_a_line_that_breaks_goes_on_where_it_was(stand_in, hearing, talk, ann):
    """As often as it likes."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    for n in range(3):
        stand_in.gateway.cut()
        ann.says(talk, f"line {n}")
        assert texts(await heard(ears, ann, talk, f"end {n}")) == [f"line {n}"]
    assert len(stand_in.gateway.logins) == 1


async def test_a_session_that_discord_forgot_is_followed_by_another(stand_in, hearing, talk, ann):
    """After a failure of Discord's own."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    stand_in.gateway.forget()
    ann.says(talk, "to nobody")
    assert texts(await heard(ears, ann, talk)) == ["to nobody"]


async def test_an_address_that_leads_nowhere_is_given_up(stand_in, hearing, talk, ann, impatient):
    """discord.py would ask it for ever: where it was told to resume."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    stand_in.gateway.resume_answers = 404
    stand_in.gateway.reconnect()
    await until(lambda: stand_in.gateway.refused_resumes)
    ann.says(talk, "meanwhile")
    assert texts(await heard(ears, ann, talk)) == ["meanwhile"]
    assert len(stand_in.gateway.logins) == 2
    assert "no session came about" in str(hearing.log.lines)


async def test_what_got_lost_on_the_line_is_told_again(stand_in, hearing, talk, ann):
    """The numbers of what comes show that something did not; it is heard in its place."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    stand_in.gateway.audience.lose(3)
    for n in range(6):
        ann.says(talk, f"line {n}")
    assert texts(await heard(ears, ann, talk)) == [f"line {n}" for n in range(6)]
    assert (stand_in.gateway.resumed, len(stand_in.gateway.logins)) == (1, 1)


async def test_what_cannot_be_told_again_is_not_waited_for_and_said(stand_in, hearing, talk, ann):
    """Whoever looks for what is missing finds it in the log; what comes behind it is heard."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    stand_in.gateway.audience.lose(1)
    ann.says(talk, "lost")
    for session in stand_in.gateway.audience.sessions.values():
        session.told.pop()
    ann.says(talk, "line")
    assert texts(await heard(ears, ann, talk)) == ["line"]
    assert "could not tell events again" in str(hearing.log.lines)


async def test_what_got_lost_with_its_session_is_read(stand_in, hearing, talk, ann):
    """Then it is in the channel alone."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    stand_in.gateway.resumes_for = -1.0
    stand_in.gateway.audience.lose(1)
    for n in range(4):
        ann.says(talk, f"line {n}")
    assert texts(await heard(ears, ann, talk)) == [f"line {n}" for n in range(4)]


async def test_an_event_that_ends_discord_py_ends_nothing_else(stand_in, hearing, talk, ann):
    """Its parsers are not guarded: a field that is missing ends it."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    stand_in.gateway.say_nonsense("MESSAGE_CREATE", {"channel_id": talk.id})
    ann.says(talk, "hello")
    assert texts(await heard(ears, ann, talk)) == ["hello"]
    assert len(stand_in.gateway.logins) == 2
    assert "made anew" in str(hearing.log.lines)


async def test_logins_that_lead_to_nothing_are_spent_sparingly(stand_in, hearing, talk, ann, monkeypatch):
    """Behind a thousand of them in a day Discord makes the token void."""
    monkeypatch.setattr(pacing, "SELDOM", 3600.0)
    ears = await hearing.ears()
    for n in range(pacing.FREE - 1):
        await heard(ears, ann, talk, f"so far {n}")
        stand_in.gateway.say_nonsense("MESSAGE_CREATE", {"channel_id": talk.id})
    await heard(ears, ann, talk, "up to now")
    stand_in.gateway.say_nonsense("MESSAGE_CREATE", {"channel_id": talk.id})
    assert await ears.batch(1) is None
    assert len(stand_in.gateway.logins) == pacing.FREE


async def test_a_token_that_is_refused_is_a_rejected_login(stand_in, hearing):
    """Whoever it belongs to is told; nothing else helps."""
    hearing.token = "another.token"
    ears = hearing.ears_unheard()
    with pytest.raises(LoginRejected, match="developer portal"):
        await ears.batch(20)


@pytest.mark.parametrize(("code", "words"), [(4004, "make a new one"), (4014, "Message Content Intent")])
async def test_a_line_that_is_closed_for_good_says_what_to_do(stand_in, hearing, talk, ann, code, words):
    """Some codes mean that another try is no use."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    stand_in.gateway.close(code)
    with pytest.raises(LoginRejected, match=words):
        await ears.batch(20)


async def test_a_discord_that_is_away_is_unreachable(stand_in, hearing, talk, ann):
    """The listener comes again, and nothing that was said meanwhile is lost."""
    ears = await hearing.ears()
    await settled(stand_in, ears, ann, talk)
    await ears.close()
    await stand_in.down()
    away = hearing.ears_unheard(ears.cursor)
    with pytest.raises(Unreachable):
        await away.batch(20)
    ann.says(talk, "meanwhile")
    await stand_in.up()
    again = await hearing.ears(ears.cursor)
    assert texts(await heard(again, ann, talk)) == ["meanwhile"]


async def test_a_gateway_that_cannot_be_reached_at_first_is_unreachable(stand_in, hearing, monkeypatch):
    """REST answers and the gateway does not: discord.py stumbles over itself then."""
    import discord
    import yarl

    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL("ws://127.0.0.1:9/"))
    ears = hearing.ears_unheard()
    with pytest.raises(Unreachable, match="gateway cannot be reached"):
        await ears.batch(20)


async def test_a_line_that_never_comes_about_is_told(stand_in, hearing, impatient, monkeypatch):
    """The admins have to hear of it; a new line by itself would change nothing."""
    monkeypatch.setattr(stand_in.gateway, "_identify", lambda line, data: None)
    ears = hearing.ears_unheard()
    with pytest.raises(Unparsable, match="no session came about"):
        await ears.batch(20)


async def test_live_replies_survive_every_fault_at_once(stand_in, hearing, talk, ann):
    """Each is heard once and in its order, by a listener that comes again from its cursor."""
    told = await _listened(stand_in, hearing, talk, ann)
    lines = [one for one in texts(told) if one.startswith("line")]
    assert lines == [f"line {n}" for n in range(60)]


async def _listened(stand_in: StandIn, hearing: Hearing, talk, ann) -> list[Event]:
    told: dict[str, Event] = {}
    ears = await hearing.ears()
    receiving = hearing.opened()
    faults = [
        stand_in.gateway.reconnect,
        stand_in.gateway.cut,
        stand_in.gateway.invalidate,
        lambda: stand_in.gateway.audience.lose(2),
        lambda: stand_in.gateway.say_nonsense("MESSAGE_CREATE", {"channel_id": talk.id}),
    ]

    async def speak() -> None:
        for n in range(60):
            ann.says(talk, f"line {n}")
            await asyncio.sleep(0.005)
            if n % 10 == 5:
                faults[n // 10 % len(faults)]()
        ann.says(talk, "the end")

    speaking = asyncio.create_task(speak())
    while not any(map(saying("the end"), told.values())):
        try:
            batch = await ears.batch(20)
        except AdapterError:
            cursor = ears.cursor
            await ears.close()
            ears = hearing.ears_unheard(cursor, receiving)
            continue
        assert batch is not None, f"heard were {len(told)}"
        # The store knows an event by its id.
        for event in batch.events:
            assert isinstance(event, Said | Commanded)
            told.setdefault(event.id, event)
    await speaking
    return list(told.values())
