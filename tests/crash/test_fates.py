"""What becomes of what people say, and of every change of it: they see it on their message, and hear why."""

from bot import errors
from bot.model import PostState, Reaction
from bot.testing.faults import Fault
from tests.crash.bench import NEVER, NOTICES


async def said(bench):
    """Somebody said something that the forum has; who, and the message."""
    await bench.start()
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    zed = bench.room.person("zed")
    message = zed.say(bench.thread_of("op says"), "hello forum")
    await bench.work()
    assert bench.room.messages[message].reaction is Reaction.POSTED
    return zed, message


def whispers(bench):
    return [whisper.text for whisper in bench.room.whispers]


async def test_a_refused_change_is_told_to_its_author_and_shown_until_one_is_taken(bench_of):
    """Law 9: the forum keeps other words than the chat, and nobody else knows."""
    bench = bench_of()
    zed, message = await said(bench)
    bench.board.faults.append(Fault(errors.Refused("it is too late for that"), "revise"))
    zed.edit(message, "hello again")
    await bench.work()
    assert bench.room.messages[message].reaction is Reaction.REFUSED
    [told] = whispers(bench)
    assert "did not change your message" in told
    assert "hello again" in told
    assert "it is too late for that" in told
    zed.edit(message, "hello once more")
    await bench.work()
    assert bench.room.messages[message].reaction is Reaction.POSTED
    assert len(bench.posts("hello once more")) == 1


async def test_a_refused_deletion_is_told_to_its_author(bench_of):
    """The message is gone from the chat, and its post stands there for everybody to read."""
    bench = bench_of()
    zed, message = await said(bench)
    bench.board.faults.append(Fault(errors.Refused("you may not delete"), "withdraw"))
    zed.delete(message)
    await bench.work()
    [told] = whispers(bench)
    assert "did not delete your message “hello forum”" in told
    assert "you may not delete" in told


async def test_a_change_of_which_nobody_knows_whether_it_was_taken_is_told_to_its_author(bench_of):
    bench = bench_of()
    zed, message = await said(bench)
    bench.board.faults.extend(Fault(errors.OutcomeUnknown("no answer"), "revise") for _ in range(8))
    zed.edit(message, "hello again")
    await bench.pass_time(3000, 300)
    assert bench.room.messages[message].reaction is Reaction.HELD
    [told] = whispers(bench)
    assert "not known whether the forum changed your message" in told
    assert "hello again" in told
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held' AND subject='reply'")
    assert (await bench.admin(f"retry {held}")).ok
    await bench.work()
    assert bench.room.messages[message].reaction is Reaction.POSTED
    assert len(bench.posts("hello again")) == 1


async def test_a_change_that_an_admin_gives_up_leaves_the_message_posted(bench_of):
    bench = bench_of()
    zed, message = await said(bench)
    bench.board.faults.extend(Fault(errors.OutcomeUnknown("no answer"), "revise") for _ in range(8))
    zed.edit(message, "hello again")
    await bench.pass_time(3000, 300)
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held' AND subject='reply'")
    assert (await bench.admin(f"skip {held}")).ok
    await bench.work()
    assert bench.room.messages[message].reaction is Reaction.POSTED


async def test_a_refused_change_of_what_a_moderator_has_does_not_end_its_waiting(bench_of):
    """It is recognised by its fate when the moderator lets it through."""
    bench = bench_of(forum={"queued_changes": True})
    await bench.start()
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    bench.board.moderated = True
    zed = bench.room.person("zed")
    message = zed.say(bench.thread_of("op says"), "hello forum")
    await bench.work()
    bench.board.faults.append(Fault(errors.Refused("not while it waits"), "revise"))
    zed.edit(message, "hello again")
    await bench.work()
    assert await bench.ask("SELECT fate FROM reply") == [("queued",)]
    assert "not while it waits" in str(whispers(bench))


async def test_a_thread_that_is_gone_while_nobody_knows_what_became_of_a_reply_is_not_asked_without_end(bench_of):
    """Its posts cannot be looked through any more, and may never have held the reply: an admin hears of it."""
    bench = bench_of(forum={"key_window": None})
    await bench.start()
    await bench.tell_admins_in(NOTICES)
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    bench.delays["submit"].append(NEVER)
    message = bench.room.person("zed").say(bench.thread_of("op says"), "hello forum")
    await bench.work()
    bench.board.remove_thread(thread)
    asked, written = 0, bench.board.written

    async def counted(*args):
        nonlocal asked
        asked += 1
        return await written(*args)

    bench.board.written = counted
    await bench.pass_time(3600)
    assert bench.room.messages[message].reaction is Reaction.HELD
    assert "there is no thread" in str(bench.told())
    assert asked <= 20


async def test_a_post_that_was_deleted_before_we_read_it_is_told_where_the_forum_leaves_nothing(bench_of):
    """Law 11: it was taken, so its message shows ✅; nobody here ever read it, so no deletion of it can be told."""
    bench = bench_of(forum={"deletes": "absence"})
    await bench.start()
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    message = bench.room.person("zed").say(bench.thread_of("op says"), "hello forum")
    await bench.take_in()
    await bench.sender.drain()
    [post] = bench.posts("hello forum")
    text = bench.board.posts[post].text
    bench.board.delete(post)
    await bench.work()
    assert bench.room.messages[message].reaction is Reaction.POSTED
    assert whispers(bench) == []
    bench.fake_clock.advance(11 * 60_000)
    bench.board.post(thread, "", "ben", "something else")
    await bench.work()
    assert bench.room.messages[message].reaction is Reaction.REFUSED
    [told] = whispers(bench)
    assert "the forum took it and does not show it" in told
    bench.board.posts[post].state = PostState.LIVE
    bench.board.edit(post, text)
    await bench.work()
    assert bench.room.messages[message].reaction is Reaction.POSTED
    assert len([row for row in bench.room.messages.values() if "hello forum" in row.text and not row.deleted]) == 1
