"""Laws of finding out in a chat what happened: read-back, and failures classed by what is to be done."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.errors import LoginRejected, OutcomeUnknown, RateLimited, Unreachable
from bot.model import NO_MESSAGE
from bot.ports import Chat
from bot.testing.chat_rig import ChatRig
from bot.testing.chat_talk import marks, payload, send_one, standing
from bot.testing.faults import PAUSE, Line


class FindingLaws:
    """After a crash every chat is asked by these."""

    async def test_read_back_tells_our_messages_oldest_first(self, rig: ChatRig) -> None:
        """Each with the key under which it was sent: so a delivery finds its own message, and no other."""
        chat = await _reading_back(rig)
        sent = [(await send_one(chat, rig.where, f"line {n}", f"k-{n}"), f"k-{n}") for n in range(5)]
        _same(chat, [(one.message, one.marker) for one in await chat.read_back(rig.where, NO_MESSAGE)], sent)

    async def test_read_back_begins_behind_the_message_given(self, rig: ChatRig) -> None:
        """What is older belongs to deliveries that are settled."""
        chat = await _reading_back(rig)
        first = await send_one(chat, rig.where, "before", "k-1")
        second = await send_one(chat, rig.where, "the last known", "k-2")
        third = await send_one(chat, rig.where, "afterwards", "k-3")
        _same(chat, [one.message for one in await chat.read_back(rig.where, second)], [third])
        _same(chat, [one.message for one in await chat.read_back(rig.where, first)], [second, third])

    async def test_read_back_begins_behind_a_message_that_is_gone(self, rig: ChatRig) -> None:
        """The last known message may have been removed meanwhile; what came after it is still found."""
        chat = await _reading_back(rig)
        first = await send_one(chat, rig.where, "removed", "k-1")
        second = await send_one(chat, rig.where, "afterwards", "k-2")
        await chat.delete(rig.where, first)
        _same(chat, [one.message for one in await chat.read_back(rig.where, first)], [second])

    async def test_read_back_does_not_tell_what_people_wrote(self, rig: ChatRig) -> None:
        """Nor what is gone: a find is taken for the delivery itself."""
        chat = await _reading_back(rig)
        people = await rig.as_person("Ann").say(rig.where, "mine")
        gone = await send_one(chat, rig.where, "removed", "k-1")
        await chat.delete(rig.where, gone)
        found = {one.message for one in await chat.read_back(rig.where, NO_MESSAGE)}
        assert found & {people, gone} == set()

    async def test_read_back_finds_across_a_restart(self, rig: ChatRig) -> None:
        """What only memory holds is lost in the very case it is for."""
        chat = await _reading_back(rig)
        sent = await send_one(chat, rig.where, "before the crash", "k-1")
        found = await (await rig.reopen()).read_back(rig.where, NO_MESSAGE)
        _same(chat, [(one.message, one.marker) for one in found], [(sent, "k-1")])

    async def test_a_message_that_was_never_sent_is_unreachable(self, rig: ChatRig) -> None:
        """Nothing happened: it is sent later, without looking for it first."""
        chat = await rig.chat()
        await rig.line(Line.CUT)
        with pytest.raises(Unreachable):
            await send_one(chat, rig.where, "never", "k-1")
        await rig.line(Line.WHOLE)
        assert await standing(rig) == []

    async def test_an_asked_for_pause_is_told_in_seconds(self, rig: ChatRig) -> None:
        """Who ignores the pause that a chat asks for is shut out; nothing was shown."""
        chat = await rig.chat()
        await rig.line(Line.LIMITED)
        with pytest.raises(RateLimited) as caught:
            await send_one(chat, rig.where, "too fast", "k-1")
        assert caught.value.seconds >= PAUSE, f"the chat asked for {PAUSE} seconds"
        await rig.line(Line.WHOLE)
        assert await standing(rig) == []

    async def test_a_refused_credential_is_a_rejected_login(self, rig: ChatRig) -> None:
        """The login is paused and its owner told; trying on would lock it."""
        chat = await rig.chat()
        await rig.line(Line.LOCKED)
        with pytest.raises(LoginRejected):
            await send_one(chat, rig.where, "locked out", "k-1")
        await rig.line(Line.WHOLE)

    async def test_a_message_without_an_answer_has_an_unknown_outcome(self, rig: ChatRig) -> None:
        """It stands in the chat: any other error would make the core send it again."""
        chat = await rig.chat()
        for state in (Line.DEAF, Line.GARBLED):
            await rig.line(state)
            with pytest.raises(OutcomeUnknown):
                await send_one(chat, rig.where, f"sent {state}", f"k-{state}")
            await rig.line(Line.WHOLE)
            assert marks(await standing(rig), state) == [state]

    async def test_a_message_without_an_answer_can_be_found_out(self, rig: ChatRig) -> None:
        """By its key inside the key window, else by read-back; one of both keeps it from being shown twice."""
        chat = await rig.chat()
        await rig.line(Line.DEAF)
        with pytest.raises(OutcomeUnknown):
            await send_one(chat, rig.where, "once", "k-1")
        await rig.line(Line.WHOLE)
        if chat.caps.read_back == "proof":
            assert [one.marker for one in await chat.read_back(rig.where, NO_MESSAGE)] == ["k-1"]
        if chat.caps.key_window is not None:
            await send_one(chat, rig.where, "once", "k-1")
        assert marks(await standing(rig), "once") == ["once"]

    async def test_a_change_without_an_answer_can_be_repeated(self, rig: ChatRig) -> None:
        """Edits and deletions are repeated without looking: they end in the same state."""
        chat = await rig.chat()
        message = await send_one(chat, rig.where, "before", "k-1")
        await rig.line(Line.DEAF)
        with pytest.raises(OutcomeUnknown):
            await chat.edit(rig.where, message, payload(chat, "afterwards"))
        await rig.line(Line.WHOLE)
        await chat.edit(rig.where, message, payload(chat, "afterwards"))
        assert marks(await standing(rig), "before", "afterwards") == ["afterwards"]
        await rig.line(Line.DEAF)
        with pytest.raises(OutcomeUnknown):
            await chat.delete(rig.where, message)
        await rig.line(Line.WHOLE)
        await chat.delete(rig.where, message)
        assert await standing(rig) == []


async def _reading_back(rig: ChatRig) -> Chat:
    chat = await rig.chat()
    if chat.caps.read_back == "none":
        pytest.skip("this chat cannot be asked for what we sent (caps.read_back)")
    return chat


def _same(chat: Chat, found: Sequence[object], sent: Sequence[object]) -> None:
    """All of it in its order where read-back is proof; where it only finds, nothing else and in its order."""
    if chat.caps.read_back == "proof":
        assert list(found) == list(sent)
    else:
        assert list(found) == [one for one in sent if one in found]
