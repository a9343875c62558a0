"""What each area holds alone holds where two of them meet: recovery, notes, people who leave, what admins decide."""

import pytest

from bot import errors
from bot.model import Deleted, Reaction, Where
from bot.store import run
from bot.store.openers import Asked, ask
from bot.store.own_data import forget
from bot.store.persons import ensure_person
from bot.testing.faults import Fault
from tests.crash.bench import NEVER, SETTLE, Bench
from tests.crash.starters import Starters
from tests.unit.test_accounts import connected, give

MERGE = "UPDATE mirror SET answering=$1", '{"merge":30}'
SHARED = {"write_identity": "shared"}
OURS = {"changes_others": False}
NOTHING_TELLS = {"key_window": None, "read_back": "none"}


async def told_beneath(bench):
    """A message whose post the forum changed: its author, itself, its post, where it stands."""
    await bench.shown_thread()
    where = bench.thread_of("op says")
    zed = bench.room.person("zed")
    message = zed.say(where, "hello forum")
    await bench.work()
    [post] = bench.posts("hello forum")
    bench.board.edit(post, "moderated")
    await bench.work()
    return zed, message, post, where


async def test_who_is_called_the_same_on_the_forum_is_not_taken_for_who_speaks_through_us(bench_of):
    """What our shared account posts says who speaks: bare words by somebody of that name are somebody's own."""
    bench = bench_of(forum=SHARED, markers=False)
    thread = await bench.shown_thread()
    where = bench.thread_of("op says")
    bench.delays["submit"].append(NEVER)
    bench.room.person("zed").say(where, "+1")
    await bench.take_in()
    await bench.sender.drain()
    bench.board.post(thread, "", "zed", "+1")
    await bench.pass_time(2 * SETTLE + 600)
    assert sorted(row.author for row in bench.board.posts.values() if "+1" in row.text) == ["threadline", "zed"]
    assert [text for text in bench.texts(where) if "+1" in text] != []


async def test_what_somebody_changes_who_was_forgotten_is_not_kept(bench_of):
    """What they wrote on a forum stays there: no account of theirs is known any more that could change it."""
    bench = bench_of()
    await bench.shown_thread()
    where = bench.thread_of("op says")
    zed = bench.room.person("zed")
    message = zed.say(where, "hello forum")
    await bench.work()
    person = await bench.store.write(ensure_person, "fake", zed.id, "zed", bench.clock.now())
    await bench.store.write(forget, person, bench.clock.now())
    zed.edit(message, "words of nobody")
    await bench.work()
    await bench.pass_time(120)
    assert "words of nobody" not in str(await bench.ask("SELECT text FROM reply"))
    assert bench.posts("hello forum")
    assert not bench.posts("words of nobody")
    assert "nobody's now" in bench.room.whispers[-1].text
    zed.delete(message)
    await bench.work()
    assert not bench.posts("hello forum")


async def test_what_is_deleted_while_it_is_held_is_not_posted_when_an_admin_has_it_sent(bench_of):
    bench = bench_of(forum=NOTHING_TELLS, markers=False)
    await bench.shown_thread()
    where = bench.thread_of("op says")
    zed = bench.room.person("zed")
    bench.delays["submit"].append(NEVER)
    message = zed.say(where, "regretted")
    await bench.pass_time(1200)
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    zed.delete(message)
    await bench.work()
    assert (await bench.admin(f"retry {held}")).ok
    await bench.pass_time(120)
    assert [row.text for row in bench.board.posts.values() if row.ours] == []
    assert bench.wire.count("submit") == 1


async def test_what_stood_beneath_stays_away_where_the_chat_does_not_say_in_which_thread_it_was_deleted(bench_of):
    """Some networks tell the channel alone."""
    bench = bench_of(chat=OURS)
    _, _, post, where = await told_beneath(bench)
    [note] = bench.room.ours(where)
    bench.room.messages[note.id].deleted = True
    bench.room.happened(Deleted("gone", Where(where.channel), note.id, bench.clock.now()))
    await bench.work()
    assert await bench.ask("SELECT note, quiet FROM copy WHERE reply IS NOT NULL") == [("", 1)]
    bench.board.edit(post, "moderated twice")
    await bench.work()
    assert bench.room.ours(where) == []


