"""`why`: silence is a bug, so whatever became of a post or a chat user's reply is told, every stage."""

import re

import pytest

from bot.model import Damaged, PostKey
from bot.store.endings import conclude
from bot.store.resting import postpone
from bot.store.sources import keep_damaged

SECOND = "\n- "


def stages(text: str) -> list[str]:
    """The stages that are told, without their times."""
    return [re.sub(r"^\d\d \w{3} \d{4} \d\d:\d\d:\d\d UTC: ", "", line) for line in text.split(SECOND)[1:]]


# -------------------------------------------------------------------------------------------------------------- replies


async def test_a_posted_reply_is_told_from_the_chat_to_the_forum(mirrored):
    """Said, sent, and which post it became: its own copy is no reason to say that nothing was owed."""
    message = await mirrored.say("I agree")
    text = await mirrored.why(message)
    assert await mirrored.why("#1") == text
    told = stages(text)
    assert told[0] == "Zoe said it in web:workshop › Talk"
    assert "create in sandbox: sent" in told[1]
    assert "its fate: posted" in told
    assert any(line.startswith("on sandbox it is #1 <http") for line in told)
    assert any("stands in web:workshop › Talk as shown, version 1 (a chat user's own message)" in line for line in told)
    assert "nothing was owed" not in text
    assert text.startswith("#1 ")


async def test_what_a_reply_answers_is_told(mirrored):
    first = await mirrored.say("First")
    second = await mirrored.say("Second", first)
    assert "in answer to a message of the chat" in await mirrored.why(second)
    await mirrored.board.post(mirrored.thread, "", "Ann", "", "Third")
    await mirrored.settle()
    [[shown]] = await mirrored.rows(
        "SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post p ON p.id=c.post WHERE p.number=3"
    )
    assert "in answer to #3" in await mirrored.why(await mirrored.say("Fourth", shown))


async def test_every_act_on_a_reply_is_told(mirrored):
    """Edits and deletions go to the forum too; that queue has no place in a chat."""
    message = await mirrored.say("I agree")
    await mirrored.room.edit(message, "Zoe", "I do not agree")
    await mirrored.settle()
    assert "edit in sandbox: sent" in await mirrored.why("#1")
    assert "changed in the chat; this is version 2" in await mirrored.why("#1")
    await mirrored.room.delete(message, "Zoe")
    await mirrored.settle()
    text = await mirrored.why("#1")
    assert "deleted in the chat" in text
    assert "delete in sandbox: sent" in text


async def test_a_refused_reply_is_told_with_its_reason(mirrored):
    """`status` counts it; nobody else tells the admins why."""
    await mirrored.board.close_thread(mirrored.thread)
    message = await mirrored.say("Too late")
    assert (await mirrored.did("status")).data["replies"] == {"refused": 1}
    text = await mirrored.why(message)
    assert text.startswith("Zoe: “Too late” (to sandbox, thread “Talk”)")
    [fate] = [line for line in stages(text) if line.startswith("its fate: refused: ")]
    assert "closed" in fate
    assert "create in sandbox: refused (" in text


async def test_a_reply_that_a_moderator_has_says_since_when(mirrored):
    await mirrored.board.set_moderation(True)
    message = await mirrored.say("Let me in")
    [[ticket]] = await mirrored.rows("SELECT ticket FROM reply")
    text = await mirrored.why(message)
    assert f"UTC: sandbox took it, and it waits for a moderator there (ticket {ticket})" in text
    assert "its fate: queued" in text
    assert await mirrored.why(ticket) == text
    await mirrored.board.reject(PostKey(ticket), "Off topic")
    await mirrored.settle()
    text = await mirrored.why(message)
    assert f"sandbox took it, and it waited for a moderator there (ticket {ticket})" in text
    assert "its fate: refused: a moderator rejected it: Off topic" in text


async def test_an_approved_reply_is_told_with_its_post(mirrored):
    await mirrored.board.set_moderation(True)
    message = await mirrored.say("Let me in")
    [[ticket]] = await mirrored.rows("SELECT ticket FROM reply")
    await mirrored.room.edit(message, "Zoe", "Let me in, please")
    await mirrored.hear()
    assert "edit in sandbox: pending; a moderator has the post that it changes" in await mirrored.why(message)
    await mirrored.board.approve(PostKey(ticket))
    await mirrored.settle()
    await mirrored.room.edit(message, "Zoe", "Thank you")
    await mirrored.hear()
    assert "edit in sandbox: pending\n" in await mirrored.why(message)
    await mirrored.settle()
    text = await mirrored.why(message)
    assert "it waited for a moderator" in text
    assert "its fate: posted" in text
    assert "on sandbox it is #1 <" in text


