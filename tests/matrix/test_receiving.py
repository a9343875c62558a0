"""What people do in rooms of a real homeserver is heard: all of it, once, in order, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack
from urllib.parse import quote

import pytest

from adapters.chats.matrix.receiving import missed
from bot.errors import AdapterError, LoginRejected
from bot.model import ChannelRef, Commanded, Deleted, Edited, Reacted, Said, ThreadRef, Where
from bot.testing.chat_talk import Ears, doer, saying
from tests.matrix.conftest import Own
from tests.matrix.listening import (
    Listening,
    answering,
    called,
    edit,
    heard,
    in_thread,
    react,
    redact,
    texts,
    until,
)
from tests.matrix.proxy import Cut, Drip, Drop, Fail, Fault, Limit, Proxy


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of ten events: a short absence is then as good as a long one."""
    monkeypatch.setattr(missed, "PAGE", 10)


# --------------------------------------------------------------------------------------------------------- what is said


async def test_words_in_a_thread_say_where_they_stand_and_what_they_answer(bot, room, people):
    """Clients put a parent into every message of a thread; only a real reply answers it."""
    ann = await people("ann")
    await called(ann, "Ann  of the\u202e Hill")
    place = await room(ann)
    root = await bot.person.say(place, "root")
    ours = await bot.person.say(place, "a post", **in_thread(root))
    ears = await bot.ears()
    plain = await ann.say(place, "to all", **in_thread(root, ours))
    real = await ann.say(place, "to you", **in_thread(root, ours, real=True))
    told = await heard(ears, ann, place)
    inside = Where(place, ThreadRef(root))
    assert [(one.where, one.message, one.reply_to, one.id) for one in told if isinstance(one, Said)] == [
        (inside, plain, "", plain),
        (inside, real, ours, real),
    ]
    assert {one.person.name for one in told if isinstance(one, Said)} == {"Ann of the Hill"}


async def test_an_answer_from_outside_a_thread_is_an_answer_inside_it(bot, room, people):
    """A client that knows no threads answers what stands in one with a plain reply."""
    ann = await people("ann")
    place = await room(ann)
    root = await bot.person.say(place, "root")
    ours = await bot.person.say(place, "a post", **in_thread(root))
    ears = await bot.ears()
    outside = await ann.say(place, "> <@bot:localhost> a post\n\nmine", **answering(ours))
    await ann.say(place, "to the root", **answering(root))
    await edit(ann, place, outside, "mine, better")
    told = await heard(ears, ann, place)
    assert [(one.where.thread, one.reply_to, one.text) for one in told if isinstance(one, Said)] == [
        (root, ours, "mine"),
        ("", root, "to the root"),
    ]
    assert [(one.where.thread, one.message, one.text) for one in told if isinstance(one, Edited)] == [
        (root, outside, "mine, better")
    ]
    await ears.close()
    again = await bot.ears(ears.cursor)
    await edit(ann, place, outside, "mine, best")
    told = await heard(again, ann, place)
    assert [(one.where.thread, one.text) for one in told if isinstance(one, Edited)] == [(root, "mine, best")]


async def test_what_became_of_a_message_is_heard_where_it_stands_also_after_a_restart(bot, room, people):
    """The edit itself does not say in which thread the message stands; a redaction says even less."""
    ann, ben = await people("ann"), await people("ben")
    place = await room(ann)
    await ben.join(place)
    root = await bot.person.say(place, "root")
    ears = await bot.ears()
    one = await ann.say(place, "one", **in_thread(root))
    two = await ann.say(place, "two", **in_thread(root))
    await heard(ears, ann, place)
    await redact(ann, place, two)
    gone = await heard(ears, ann, place)
    assert [(told.message, told.where.thread) for told in gone if isinstance(told, Deleted)] == [(two, root)]
    again = await bot.ears(ears.cursor)
    await ears.close()
    await edit(ann, place, one, "one, better")
    await edit(ben, place, one, "not his")
    await react(ben, place, one, "📖\ufe0f")
    told = await heard(again, ann, place)
    inside = Where(place, ThreadRef(root))
    assert [type(event) for event in told] == [Edited, Reacted]
    assert isinstance(told[0], Edited)
    assert isinstance(told[1], Reacted)
    assert (told[0].where, told[0].message, told[0].text) == (inside, one, "one, better")
    assert (told[1].where, told[1].message, told[1].reaction, told[1].on) == (inside, one, "📖", True)


