"""What a forum may do with a reply, engine by engine: its author sees its fate and hears the forum's own reason.

The whole way: somebody speaks in the chat, and the forum's people and moderators do what they do there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model import MessageId, Reaction, UserId
from bot.ports import ConnectsAccounts
from bot.testing.faults import Line
from tests.crash.adapters import WORLDS, Between, between

A_DAY = 24 * 3600.0
"""Seconds in which all of it comes to pass, looked at now and then."""
NOW_AND_THEN = 7200.0

REASONS = {"sandbox": "Off topic.", "discourse": "Not here"}
"""What moderators said of a rejection, where a forum tells it."""


@pytest.fixture(params=WORLDS)
async def here(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Between]:
    """A mirrored thread of each engine."""
    async with between(request.param, tmp_path, monkeypatch) as made:
        yield made


def shown(here: Between, message: MessageId) -> Reaction | None:
    """The fate that stands on a message."""
    return here.room.messages[message].reaction


def told(here: Between) -> list[str]:
    """What Zoe alone was told."""
    return here.room.whispered(UserId("u-zoe"))


async def waiting(here: Between) -> tuple[MessageId, str]:
    """A reply that moderators have, and its ticket."""
    await here.rig.moderate()
    message = here.room.person("zoe").say(here.place, "Please let me in")
    await here.work()
    [(fate, ticket)] = await here.ask("SELECT fate, ticket FROM reply")
    assert (fate, shown(here, message), await here.stands("let me in")) == ("queued", Reaction.PENDING, [])
    return message, ticket


async def test_what_moderators_let_through_is_posted(here: Between) -> None:
    """It is the message that stands in the chat already."""
    message, ticket = await waiting(here)
    await here.rig.approve(ticket)
    await here.pass_time(A_DAY, NOW_AND_THEN)
    assert len(await here.stands("let me in")) == 1
    assert await here.fates() == [("posted", "")]
    assert shown(here, message) is Reaction.POSTED
    assert not [one for one in here.room.ours() if "let me in" in one.text], "no echo"


async def test_what_moderators_reject_is_refused(here: Between, request: pytest.FixtureRequest) -> None:
    """Its author hears why, where the forum tells that; where it tells nothing at all, the reply waits."""
    message, ticket = await waiting(here)
    await here.rig.reject(ticket)
    await here.pass_time(A_DAY, NOW_AND_THEN)
    assert await here.stands("let me in") == []
    [(fate, why)] = await here.fates()
    if not here.opened.forum.caps.moderation_queue:
        assert (fate, shown(here, message)) == ("queued", Reaction.PENDING)
        return
    assert (fate, shown(here, message)) == ("refused", Reaction.REFUSED)
    [words] = [text for text in told(here) if why in text]
    assert "Please let me in" in words
    assert REASONS.get(request.node.callspec.params["here"], "") in words


async def test_a_closed_thread_refuses_in_the_forums_words(here: Between) -> None:
    await here.rig.lock(here.thread)
    message = here.room.person("zoe").say(here.place, "Too late for this")
    await here.pass_time(A_DAY, NOW_AND_THEN)
    [(fate, why)] = await here.fates()
    assert (fate, shown(here, message)) == ("refused", Reaction.REFUSED)
    assert why
    [words] = told(here)
    assert "Too late for this" in words
    assert why in words
    assert await here.stands("Too late for this") == []


async def test_an_answer_to_what_was_deleted_meanwhile_is_told_or_answers_the_thread(here: Between) -> None:
    """It was deleted on the forum, and nobody here knew it."""
    answered = here.message("First answer").id
    await here.rig.delete(here.first)
    message = here.room.person("zoe").say(here.place, "To whom do I speak?", answered)
    await here.take_in()
    await here.sender.drain()
    await here.pass_time(A_DAY, NOW_AND_THEN)
    [(fate, why)] = await here.fates()
    if fate == "posted":
        assert (len(await here.stands("To whom do I speak?")), shown(here, message)) == (1, Reaction.POSTED)
        return
    assert (fate, shown(here, message), await here.stands("To whom")) == ("refused", Reaction.REFUSED, [])
    assert why
    assert why in told(here)[0]


async def test_what_is_edited_while_it_is_sent_stands_there_as_edited(here: Between) -> None:
    """The change waits for the first answer; where what was lost lets nothing be changed any more, that is told."""
    zoe = here.room.person("zoe")
    message = zoe.say(here.place, "The first words")
    await begun(here)
    zoe.edit(message, "The last words")
    await here.pass_time(A_DAY, NOW_AND_THEN)
    first, last = await here.stands("The first words"), await here.stands("The last words")
    if last:
        assert (len(first), len(last), shown(here, message)) == (0, 1, Reaction.POSTED)
    else:
        assert (len(first), shown(here, message)) == (1, Reaction.REFUSED)
        assert "The last words" in told(here)[0]


async def test_what_is_deleted_while_it_is_sent_is_deleted_there(here: Between) -> None:
    """Whoever regrets in time what they said is not to be read next week; where that cannot be, they hear it."""
    zoe = here.room.person("zoe")
    message = zoe.say(here.place, "What I regret")
    await begun(here)
    zoe.delete(message)
    await here.pass_time(A_DAY, NOW_AND_THEN)
    there = await here.stands("What I regret")
    assert (len(there), bool(told(here))) in ((0, False), (1, True))


async def begun(here: Between) -> None:
    """What was said was sent, and its answer was lost; the sandbox has no line, and answers at once."""
    try:
        await here.rig.line(Line.DEAF)
    except pytest.skip.Exception:
        await here.work()
        return
    await here.take_in()
    await here.sender.drain()
    await here.rig.line(Line.WHOLE)
    assert await here.states("reply") == ["sending"]


async def test_a_key_that_a_forum_takes_no_more_is_told_to_its_person_alone(here: Between) -> None:
    """Nothing is posted in another name, nobody else waits, and a new key heals it."""
    if not isinstance(here.opened.forum, ConnectsAccounts):
        pytest.skip("people cannot lend us their accounts on this forum (ConnectsAccounts)")
    await here.lends("zoe")
    here.room.person("zoe").say(here.place, "In my own name")
    await here.work()
    await here.rig.revoke("zoe")
    message = here.room.person("zoe").say(here.place, "In whose name?")
    here.room.person("emil").say(here.place, "I go on")
    await here.pass_time(A_DAY, NOW_AND_THEN)
    assert (await here.stands("In my own name"), await here.stands("In whose name?")) == (["zoe"], [])
    assert len(await here.stands("I go on")) == 1
    assert shown(here, message) is Reaction.REFUSED
    [words] = told(here)
    assert "In whose name?" in words
    assert "zoe" in words
    assert here.told() == [], "no admin has to hear of it"
    await here.lends("zoe")
    here.room.person("zoe").say(here.place, "In my own name again")
    await here.work()
    assert await here.stands("In my own name again") == ["zoe"]
