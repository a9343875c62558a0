"""Offers are kept with the words that they stand below, as long as these; who means the forum hears why it does not."""

from __future__ import annotations

import pytest

from bot.mirroring import Options
from bot.model import Answer, Batch, ChannelRef, ChatPerson, Commanded, MessageId, Said, UserId, Where
from bot.offers import of_delivery, of_flood
from bot.store import run
from bot.store.communities import set_notices
from bot.store.endings import hold_and_tell
from bot.store.inbox import answer_command, receive, waiting_commands
from bot.store.jobs import head
from bot.store.mirrors import Maker, made_by
from bot.store.notices import close_notice, open_notice
from bot.store.unmirror import remove_mirror
from bot.store.whispers import whispered, whispers
from bot.testing.store_rig import BEGINNING, StoreRig, op

LOUNGE = Where(ChannelRef("lounge"))
ADA = ChatPerson(UserId("u1"), "Ada")


async def happens(house: StoreRig, event: Said | Commanded) -> None:
    await house.store.write(receive, "web", Batch((event,), event.id), BEGINNING)


async def told(house: StoreRig):
    return [(one.text, one.message, one.offers) for one in await house.store.read(whispers, "web")]


# ----------------------------------------------------------------------------------------------------------- offers


async def test_a_notice_offers_and_its_end_does_not(mirrored):
    """There is nothing left to decide."""
    notices = await mirrored.channel("notices")
    await mirrored.store.write(set_notices, mirrored.community, notices)
    offers = of_flood(1)
    await mirrored.store.write(open_notice, mirrored.community, "flood:1", "much", BEGINNING, offers=offers)
    await mirrored.store.write(close_notice, "flood:1", "it is over", BEGINNING)
    first = await mirrored.store.read(head, notices, BEGINNING)
    assert (first.notice, first.offers) == ("much", offers)
    second = await mirrored.store.read(head, notices, BEGINNING, first.ord)
    assert (second.notice, second.offers) == ("it is over", ())


async def test_what_a_notice_offers_follows_its_words(mirrored):
    """The last failure is what can be done something about."""
    for number in (1, 2):
        offers = of_delivery(number)
        await mirrored.store.write(open_notice, mirrored.community, "x", "words", BEGINNING, offers=offers)
    [[cell]] = await mirrored.rows("SELECT offers FROM notice")
    assert '"2"' in cell
    assert '"1"' not in cell


async def test_who_made_the_mirror_is_offered_the_same_in_private(mirrored):
    """Where a community has no channel for notices."""
    await mirrored.store.write(made_by, 1, Maker("web", "u9", "lounge"))
    await mirrored.arrive(op())
    delivery, queue = (await mirrored.rows("SELECT id, queue FROM delivery"))[0]
    await mirrored.store.write(hold_and_tell, delivery, "lost", BEGINNING, "it is held", queue)
    assert await told(mirrored) == [("it is held", "", of_delivery(delivery))]


async def test_the_answer_to_a_command_offers_until_it_is_said(mirrored):
    """What is said is kept no longer, and neither is what it offers."""
    await happens(mirrored, Commanded("c1", LOUNGE, ADA, "mirror", ("held",), BEGINNING))
    [(id, command)] = await mirrored.store.read(waiting_commands, "web")
    answer = Answer("One is held.", offers=of_delivery(7))
    await mirrored.store.write(answer_command, id, "web", command, answer, BEGINNING)
    assert await told(mirrored) == [("One is held.", "", of_delivery(7))]
    [words] = await mirrored.store.read(whispers, "web")
    await mirrored.store.write(whispered, words.id, "sent")
    assert await mirrored.rows("SELECT text, offers FROM whisper") == [("", "")]


@pytest.mark.parametrize(("replies", "answerable"), [("all", True), ("replies", True), ("none", False)])
async def test_a_post_is_answerable_where_its_mirror_takes_answers(house, replies, answerable):
    """Else a chat would offer what leads nowhere."""
    await house.mirror(options=Options(max_length=40))
    await house.store.write(run, "UPDATE mirror SET replies=$1", replies)
    await house.read_list()
    await house.arrive(op())
    [[queue]] = await house.rows("SELECT queue FROM delivery")
    job = await house.store.read(head, queue, house.now)
    assert (job.answerable, job.longest) == (answerable, 40)


# --------------------------------------------------------------------------------------------------- what is meant


def said(reply_to: str, meant: bool, where: Where = LOUNGE) -> Said:
    return Said("s1", where, MessageId("s1"), ADA, "my answer", "plain", BEGINNING, MessageId(reply_to), meant)


@pytest.mark.parametrize("meant", [True, False])
async def test_who_means_the_forum_hears_that_nothing_of_it_is_answered(mirrored, meant):
    """A notice of ours was answered; whoever just talks in the channel is left alone."""
    await happens(mirrored, said("m99", meant))
    texts = [(text, message) for text, message, _ in await told(mirrored)]
    assert texts == [("This did not go to the forum: what it answers shows no post.", "s1")] * meant


@pytest.mark.parametrize("meant", [True, False])
async def test_who_means_the_forum_hears_that_its_mirror_ended(mirrored, meant):
    """The post stands, and what answers it goes nowhere any more."""
    await mirrored.arrive(op())
    await mirrored.send()
    [[message]] = await mirrored.rows("SELECT message FROM copy_message")
    await mirrored.store.write(remove_mirror, 1, mirrored.community, "Ada", BEGINNING)
    await happens(mirrored, said(message, meant))
    texts = [text for text, _, _ in await told(mirrored)]
    assert len(texts) == int(meant)
    assert all("no mirror here takes answers" in text for text in texts)


async def test_who_means_the_forum_and_reaches_it_hears_nothing(mirrored):
    await mirrored.arrive(op())
    await mirrored.send()
    [[message]] = await mirrored.rows("SELECT message FROM copy_message")
    await happens(mirrored, said(message, True))
    assert await told(mirrored) == []
    assert await mirrored.rows("SELECT fate FROM reply") == [("pending",)]
