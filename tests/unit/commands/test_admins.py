"""What admins decide about what is shown: pauses, hidden posts and authors, the notices channel; and who did what."""

from __future__ import annotations

import msgspec
import pytest

from bot.model import HOUR, ChannelRef, Where
from tests.unit.commands.conftest import Here


@pytest.fixture
async def admin(mirrored: Here):
    """An admin who gives commands in the channel."""
    return msgspec.structs.replace(await mirrored.community(), where=Where(ChannelRef("workshop")))


def offered(answer):
    """What can be pressed, as commands."""
    return [offer.line for offer in answer.offers]


async def shown(here):
    """The words of our messages that stand in the chat."""
    rows = await here.rows(
        """SELECT p.body FROM copy c JOIN post p ON p.id=c.post WHERE EXISTS (SELECT 1 FROM copy_message m
           WHERE m.copy=c.id) ORDER BY c.id"""
    )
    return [body for (body,) in rows]


async def test_what_comes_while_a_mirror_pauses_comes_when_it_goes_on(mirrored, admin):
    paused = await mirrored.did("pause", "1", caller=admin)
    assert "pauses now" in paused.text
    assert offered(paused) == ["mirror resume 1"]
    await mirrored.board.post(mirrored.thread, "", "Bo", "", "news")
    mirrored.clock.advance(HOUR)
    await mirrored.settle()
    assert await shown(mirrored) == ["The opening words"]
    status = await mirrored.did("status", caller=admin)
    assert "pauses for" in status.text
    assert "1 post waits for it" in status.text
    assert "paused" in (await mirrored.did("list", caller=admin)).text
    assert "mirror 1 pauses" in await mirrored.why("#1", admin)
    assert "1 post that waited comes now" in (await mirrored.did("resume", "1", caller=admin)).text
    await mirrored.settle()
    assert await shown(mirrored) == ["The opening words", "news"]
    assert "does not pause" in (await mirrored.did("resume", "1", caller=admin)).text


async def test_what_people_say_while_a_mirror_pauses_goes_to_the_forum(mirrored, admin):
    """Nobody's words are lost because of it."""
    await mirrored.did("pause", "1", caller=admin)
    await mirrored.say("from the chat")
    assert "from the chat" in str(await mirrored.rows("SELECT text FROM reply WHERE fate='posted'"))


async def test_a_post_is_hidden_by_its_number_where_its_thread_stands_and_shown_again_by_a_press(mirrored, admin):
    await mirrored.board.post(mirrored.thread, "", "Bo", "", "unwanted")
    mirrored.clock.advance(HOUR)
    await mirrored.settle()
    [[ref]] = await mirrored.rows("SELECT thread_ref FROM place WHERE parent IS NOT NULL")
    inside = msgspec.structs.replace(admin, where=Where(ChannelRef("workshop"), ref))
    hidden = await mirrored.did("hide", "#1", caller=inside)
    assert "1 copy of it goes" in hidden.text
    await mirrored.settle()
    assert await shown(mirrored) == ["The opening words"]
    listed = await mirrored.did("hide", caller=admin)
    assert "hidden by Bo" in listed.text
    assert offered(listed) == offered(hidden)
    again = await mirrored.did(*hidden.offers[0].words, caller=admin)
    assert "1 copy comes back" in again.text
    await mirrored.settle()
    assert await shown(mirrored) == ["The opening words", "unwanted"]
    assert "Nothing is hidden here" in (await mirrored.did("hide", caller=admin)).text


@pytest.mark.parametrize("words", [("hide", "@bo"), ("hide", "#1", "--author", "yes")])
async def test_an_author_is_hidden_by_name_or_by_one_of_their_posts(mirrored, admin, words):
    await mirrored.board.post(mirrored.thread, "", "Bo", "", "unwanted")
    mirrored.clock.advance(HOUR)
    await mirrored.settle()
    hidden = await mirrored.did(*words, caller=admin)
    assert "Nothing that Bo writes" in hidden.text
    await mirrored.board.post(mirrored.thread, "", "Bo", "", "more of it")
    mirrored.clock.advance(HOUR)
    await mirrored.settle()
    assert await shown(mirrored) == ["The opening words"]
    assert "from now on" in (await mirrored.did(*hidden.offers[0].words, caller=admin)).text
    assert "not hidden" in (await mirrored.failed(*hidden.offers[0].words, caller=admin)).text


async def test_what_names_no_post_or_author_is_told_how_to_name_one(mirrored, admin):
    assert "by its address" in (await mirrored.failed("hide", "#99", caller=admin)).text
    assert "--author yes" in (await mirrored.failed("hide", "@nobody", caller=admin)).text
    assert "says what is" in (await mirrored.failed("unhide", "post:1", caller=admin)).text
    assert "by its address" in (await mirrored.failed("unhide", "post:99", caller=admin)).text


async def test_the_audit_says_who_did_what_before_and_after(mirrored, admin):
    """Of every command that changes something."""
    await mirrored.did("filter", "1", "--not-words", "spam", caller=admin)
    await mirrored.did("delay", "1", "10m", caller=admin)
    await mirrored.did("pause", "1", caller=admin)
    await mirrored.did("resume", "1", caller=admin)
    await mirrored.did("hide", "op", caller=msgspec.structs.replace(admin, where=None))
    await mirrored.did("unhide", "op", caller=msgspec.structs.replace(admin, where=None))
    await mirrored.did("notices", caller=admin)
    await mirrored.did("remove", "1", caller=admin)
    told = (await mirrored.did("audit", caller=admin)).text.splitlines()
    for line, words in zip(
        told,
        (
            "mirror 1 removed",
            "the notices channel chosen",
            "shown again",
            "hidden",
            "mirror 1 goes on",
            "mirror 1 paused",
            "delay 10m",
            "not words: spam",
            "mirror 1 made",
        ),
        strict=True,
    ):
        assert words in line, told
        assert "Bo" in line or "operator" in line
    assert "everything is shown → not words: spam" in told[-2]


async def test_the_audit_is_read_page_by_page(mirrored, admin):
    for n in range(4):
        await mirrored.did("delay", "1", f"{n + 1}m", caller=admin)
    first = await mirrored.did("audit", "2", caller=admin)
    assert [line["new"] for line in first.data["audit"]] == ["delay 4m", "delay 3m"]
    older = await mirrored.did(*first.offers[0].words, caller=admin)
    assert [line["new"] for line in older.data["audit"]] == ["delay 2m", "delay 1m"]
    last = await mirrored.did(*older.offers[0].words, caller=admin)
    assert last.offers == ()
    assert "from 1 to 50" in (await mirrored.failed("audit", "51", caller=admin)).text
    assert "is no number" in (await mirrored.failed("audit", "all", caller=admin)).text


async def test_admins_choose_where_they_are_told_what_went_wrong(mirrored, admin):
    assert "in web:workshop from now on" in (await mirrored.did("notices", caller=admin)).text
    assert "as before" in (await mirrored.did("notices", "web:workshop", caller=admin)).text
    [[notices]] = await mirrored.rows("SELECT p.label FROM community c JOIN place p ON p.id=c.notices")
    assert notices == "workshop"
    nowhere = msgspec.structs.replace(admin, where=None)
    assert "say which channel" in (await mirrored.failed("notices", caller=nowhere)).text
    assert "not in this community" in (await mirrored.failed("notices", "other:place", caller=admin)).text