async def test_of_what_a_community_hides_nothing_is_told_beneath_and_all_again_when_it_is_shown(bench_of):
    bench = bench_of(chat=OURS)
    _, _, post, where = await told_beneath(bench)
    assert (await bench.admin(f"hide {post}")).ok
    await bench.work()
    assert bench.room.ours(where) == []
    bench.board.edit(post, "moderated twice")
    await bench.work()
    assert bench.room.ours(where) == []
    assert (await bench.admin(f"unhide {post}")).ok
    await bench.work()
    assert ["moderated twice" in m.text for m in bench.room.ours(where)] == [True]


async def held_note(bench):
    """A note whose change nobody knows the outcome of: its number."""
    _, message, post, where = await told_beneath(bench)
    [note] = bench.room.ours(where)
    for _ in range(12):
        bench.room.faults.append(Fault(errors.OutcomeUnknown("no answer"), "edit"))
    bench.board.edit(post, "moderated twice")
    await bench.pass_time(3600)
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    bench.room.faults.clear()
    return held, note, message, post


async def test_what_stands_beneath_stays_that_message_whatever_an_admin_names(bench_of):
    """A change changes what stands there: another address would let the next one change a stranger's words."""
    bench = bench_of(chat=OURS)
    held, note, message, post = await held_note(bench)
    answer = await bench.admin(f"settle {held} {message}")
    assert answer.ok, answer.text
    bench.board.edit(post, "moderated thrice")
    await bench.pass_time(120)
    [(stands,)] = await bench.ask("SELECT note FROM copy WHERE reply IS NOT NULL")
    assert stands == note.id
    assert "moderated thrice" in bench.room.messages[note.id].text


@pytest.mark.parametrize("word", ["retry", "skip"])
async def test_a_held_note_is_named_and_decided(bench_of, word):
    bench = bench_of(chat=OURS)
    held, note, _, post = await held_note(bench)
    answer = await bench.admin("held")
    assert str(held) in answer.text
    assert "lounge" in answer.text
    assert (await bench.admin(f"{word} {held}")).ok
    await bench.pass_time(120)
    assert ("moderated twice" in bench.room.messages[note.id].text) == (word == "retry")
    bench.board.edit(post, "moderated thrice")
    await bench.pass_time(120)
    assert "moderated thrice" in bench.room.messages[note.id].text


async def test_where_only_peoples_own_accounts_can_write_nothing_is_started_without_one(tmp_path):
    """They took it back while their thread waited, or asked on a page: our login is for nobody."""
    bench = Starters(tmp_path, forum={"write_identity": "none"})
    await bench.begin()
    asked = Asked("fake", "u-zoe", "zoe", "e1", "Greetings", "it begins here", where=bench.lounge)
    board = (await bench.ask("SELECT id FROM board"))[0][0]
    await bench.store.write(ask, board, 1, asked, bench.clock.now())
    await bench.work()
    [(fate, reason)] = await bench.fates()
    assert fate == "refused"
    assert "connect fake" in reason
    assert bench.wire.count("start") == 0
    await bench.crash()


async def test_of_two_channels_the_one_without_the_message_is_changed_in_place(bench_of):
    """What stands there is ours; beneath the message it is told, and nowhere else."""
    bench = bench_of(chat=OURS)
    thread = await bench.shown_thread()
    await bench.mirror(thread, "attic")
    await bench.work()
    here, there = bench.thread_of("op says"), bench.thread_of("op says", "attic")
    message = bench.room.person("zed").say(here, "hello forum")
    await bench.work()
    [post] = bench.posts("hello forum")
    bench.board.edit(post, "moderated")
    await bench.work()
    assert [(m.reply_to, "moderated" in m.text) for m in bench.room.ours(here)] == [(message, True)]
    assert [("moderated" in m.text, "hello" in m.text) for m in bench.room.ours(there)] == [(True, False)]
    bench.board.delete(post)
    await bench.work()
    assert [m.reply_to for m in bench.room.ours(here)] == [message]
    assert not [m for m in bench.room.ours() if "moderated" in m.text]


async def test_what_is_told_beneath_stays_where_it_stands_when_the_channel_moves(bench_of):
    """Nothing can be said there any more, and in the new channel the message does not stand."""
    bench = bench_of(chat=OURS)
    zed, _, post, where = await told_beneath(bench)
    [note] = bench.room.ours(where)
    bench.board.edit(post, "moderated twice")
    zed.move(where.channel, "saloon")
    await bench.work()
    await bench.pass_time(120)
    assert await bench.ask("SELECT subject, state FROM delivery WHERE state IN ('pending', 'sending', 'held')") == []
    assert [m.id for m in bench.room.ours(where)] == [note.id]


