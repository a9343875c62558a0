"""What readers say of private news: follow, mute, alert, digest, quiet; answered to them alone, about them alone."""

from __future__ import annotations

import pytest

from bot.commands import carry_out
from bot.commands.suggesting import suggest
from bot.courier import BATCH, Courier
from bot.model import Answer, Caller, ChannelRef, ChatName, ThreadRef, UserId, Where
from bot.schedule import Schedule
from bot.store.following import level
from bot.store.marks import unread_in
from bot.store.mirrors import keep_private
from bot.store.persons import person_of
from bot.store.readers import Wishes, wishes
from bot.store.whispers import whispers
from bot.testing.log import RecordingLog

WORKSHOP = Where(ChannelRef("workshop"))


class Readers:
    """Readers who give commands in the channel, or in the chat thread that stands there."""

    def __init__(self, here, community: int, thread: int, ref: str) -> None:
        self.here = here
        self.store = here.app.store
        self.community = community
        self.thread = thread
        self.inside = Where(ChannelRef("workshop"), ThreadRef(ref))

    async def say(self, name: str, *words: str, inside: bool = False) -> Answer:
        where = self.inside if inside else WORKSHOP
        caller = Caller(ChatName("web"), self.community, name, where=where, id=UserId(name.lower()))
        return await carry_out(self.here.app, caller, "forum", words)

    async def did(self, name: str, *words: str, inside: bool = False) -> Answer:
        answer = await self.say(name, *words, inside=inside)
        assert answer.ok, answer.text
        return answer

    async def failed(self, name: str, *words: str, inside: bool = False) -> str:
        answer = await self.say(name, *words, inside=inside)
        assert not answer.ok, answer.text
        return answer.text

    async def person(self, name: str) -> int:
        found = await self.store.read(person_of, "web", name.lower())
        assert found is not None
        return found

    async def level(self, name: str) -> str:
        return await self.store.read(level, await self.person(name), self.thread)


@pytest.fixture
async def readers(mirrored) -> Readers:
    [[thread]] = await mirrored.rows("SELECT id FROM thread WHERE title='Talk'")
    [[ref]] = await mirrored.rows("SELECT thread_ref FROM place WHERE parent IS NOT NULL AND thread_ref IS NOT NULL")
    return Readers(mirrored, (await mirrored.community()).community, thread, ref)


# ----------------------------------------------------------------------------------------------------- follow and mute


async def test_who_says_follow_in_a_chat_thread_follows_its_thread(readers):
    """What is offered ends it again."""
    answer = await readers.did("Ann", "follow", inside=True)
    assert "You follow" in answer.text
    assert "Talk" in answer.text
    assert await readers.level("Ann") == "follow"
    assert "already" in (await readers.did("Ann", "follow", inside=True)).text
    await readers.did("Ann", *answer.offers[0].words)
    assert await readers.level("Ann") == ""
    assert "do not follow" in (await readers.did("Ann", "follow", "off", inside=True)).text


async def test_a_thread_can_be_followed_from_anywhere_by_what_offers_say(readers):
    await readers.did("Ann", "follow", f"thread:{readers.thread}")
    assert await readers.level("Ann") == "follow"


async def test_what_is_followed_is_listed_to_who_follows_it_alone(readers):
    """Law 8: nobody learns what another one reads."""
    readers.inside = Where(ChannelRef("nowhere"))
    await readers.did("Ann", "follow", f"thread:{readers.thread}")
    listed = await readers.did("Ann", "follow", inside=True)
    assert "Talk" in listed.text
    assert listed.data == {"threads": [readers.thread]}
    assert "Talk" not in (await readers.did("Bob", "follow", inside=True)).text


async def test_who_mutes_a_thread_does_not_follow_it_and_the_reverse(readers):
    await readers.did("Ann", "follow", inside=True)
    answer = await readers.did("Ann", "mute", inside=True)
    assert await readers.level("Ann") == "mute"
    await readers.did("Ann", "follow", "off", inside=True)
    assert await readers.level("Ann") == "mute"
    await readers.did("Ann", *answer.offers[0].words)
    assert await readers.level("Ann") == ""