async def test_a_moderator_who_takes_a_post_away_is_heard_where_it_stood(bot, room, people):
    """It stays away: `why` says who removed it."""
    mod = await people("mod")
    place = await room(mod)
    receiving = bot.opened()
    ears = await bot.ears(receiving=receiving)
    root = await bot.person.say(place, "root")
    ours = await bot.person.say(place, "a post", **in_thread(root))
    receiving.remember(ours, root)
    await redact(mod, place, ours)
    told = await heard(ears, mod, place)
    assert [(one.message, one.where.thread, doer(one)) for one in told if isinstance(one, Deleted)] == [
        (ours, root, mod.id[1:].partition(":")[0])
    ]


async def test_notices_and_our_own_messages_are_not_heard(bot, room, people):
    """Programs speak in notices so that they do not answer each other for ever."""
    ann = await people("ann")
    place = await room(ann)
    ears = await bot.ears()
    await ann.say(place, "beep", msgtype="m.notice")
    await bot.person.say(place, "ours")
    await ann.say(place, "see here", msgtype="m.image", url="mxc://localhost/abc", filename="a.png")
    assert texts(await heard(ears, ann, place)) == ["see here"]


async def test_a_message_of_ours_wakes_nobody(bot, room, people):
    """Else each of a thousand posts would cost a question and an answer more."""
    ann = await people("ann")
    place = await room(ann)
    async with Proxy(bot.address) as proxy:
        bot.address = proxy.address
        ears = await bot.ears()
        await until_waiting(proxy, ears)
        asked = len(proxy.asked)
        for n in range(20):
            await bot.person.say(place, f"ours {n}")
        await heard(ears, ann, place)
        assert sum("/sync" in one.path for one in proxy.asked[asked:]) == 1
        await ears.close()


async def until_waiting(proxy: Proxy, ears: Ears) -> None:
    """Until the ears ask a question that the homeserver keeps."""
    assert await ears.batch(0) is None

    async def waits() -> bool:
        return proxy.waiting("timeout=30000") > 0

    await until(waits)


# ------------------------------------------------------------------------------------------------------ what was missed


async def test_what_was_said_while_nobody_listened_is_heard_once_and_in_order(bot, room, people, short):
    """More than a sync shows: the homeserver leaves out the oldest, and names the gap."""
    ann = await people("ann")
    place, other = await room(ann), await room(ann)
    ears = await bot.ears()
    await heard(ears, ann, place)
    await ears.close()
    expected = []
    for n in range(35):
        await ann.say(place, f"line {n}")
        expected.append(f"line {n}")
        if n % 10 == 0:
            await bot.person.say(place, "ours in between")
            await ann.say(other, f"elsewhere {n}")
    again = await bot.ears(ears.cursor)
    told = await heard(again, ann, place)
    assert [one.text for one in told if isinstance(one, Said) and one.where.channel == place] == expected
    assert [one.text for one in told if isinstance(one, Said) and one.where.channel == other] == [
        f"elsewhere {n}" for n in range(0, 35, 10)
    ]


async def test_the_cursor_stays_before_what_is_not_told_yet(bot, room, people, short):
    """A process that ends in the middle of a long absence hears all of the rest."""
    ann = await people("ann")
    place = await room(ann)
    ears = await bot.ears()
    await heard(ears, ann, place)
    await ears.close()
    for n in range(25):
        await ann.say(place, f"line {n}")
    first = await bot.ears(ears.cursor)
    piece = await first.batch(20)
    assert piece is not None
    assert (len(piece.events), piece.cursor) == (10, ears.cursor)
    await first.close()
    second = await bot.ears(first.cursor)
    told = texts(await heard(second, ann, place))
    assert told == [f"line {n}" for n in range(25)]
    assert second.cursor != ears.cursor


