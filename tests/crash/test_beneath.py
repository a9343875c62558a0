"""What the forum does to a post that was said in a chat is told beneath the message, by one message kept up to date."""

import pytest

from bot import errors
from bot.model import MessageId, Reaction
from bot.testing.faults import Fault
from tests.crash.bench import NOTICES, SETTLE

OURS = {"changes_others": False}
"""What chats are like: nobody changes what somebody else wrote."""

LEAD = "It was changed on the forum. There it says:"


async def said(bench, text="hello forum"):
    """Somebody said something that the forum has: who, their message, its post, and where."""
    await bench.start()
    await bench.tell_admins_in(NOTICES)
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    where = bench.thread_of("op says")
    zed = bench.room.person("zed")
    message = zed.say(where, text)
    await bench.work()
    [post] = bench.posts(text)
    return zed, message, post, where


def beneath(bench, where):
    """What stands in the chat thread besides what people wrote: each with the message that it answers."""
    return [(row.text, row.reply_to) for row in bench.room.ours(where)]


async def test_an_edit_of_a_chat_born_post_is_told_beneath_its_message(bench_of):
    """Law 7, where a bot cannot change what people wrote."""
    bench = bench_of(chat=OURS)
    _, message, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    [(text, about)] = beneath(bench, where)
    assert about == message
    assert LEAD in text
    assert "moderated" in text
    assert bench.room.messages[message].text == "hello forum"


async def test_what_stands_beneath_is_kept_up_to_date_in_place(bench_of):
    bench = bench_of(chat=OURS)
    _, _, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    [first] = bench.room.ours(where)
    bench.board.edit(post, "moderated twice")
    await bench.work()
    [second] = bench.room.ours(where)
    assert second.id == first.id
    assert "moderated twice" in second.text
    bench.board.delete(post)
    await bench.work()
    [third] = bench.room.ours(where)
    assert third.id == first.id
    assert third.text.startswith("deleted on the forum")
    assert "moderated" not in third.text


async def test_it_leaves_when_both_say_the_same_again(bench_of):
    bench = bench_of(chat=OURS)
    _, message, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    bench.board.edit(post, "hello forum")
    await bench.work()
    assert beneath(bench, where) == []
    bench.board.hide(post)
    await bench.work()
    [(text, about)] = beneath(bench, where)
    assert text.startswith("hidden on the forum")
    assert about == message
    bench.board.hide(post, False)
    await bench.work()
    assert beneath(bench, where) == []


@pytest.mark.parametrize("words", ["hello again", "moderated"], ids=["other words", "the moderator's words"])
async def test_an_edit_of_the_message_takes_it_away(bench_of, words):
    """The chat's word is the later one; the forum has it, whether its next page tells of a change or not."""
    bench = bench_of(chat=OURS)
    zed, message, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    assert len(beneath(bench, where)) == 1
    zed.edit(message, words)
    await bench.work()
    assert bench.board.posts[post].text == words
    assert beneath(bench, where) == []
    bench.board.edit(post, "moderated once more")
    await bench.work()
    [(text, _)] = beneath(bench, where)
    assert "moderated once more" in text


async def test_a_change_that_the_forum_refuses_leaves_its_words_told(bench_of):
    """What came from the forum while the change was on its way was not looked at: the chat's word was the later one."""
    bench = bench_of(chat=OURS)
    zed, message, post, where = await said(bench)
    bench.board.faults.append(Fault(errors.Unreachable("no line"), "revise"))
    zed.edit(message, "hello again")
    await bench.take_in()
    await bench.sender.drain()
    bench.board.edit(post, "moderated")
    await bench.poll()
    await bench.sender.drain()
    assert beneath(bench, where) == []
    bench.board.faults.append(Fault(errors.Refused("a moderator was here"), "revise"))
    await bench.pass_time(120)
    assert bench.room.messages[message].reaction is Reaction.REFUSED
    [(text, _)] = beneath(bench, where)
    assert "moderated" in text


async def test_an_own_edit_leaves_nothing_beneath(bench_of):
    """No echo: what comes back from the forum is what the message says."""
    bench = bench_of(chat=OURS)
    zed, message, _, where = await said(bench)
    zed.edit(message, "hello again")
    await bench.work()
    await bench.work()
    assert beneath(bench, where) == []


async def test_it_leaves_with_the_message(bench_of):
    bench = bench_of(chat=OURS)
    zed, message, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    zed.delete(message)
    await bench.work()
    assert beneath(bench, where) == []
    assert bench.board.posts[post].text == ""


async def test_one_that_is_on_its_way_leaves_with_the_message(bench_of):
    """Nobody knows yet whether it stands, nor which message it is."""
    bench = bench_of(chat=OURS)
    zed, message, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "send", after=True))
    await bench.poll()
    await bench.sender.drain()
    zed.delete(message)
    await bench.take_in()
    await bench.pass_time(SETTLE + 70)
    assert beneath(bench, where) == []


async def test_a_message_that_we_changed_before_we_heard_its_author_shows_what_the_forum_has_in_the_end(bench_of):
    """The author's words reach the forum and win there; the message says ours by then."""
    bench = bench_of(chat={"changes_others": True})
    zed, message, post, _ = await said(bench)
    bench.board.edit(post, "moderated")
    zed.edit(message, "hello again")
    await bench.poll()
    await bench.sender.drain()
    assert "moderated" in bench.room.messages[message].text
    await bench.work()
    assert bench.board.posts[post].text == "hello again"
    assert "hello again" in bench.room.messages[message].text


async def test_whoever_answers_it_answers_the_post(bench_of):
    bench = bench_of(chat=OURS)
    _, _, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    [note] = bench.room.ours(where)
    bench.room.person("yan").say(where, "quite so", MessageId(note.id))
    await bench.work()
    [answer] = bench.posts("quite so")
    assert bench.board.posts[answer].parent == post