async def test_of_boards_and_of_everything_nothing_is_followed(readers):
    """One word in the wrong place would fill somebody's private messages."""
    assert "which thread" in await readers.failed("Ann", "follow", "all")
    assert "which thread" in await readers.failed("Ann", "mute", "all")


async def test_what_news_offer_is_done_by_a_press(readers):
    """Mark read, up to what was told; and mute."""
    here = readers.here
    await readers.did("Ann", "follow", inside=True)
    await here.board.post(here.thread, "", "Bob", "", "what is new")
    await here.settle()
    courier = Courier(readers.store, here.clock, Schedule(), RecordingLog(), lambda: None)
    await courier.look()
    here.clock.advance(BATCH)
    await courier.look()
    [told] = await readers.store.read(whispers, "web")
    assert "what is new" in told.text
    read, mute = told.offers
    ann = await readers.person("Ann")
    assert await readers.store.read(unread_in, ann, readers.thread) > 0
    await readers.did("Ann", *read.words)
    assert await readers.store.read(unread_in, ann, readers.thread) == 0
    await readers.did("Ann", *mute.words)
    assert await readers.level("Ann") == "mute"


async def test_what_is_shown_in_one_channel_only_cannot_be_followed(readers):
    """Nothing of it is said in private messages, and whoever asks for that is told so."""
    [[mirror]] = await readers.here.rows("SELECT id FROM mirror")
    await readers.store.write(keep_private, mirror)
    assert "one channel only" in await readers.failed("Ann", "follow", inside=True)


# -------------------------------------------------------------------------------------------------------------- alerts


async def test_alerts_are_added_listed_and_taken_away(readers):
    added = await readers.did("Ann", "alert", "release*", "notes")
    assert "release\\* notes" in added.text
    await readers.did("Ann", "alert", "cheese")
    listed = await readers.did("Ann", "alert")
    assert listed.data == {"alerts": ["release* notes", "cheese"]}
    await readers.did("Ann", *listed.offers[0].words)
    assert (await readers.did("Ann", "alert")).data == {"alerts": ["cheese"]}
    assert "no alert" in await readers.failed("Ann", *listed.offers[0].words)


async def test_another_ones_alerts_are_neither_seen_nor_taken_away(readers):
    await readers.did("Ann", "alert", "cheese")
    [offer] = (await readers.did("Ann", "alert")).offers
    assert (await readers.did("Bob", "alert")).data == {"alerts": []}
    assert "no alert" in await readers.failed("Bob", *offer.words)
    assert (await readers.did("Ann", "alert")).data == {"alerts": ["cheese"]}


@pytest.mark.parametrize("words", ["*", "* *", "!!"])
async def test_words_that_would_be_in_everything_are_refused(readers, words):
    assert "no word" in await readers.failed("Ann", "alert", words)


async def test_alerts_are_short_and_few(readers):
    assert "200 characters" in await readers.failed("Ann", "alert", "x" * 201)
    for n in range(20):
        await readers.did("Ann", "alert", f"word{n}")
    assert "you have 20" in await readers.failed("Ann", "alert", "one more")


async def test_who_waits_for_the_word_off_may(readers):
    """`off` and a number takes one away; `off` and other words are words."""
    assert (await readers.did("Ann", "alert", "off", "topic")).data == {"alerts": ["off topic"]}


# ------------------------------------------------------------------------------------------------------------- digests


async def test_a_digest_is_had_told_of_and_ended(readers):
    answer = await readers.did("Ann", "digest", "08:00", "--days", "mon,thu")
    assert "08:00 (UTC), mon, thu; the next one on 2026-01-05 08:00" in answer.text
    assert (await readers.did("Ann", "digest")).text == answer.text
    assert "no digest" in (await readers.did("Ann", *answer.offers[0].words)).text
    assert (await readers.did("Ann", "digest")).data == {"digest": None}