async def test_after_many_messages_of_ours_a_restart_reads_none_of_them(bot, room, people, short):
    """The homeserver calls the gap one of everybody, though nobody else said anything."""
    ann = await people("ann")
    place = await room(ann)
    ears = await bot.ears()
    await ears.close()
    for n in range(110):
        await bot.person.say(place, f"ours {n}")
    await ann.say(place, "and now?")
    async with Proxy(bot.address) as proxy:
        bot.address = proxy.address
        again = await bot.ears(ears.cursor)
        assert texts(await heard(again, ann, place)) == ["and now?"]
        assert sum("/messages" in one.path for one in proxy.asked) < 5
        await again.close()


async def test_nothing_that_was_said_before_we_entered_is_heard_and_all_of_what_was_said_after(bot, people, short):
    """Nobody was speaking to the forum then; and who invites the bot gives it an order at once."""
    ann = await people("ann")
    ears = await bot.ears()
    place = ChannelRef(await ann.room())
    for n in range(5):
        await ann.say(place, f"before {n}")
    await bot.person.join(place)
    await ann.say(place, "!mirror list")
    told = await heard(ears, ann, place)
    assert [type(event) for event in told] == [Commanded]
    await ears.close()
    later = ChannelRef(await ann.room())
    for n in range(25):
        await ann.say(later, f"before {n}")
    await bot.person.join(later)
    for n in range(25):
        await ann.say(later, f"after {n}")
    again = await bot.ears(ears.cursor)
    assert texts(await heard(again, ann, later)) == [f"after {n}" for n in range(25)]


async def test_a_room_that_was_left_and_entered_again_tells_nothing_of_between(bot, room, people):
    """We were put out; what was said then was not said to us."""
    ann = await people("ann")
    place = await room(ann)
    ears = await bot.ears()
    await ann.call("POST", f"/rooms/{quote(place, safe='')}/kick", {"user_id": bot.id})
    await ann.say(place, "among ourselves")
    await bot.person.join(place)
    assert texts(await heard(ears, ann, place)) == []


async def test_a_cut_line_loses_and_repeats_nothing(bot, room, people):
    """The listener begins again at the last cursor that it stored."""
    ann = await people("ann")
    place = await room(ann)
    async with Proxy(bot.address) as proxy:
        bot.address = proxy.address
        ears = await bot.ears()
        said: list[str] = []
        faults: tuple[Fault, ...] = (Cut(), Fail(502), Drop(), Fail(500, asked=False), Drip(64, 0.001))
        for n, fault in enumerate(faults):
            proxy.rule(fault, "GET", "/sync")
            said += [f"{n}: {m}" for m in range(3)]
            for text in said[-3:]:
                await ann.say(place, text)
            told: list[str] = []
            while said[-1] not in told:
                try:
                    batch = await ears.batch(20)
                except AdapterError:
                    ears = await bot.ears(ears.cursor)
                else:
                    assert batch is not None
                    told += [one.text for one in batch.events if isinstance(one, Said)]
            assert told == said[-3:]
        await ears.close()


async def test_a_limit_on_questions_is_waited_out(bot, room, people):
    """It is no failure, and the homeserver says how long."""
    ann = await people("ann")
    place = await room(ann)
    async with Proxy(bot.address) as proxy:
        bot.address = proxy.address
        proxy.rule(Limit(0), "GET", "/sync", times=2)
        ears = await bot.ears()
        assert texts(await heard(ears, ann, place)) == []
        await ears.close()


async def test_a_homeserver_that_was_killed_is_heard_on(own: Own, people, tmp_path):
    """Its tokens outlive it, and so does what was said."""
    async with AsyncExitStack() as stack:
        bot = Listening(await people("bot", at=own), tmp_path, stack)
        ann = await people("ann", at=own)
        place = await ann.room()
        await bot.person.join(place)
        ears = await bot.ears()
        await ann.say(place, "before")
        await ears.until(saying("before"))
        own.kill()
        with pytest.raises(AdapterError):
            await ears.batch(20)
        await own.begin()
        await ann.say(place, "afterwards")
        again = await bot.ears(ears.cursor)
        assert texts(await heard(again, ann, place)) == ["afterwards"]


async def test_a_revoked_token_ends_the_hearing(bot, room, people):
    """It stops with words for the admin, and does not ask again and again."""
    ears = await bot.ears()
    await bot.person.call("POST", "/logout", {})
    with pytest.raises(LoginRejected):
        await ears.batch(20)