async def test_what_a_moderator_of_the_chat_took_away_beneath_a_message_stays_away(bench_of):
    bench = bench_of(chat=OURS)
    _, _, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    [note] = bench.room.ours(where)
    bench.room.person("mod", admin=True).delete(MessageId(note.id))
    await bench.work()
    bench.board.edit(post, "moderated twice")
    await bench.work()
    assert beneath(bench, where) == []


async def test_one_that_is_gone_when_it_is_to_be_changed_stays_away(bench_of):
    """Nobody told us that it was taken away."""
    bench = bench_of(chat=OURS)
    _, _, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    bench.room.faults.append(Fault(errors.Gone("no such message"), "edit"))
    bench.board.edit(post, "moderated twice")
    await bench.work()
    bench.board.edit(post, "moderated for the third time")
    await bench.work()
    assert "twice" not in str(beneath(bench, where))
    assert "third" not in str(beneath(bench, where))


async def test_hidden_posts_are_not_told_beneath_their_messages(bench_of):
    """Law 11: an admin hid the post; its words do not stand there by another way."""
    bench = bench_of(chat=OURS)
    _, _, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    assert (await bench.admin(f"hide {post}")).ok
    await bench.work()
    assert beneath(bench, where) == []
    bench.board.edit(post, "moderated twice")
    await bench.work()
    assert beneath(bench, where) == []


async def test_where_we_may_change_what_people_wrote_nothing_stands_beneath(bench_of):
    bench = bench_of(chat={"changes_others": True})
    _, message, post, where = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    assert [row.id for row in bench.room.ours(where)] in ([], [message])
    assert "moderated" in bench.room.messages[message].text


async def test_where_we_may_change_what_people_wrote_a_deletion_is_shown_in_place_and_can_be_undone(bench_of):
    """Law 7: what was hidden on the forum and is shown there again stands in the chat again."""
    bench = bench_of(chat={"changes_others": True})
    _, message, post, _ = await said(bench)
    bench.board.hide(post)
    await bench.work()
    row = bench.room.messages[message]
    assert not row.deleted
    assert row.text.startswith("hidden on the forum")
    bench.board.hide(post, False)
    await bench.work()
    assert "hello forum" in row.text


async def test_what_was_changed_before_we_read_it_is_told(bench_of):
    """Between the submit and the next page a moderator was quicker than we."""
    bench = bench_of(chat=OURS)
    await bench.start()
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    where = bench.thread_of("op says")
    bench.room.person("zed").say(where, "hello forum")
    await bench.take_in()
    await bench.sender.drain()
    [post] = bench.posts("hello forum")
    bench.board.edit(post, "moderated")
    await bench.work()
    [(text, _)] = beneath(bench, where)
    assert "moderated" in text


@pytest.mark.parametrize("others", [False, True], ids=["told beneath", "changed in place"])
@pytest.mark.parametrize("what", ["edit", "hide", "delete"])
async def test_what_became_of_a_post_between_its_approval_and_our_reading_is_told(bench_of, what, others):
    """One moderator lets it through, and another one looks at once."""
    bench = bench_of(chat={"changes_others": others})
    await bench.start()
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    where = bench.thread_of("op says")
    bench.board.moderated = True
    message = bench.room.person("zed").say(where, "hello forum")
    await bench.work()
    [post] = bench.posts("hello forum")
    bench.board.approve(post)
    match what:
        case "edit":
            bench.board.edit(post, "moderated")
        case "hide":
            bench.board.hide(post)
        case _:
            bench.board.delete(post)
    await bench.work()
    [text] = [bench.room.messages[message].text] if others else [text for text, _ in beneath(bench, where)]
    assert ("moderated" if what == "edit" else "on the forum") in text


@pytest.mark.parametrize("shared", [False, True])
async def test_how_a_forum_names_who_speaks_is_no_change(bench_of, shared):
    """What the forum was given counts, and not what was said: its first words may name the speaker."""
    bench = bench_of(chat=OURS, forum={"write_identity": "shared" if shared else "impersonate"})
    _, _, post, where = await said(bench)
    bench.board.edit(post, bench.board.posts[post].text + " ")
    await bench.work()
    assert beneath(bench, where) == []


@pytest.mark.parametrize(
    "network",
    [{"key_window": 60.0}, {"key_window": None, "read_back": "proof"}],
    ids=["with keys", "found by reading back"],
)
async def test_wherever_the_process_dies_one_stands_beneath(bench_of, network):
    """Law 3: intent before act, for what stands beneath a message as for everything else."""
    moment, died = 0, True
    while died:
        moment += 1
        bench = bench_of(chat=OURS | network)
        _, message, post, where = await said(bench)
        died = False
        for words in ("moderated", "hello forum"):
            bench.board.edit(post, words)
            bench.life.count, bench.life.kill_at = 0, moment
            died = await bench.survive(bench.work) or died
            bench.life.kill_at = 0
            await bench.pass_time(SETTLE + 70)
            shown = beneath(bench, where)
            if words == "moderated":
                [(text, about)] = shown
                assert about == message, bench.deaths
                assert "moderated" in text
            else:
                assert shown == [], bench.deaths
        await bench.crash()
    assert moment > 10


async def test_why_tells_of_what_stands_beneath(bench_of):
    """Law 11: what is done about a post is explained with it."""
    bench = bench_of(chat=OURS)
    _, _, post, _ = await said(bench)
    bench.board.edit(post, "moderated")
    await bench.work()
    story = await bench.admin(f"why {post}")
    assert "what stands beneath the message" in story.text