async def test_a_weekly_digest_comes_on_mondays(readers):
    assert "08:00 (UTC), mon;" in (await readers.did("Ann", "digest", "weekly")).text
    assert "18:30 (UTC), mon;" in (await readers.did("Ann", "digest", "weekly", "18:30")).text
    assert "18:30 (UTC), every day" in (await readers.did("Ann", "digest", "daily")).text


@pytest.mark.parametrize("words", [("25:00",), ("soon",), ("08:00", "--days", "someday"), ("--boards", "Nowhere")])
async def test_what_cannot_be_meant_of_a_digest_is_refused_with_a_hint(readers, words):
    await readers.failed("Ann", "digest", *words)
    assert (await readers.did("Ann", "digest")).data == {"digest": None}


async def test_a_digest_is_of_the_boards_that_are_named(readers):
    [[board, name]] = await readers.here.rows("SELECT b.id, b.name FROM board b JOIN thread t ON t.board=b.id LIMIT 1")
    answer = await readers.did("Ann", "digest", "08:00", "--boards", name)
    assert answer.data["boards"] == [board]
    assert f"tells of {name}" in answer.text
    assert (await readers.did("Ann", "digest", "--boards", "all")).data["boards"] == []


async def test_a_board_that_is_shown_in_one_channel_only_is_in_no_digest(readers):
    """Else it would be named there, and nothing ever said of it."""
    [[name]] = await readers.here.rows("SELECT b.name FROM board b JOIN thread t ON t.board=b.id LIMIT 1")
    [[mirror]] = await readers.here.rows("SELECT id FROM mirror")
    await readers.store.write(keep_private, mirror)
    assert "one channel only" in await readers.failed("Ann", "digest", "08:00", "--boards", name)


# --------------------------------------------------------------------------------------------------------------- quiet


async def test_quiet_hours_and_the_zone_are_kept_told_of_and_ended(readers):
    answer = await readers.did("Ann", "quiet", "22:00-07:00", "--zone", "Europe/Berlin")
    assert "From 22:00 to 07:00 (Europe/Berlin)" in answer.text
    assert (await readers.did("Ann", "quiet")).text == answer.text
    kept = await readers.store.read(wishes, await readers.person("Ann"))
    assert kept == Wishes(zone="Europe/Berlin", quiet_from=22 * 60, quiet_to=7 * 60)
    assert "Europe/Berlin" in (await readers.did("Ann", *answer.offers[0].words)).text
    assert (await readers.store.read(wishes, await readers.person("Ann"))).quiet_from is None


@pytest.mark.parametrize("words", [("22:00",), ("22:00-22:00",), ("late",), ("--zone", "Nowhere"), ("--zone", "../x")])
async def test_what_are_no_hours_and_no_zone_is_refused_with_an_example(readers, words):
    assert "like `" in await readers.failed("Ann", "quiet", *words)


async def test_a_digest_goes_along_with_who_moves_to_another_zone(readers):
    """08:00 is theirs, wherever they are."""
    before = await readers.did("Ann", "digest", "08:00")
    assert "2026-01-02 08:00" in before.text
    await readers.did("Ann", "quiet", "--zone", "America/New_York")
    after = await readers.did("Ann", "digest")
    assert "08:00 (America/New_York)" in after.text
    assert "2026-01-01 08:00" in after.text
    first, second = before.data["digest"], after.data["digest"]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert second["next_at"] != first["next_at"]


async def test_zones_are_suggested_while_they_are_typed(readers):
    caller = Caller(ChatName("web"), readers.community, "Ann", where=WORKSHOP, id=UserId("ann"))
    found = await suggest(readers.here.app, caller, "forum", "zone", "europe/ber")
    assert [one.value for one in found] == ["Europe/Berlin"]


async def test_nobody_in_particular_follows_nothing(readers):
    """The command line reads nothing."""
    caller = Caller(ChatName(""), readers.community, "the operator", operator=True)
    for name in ("follow", "mute", "alert", "digest", "quiet"):
        assert not (await carry_out(readers.here.app, caller, "forum", [name])).ok