async def test_a_channel_that_moves_while_more_is_waited_for_loses_and_doubles_nothing(bench_of):
    bench = bench_of()
    await bench.shown_thread()
    await bench.store.write(run, *MERGE)
    where = bench.thread_of("op says")
    zed = bench.room.person("zed")
    zed.say(where, "one")
    await bench.take_in()
    zed.say(where, "two")
    zed.move(where.channel, "saloon")
    await bench.take_in()
    await bench.pass_time(180)
    assert [row.text.removeprefix("zed via fake:\n\n") for row in bench.board.posts.values() if row.ours] == [
        "one\n\ntwo"
    ]


@pytest.mark.parametrize("line", ["remove 1", "pause 1", "replies 1 --merge 0", "replies 1 --take none"])
async def test_whatever_becomes_of_the_mirror_what_was_said_before_goes_to_the_forum_once(bench_of, line):
    """It was taken when it was heard; what is said later is another matter."""
    bench = bench_of()
    await bench.shown_thread()
    await bench.store.write(run, *MERGE)
    where = bench.thread_of("op says")
    zed = bench.room.person("zed")
    said = [zed.say(where, "one")]
    await bench.take_in()
    said.append(zed.say(where, "two"))
    await bench.take_in()
    answer = await bench.admin(line)
    assert answer.ok, answer.text
    await bench.pass_time(180)
    posted = [row.text.removeprefix("zed via fake:\n\n") for row in bench.board.posts.values() if row.ours]
    assert posted == ["one\n\ntwo"]
    assert [bench.room.messages[one].reaction for one in said] == [Reaction.POSTED] * 2


async def test_who_takes_back_their_account_while_more_is_waited_for_does_not_speak_through_it(tmp_path):
    """As whom it goes out is decided when it does."""
    bench = Bench(tmp_path, forum=SHARED)
    await bench.shown_thread()
    await bench.store.write(run, *MERGE)
    assert (await connected(bench, "dora")).ok
    bench.room.person("dora").say(bench.thread_of("op says"), "one")
    await bench.take_in()
    assert (await give(bench, "dora", "disconnect", "fake")).ok
    await bench.pass_time(120)
    assert [row.author for row in bench.board.posts.values() if row.ours] == ["threadline"]
    await bench.crash()


async def test_nothing_names_who_was_turned_away_and_asks_to_be_forgotten(bench_of):
    """Neither what they were told, nor what the admins were told of them."""
    bench = bench_of()
    await bench.shown_thread()
    where, quux = bench.thread_of("op says"), bench.room.person("quux")
    for _ in range(5):  # as a program does
        quux.say(where, "same")
    await bench.work()
    assert (await bench.admin("replies 1 --from Helpers")).ok
    quux.say(where, "another thing")
    await bench.work()
    assert len(await bench.ask("SELECT 1 FROM notice WHERE about LIKE 'loop:%'")) == 1
    person = await bench.store.write(ensure_person, "fake", quux.id, "quux", bench.clock.now())
    await bench.store.write(forget, person, bench.clock.now())
    await bench.work()
    tables = [name for (name,) in await bench.ask("SELECT name FROM sqlite_master WHERE type='table'")]
    found = {name: str(await bench.ask(f"SELECT * FROM {name}")) for name in tables if name != "post"}
    assert {name: rows for name, rows in found.items() if "quux" in rows} == {}


async def test_what_an_admin_settled_is_known_by_the_words_that_the_forum_was_given(bench_of):
    """What its author changed meanwhile is on its way: that the forum says something else yet is told to nobody."""
    bench = bench_of(chat=OURS, forum=SHARED | NOTHING_TELLS, markers=False)
    await bench.shown_thread()
    where, zed = bench.thread_of("op says"), bench.room.person("zed")
    bench.delays["submit"].append(1.0)
    message = zed.say(where, "hello")
    await bench.take_in()
    for _ in range(10):
        bench.fake_clock.advance(60_000)
        await bench.sender.drain()
    [(held,)] = await bench.ask("SELECT id FROM delivery WHERE state='held'")
    zed.edit(message, "hello anew")
    await bench.take_in()
    [post] = bench.posts("zed via fake:\n\nhello")
    assert (await bench.admin(f"settle {held} {post}")).ok
    await bench.pass_time(120)
    assert bench.posts("zed via fake:\n\nhello anew") == [post]
    assert await bench.states("note", "edit") == []
