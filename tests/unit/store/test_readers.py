"""Who reads, from where they ask, and where private words for them go."""

from __future__ import annotations

import pytest

from bot.model import ChannelRef, ThreadRef, Where
from bot.store.communities import ensure_community
from bot.store.persons import ensure_person
from bot.store.readers import Wishes, box, meet, seen_from, wish, wishes
from bot.testing.store_rig import BEGINNING

LOUNGE = Where(ChannelRef("lounge"))


@pytest.fixture
async def here(mirrored):
    """The chat of the community that mirrors something, and the community."""
    mirrored.chat = await mirrored.value("SELECT chat FROM place LIMIT 1")
    mirrored.empty = await mirrored.store.write(ensure_community, mirrored.chat, "talk", "A talk of two")
    return mirrored


async def met(here, where, community=None, user="ada", now=BEGINNING):
    community = here.community if community is None else community
    return await here.store.write(meet, here.chat, user, "Ada", community, where, now)


async def test_who_asks_is_the_same_person_every_time(here):
    assert (await met(here, LOUNGE)).person == (await met(here, None)).person
    assert (await met(here, LOUNGE, user="bea")).person != (await met(here, LOUNGE)).person


async def test_what_is_seen_depends_on_the_channel(here):
    """What is private is seen in its own channel alone; a chat thread is in its channel."""
    channel = await here.value("SELECT place FROM mirror")
    assert (await met(here, LOUNGE)).sight.channel == channel
    assert (await met(here, Where(ChannelRef("lounge"), ThreadRef("t1")))).sight.channel == channel
    assert (await met(here, Where(ChannelRef("unknown")))).sight.channel == 0
    assert (await met(here, None)).sight.channel == 0


async def test_in_a_talk_of_two_somebody_sees_what_they_saw_last(here):
    """Nothing is mirrored there; and it sees no channel's private threads."""
    alone = Where(ChannelRef("direct"))
    assert (await met(here, alone, here.empty)).sight.community == here.empty
    await met(here, LOUNGE)
    sight = (await met(here, alone, here.empty)).sight
    assert (sight.community, sight.channel) == (here.community, 0)


async def test_a_talk_of_two_is_no_place_where_somebody_was_met(here):
    """Private words would wander with the last command."""
    person = (await met(here, LOUNGE)).person
    await met(here, Where(ChannelRef("direct")), here.empty)
    found = await here.store.read(box, person, here.community)
    assert (found.chat, found.user, found.where.channel) == (here.chat, "ada", "lounge")
    assert await here.store.read(box, person, here.empty) is None


async def test_private_words_go_where_somebody_was_met_last(here):
    person = (await met(here, LOUNGE)).person
    await met(here, Where(ChannelRef("lounge"), ThreadRef("t1")), now=BEGINNING + 1)
    assert (await here.store.read(box, person, here.community)).where.thread == "t1"
    stranger = await here.store.write(ensure_person, here.chat, "eve", "Eve", BEGINNING)
    assert await here.store.read(box, stranger, here.community) is None


async def test_looking_notes_nothing(here):
    """Suggestions are asked for with every letter."""
    sight = await here.store.read(seen_from, here.chat, "ada", here.community, LOUNGE)
    assert sight == (await met(here, LOUNGE)).sight
    assert await here.store.read(seen_from, here.chat, "zoe", here.empty, LOUNGE) != sight
    assert await here.rows("SELECT user_id FROM member") == [("ada",)]


async def test_wishes_are_kept_and_have_a_default(here):
    person = (await met(here, LOUNGE)).person
    assert await here.store.read(wishes, person) == Wishes()
    wished = Wishes(stars=0, zone="Europe/Berlin", quiet_from=1320, quiet_to=420)
    await here.store.write(wish, person, wished)
    assert await here.store.read(wishes, person) == wished