async def test_a_held_reply_says_what_decides(mirrored):
    message = await mirrored.say("In doubt")
    await mirrored.rows("UPDATE reply SET fate='pending', post_key=''")
    await mirrored.rows("DELETE FROM copy_message WHERE copy IN (SELECT id FROM copy WHERE reply IS NOT NULL)")
    [[id]] = await mirrored.rows("SELECT id FROM delivery WHERE subject='reply'")
    await mirrored.rows("UPDATE delivery SET state='pending', settled_at=NULL WHERE id=$1", id)
    await mirrored.app.store.write(conclude, id, "held", "its answer was lost", mirrored.clock.now())
    text = await mirrored.why(message)
    assert f"create in sandbox: held (its answer was lost); `retry {id}`, `skip {id}` or `settle {id} LINK`" in text
    assert "its fate: held: its answer was lost" in text


async def test_a_reply_that_waits_says_for_what(mirrored):
    """A forum's queue is paused as a channel's is."""
    message = await mirrored.say("First")
    [[queue]] = await mirrored.rows("SELECT queue FROM thread WHERE queue IS NOT NULL")
    await mirrored.app.store.write(postpone, queue, mirrored.clock.now() + 10**9, True, "the login was refused")
    await mirrored.room.edit(message, "Zoe", "Second")
    await mirrored.hear()
    assert (
        "edit in sandbox: pending; nothing is sent to the forum for now: the login was refused; the next try is at"
        in (await mirrored.why(message))
    )


async def test_a_community_is_told_of_its_own_replies_alone(mirrored):
    """Law 12: neither by the message nor by the post that it became."""
    refused_of, own = await mirrored.community("elsewhere"), await mirrored.community()
    message = await mirrored.say("I agree")
    assert "Zoe said it" in await mirrored.why(message, own)
    await mirrored.failed("why", message, caller=refused_of)
    await mirrored.failed("why", "#1", caller=refused_of)
    # A mirror of the same thread elsewhere shows the post, and not who said it where.
    [[thread]] = await mirrored.rows("SELECT id FROM thread")
    await mirrored.rows(
        "INSERT INTO queue (id, lane, chat) VALUES (900, 'chat:web', 'web'), (901, 'chat:web', 'web') RETURNING id"
    )
    await mirrored.rows(
        """INSERT INTO place (id, community, chat, channel, thread_ref, label)
           VALUES (900, $1, 'web', 'far', '', 'far')""",
        refused_of.community,
    )
    await mirrored.rows(
        """INSERT INTO mirror (community, thread, place, layout, replies, start_seq, state, made_by, made_at)
           VALUES ($1, $2, 900, 'threads', 'all', 999, 'active', 'Bo', 0)""",
        refused_of.community,
        thread,
    )
    text = await mirrored.why("#1", refused_of)
    assert "Zoe said" not in text
    assert "workshop" not in text
    assert "nothing was owed: it is older than the mirror" in text
    await mirrored.failed("why", message, caller=refused_of)


async def test_what_a_removed_mirror_left_is_still_explained(mirrored):
    """It stands in the community's own channel, and what was dropped is counted in its `status`."""
    own = await mirrored.community()
    await mirrored.did("remove", "1")
    assert "covers it (removed)" in await mirrored.why("op", own)


# ---------------------------------------------------------------------------------------------------------------- posts


async def test_a_post_whose_text_was_not_seen_says_so(mirrored):
    await mirrored.board.post(mirrored.thread, "", "Ann", "", "words")
    await mirrored.settle()
    assert "text not seen" not in await mirrored.why("#1")
    await mirrored.rows("UPDATE post SET body_state='unknown' WHERE number=1")
    assert "listed, text not seen yet" in stages(await mirrored.why("#1"))


async def test_a_post_that_could_not_be_parsed_is_linked_to_what_is_kept(mirrored):
    await mirrored.board.post(mirrored.thread, "", "Ann", "", "words")
    await mirrored.settle()
    [[source]] = await mirrored.rows("SELECT id FROM source WHERE kind='thread'")
    [[key]] = await mirrored.rows("SELECT key FROM post WHERE number=1")
    item = Damaged("no author", b"<div>", key)
    await mirrored.app.store.write(keep_damaged, source, [item], mirrored.clock.now())
    assert "could not be parsed: no author; 5 bytes of it are kept (damaged 1)" in stages(await mirrored.why("#1"))


async def test_an_item_that_never_was_a_post_is_told_by_its_key(mirrored):
    """And whoever asks by a number that is not there learns of it."""
    [[source]] = await mirrored.rows("SELECT id FROM source WHERE kind='thread'")
    item = Damaged("no author", b"<div>", "p77")
    await mirrored.app.store.write(keep_damaged, source, [item], mirrored.clock.now())
    assert "could not be parsed: no author" in await mirrored.why("p77")
    text = (await mirrored.failed("why", "#7")).text
    assert "no post here goes by `#7`" in text
    assert "`p77`" in text
    stranger = await mirrored.community("elsewhere")
    assert "p77" not in (await mirrored.failed("why", "#7", caller=stranger)).text
    await mirrored.failed("why", "p77", caller=stranger)


async def test_a_post_in_a_paused_place_says_why(here):
    await here.did("add", f"sandbox:{here.thread}", "--into", "web:workshop")
    while not await here.rows("SELECT 1 FROM post"):
        await here.app.poller.poll_one(await here.app.forum("sandbox"))
    [[queue]] = await here.rows("SELECT queue FROM delivery WHERE act='create'")
    await here.app.store.write(postpone, queue, 0, True, "no right to write there")
    assert "create in web:workshop: pending; its place is paused: no right to write there" in await here.why("op")


async def unsent(here):
    """A thread with three replies of which nothing is sent yet."""
    parent = await here.board.post(here.thread, "", "Bo", "", "one")
    await here.board.post(here.thread, parent, "Cy", "", "two")
    await here.board.post(here.thread, "", "Cy", "", "three")
    await here.did("add", f"sandbox:{here.thread}", "--into", "web:workshop")
    while not await here.rows("SELECT 1 FROM post"):
        await here.app.poller.poll_one(await here.app.forum("sandbox"))
    return {
        number: id
        for id, number in await here.rows(
            "SELECT d.id, COALESCE(p.number, 0) FROM delivery d JOIN post p ON p.id=d.subject_id ORDER BY d.id"
        )
    }


async def test_a_reply_whose_chat_thread_is_not_open_names_what_opens_it(here):
    ids = await unsent(here)
    waits = f"its chat thread is not open yet: delivery {ids[0]}, which opens it, is"
    assert f"pending; {waits} pending" in await here.why("#1")
    await here.app.store.write(conclude, ids[0], "held", "its answer was lost", here.clock.now())
    assert f"pending; {waits} held (its answer was lost)" in await here.why("#1")


async def test_a_reply_whose_parent_is_held_says_until_when_it_waits(here):
    ids = await unsent(here)
    await here.app.store.write(conclude, ids[1], "held", "its answer was lost", here.clock.now())
    await here.rows("UPDATE place SET thread_ref='m1' WHERE thread_ref IS NULL")
    assert "pending; what it answers is held; it waits for that until" in await here.why("#2")


async def test_a_delivery_behind_others_says_behind_how_many(here):
    await unsent(here)
    await here.rows("UPDATE place SET thread_ref='m1' WHERE thread_ref IS NULL")
    assert "pending; 2 before it in its place" in await here.why("#3")


async def test_what_is_back_filled_says_that_what_is_live_goes_first(here):
    ids = await unsent(here)
    assert "it is back-filled" not in await here.why("op")
    await here.rows("UPDATE delivery SET backfill=0 WHERE id=$1", ids[3])
    assert "create in web:workshop: pending; it is back-filled: 1 that are live go first" in await here.why("op")


async def test_a_failed_try_says_when_the_next_one_is(here):
    await unsent(here)
    [[queue]] = await here.rows("SELECT queue FROM delivery ORDER BY id LIMIT 1")
    for _ in range(2):
        await here.app.store.write(postpone, queue, here.clock.now() + 5000, True)
    assert "pending; the next try is at 01 Jan 2026 12:00:05 UTC, after 2 failures in a row" in await here.why("op")


async def test_an_edit_behind_a_held_delivery_names_it(mirrored):
    await mirrored.rows("UPDATE delivery SET state='held', reason='lost', settled_at=NULL WHERE act='create'")
    await mirrored.board.edit("p1", "Talk", "other words")
    for _ in range(3):
        await mirrored.app.poller.poll_one(await mirrored.app.forum("sandbox"))
    assert re.search(r"edit in web:workshop: pending; waits for delivery \d+, which is held", await mirrored.why("op"))


@pytest.mark.parametrize("words", ["", "   "])
async def test_no_words_are_no_post(here, words):
    """They matched every post without a link once."""
    assert (await here.failed("why", words)).text == (
        "say which post is meant: its address, by `#n`, or by the message that shows it"
    )
