"""What a moderator of the chat takes away stays away, message by message; what he left is still ours to change."""

import pytest

LONG = "begins " + f"{'x' * 50} " * 42 + "ends"
"""Two messages in this chat."""

LONGER = "begins " + f"{'y' * 50} " * 42 + "middle " + f"{'y' * 50} " * 42 + "ends"
"""Three."""


async def standing(bench, text=LONG):
    """A thread in whose chat thread a post of several messages stands; the post."""
    await bench.start()
    thread = bench.board.start_thread("The thread", "op says", "ann")
    await bench.mirror(thread)
    await bench.work()
    long = bench.board.post(thread, "", "ben", text)
    await bench.work()
    return long


def left(bench, *letters):
    """What stands of the long post, whose words are made of these letters."""
    return [m.text for m in bench.room.ours() if any(letter * 20 in m.text for letter in letters)]


async def remove(bench, word, heard=True):
    """A moderator removes the one message that holds a word; whether we are told of it."""
    message = bench.message(word)
    if heard:
        bench.room.person("mod").delete(message.id)
    else:
        message.deleted = True
    await bench.work()


@pytest.mark.parametrize("word", ["begins", "ends"])
@pytest.mark.parametrize("heard", [True, False], ids=["heard", "unheard"])
async def test_no_message_of_a_deleted_post_stays_when_a_moderator_removed_one_of_several(bench_of, word, heard):
    """Laws 7 and 10: what he left of it goes when the post goes."""
    bench = bench_of()
    post = await standing(bench)
    await remove(bench, word, heard)
    bench.board.delete(post)
    await bench.pass_time(120)
    assert left(bench, "x") == []
    assert "xx" not in str(await bench.ask("SELECT body FROM post"))
    assert await bench.ask("SELECT state FROM delivery WHERE state NOT IN ('sent', 'dropped')") == []


@pytest.mark.parametrize("word", ["begins", "ends"])
@pytest.mark.parametrize("heard", [True, False], ids=["heard", "unheard"])
async def test_an_edit_changes_what_a_moderator_left_and_brings_back_nothing_that_he_removed(bench_of, word, heard):
    bench = bench_of()
    post = await standing(bench)
    await remove(bench, word, heard)
    bench.board.edit(post, LONG.replace("x", "z"))
    await bench.pass_time(120)
    kept = "ends" if word == "begins" else "begins"
    [text] = left(bench, "x", "z")
    assert (kept in text, "zz" in text) == (True, True)
    bench.board.delete(post)
    await bench.pass_time(120)
    assert left(bench, "x", "z") == []


async def test_messages_behind_one_that_is_gone_already_go_with_their_post(bench_of):
    """That one of them needs no deletion any more says nothing about the others."""
    bench = bench_of()
    post = await standing(bench, LONGER)
    await remove(bench, "middle", heard=False)
    bench.board.delete(post)
    await bench.pass_time(120)
    assert left(bench, "y") == []


async def test_what_a_longer_version_adds_stands_behind_what_a_moderator_left(bench_of):
    """It is known by its own place in the post: the next deletion takes all of it."""
    bench = bench_of()
    post = await standing(bench)
    await remove(bench, "begins")
    bench.board.edit(post, LONGER)
    await bench.pass_time(120)
    here = left(bench, "y")
    assert ["begins" in text for text in here] == [False, False]
    assert "ends" in here[-1]
    bench.board.delete(post)
    await bench.pass_time(120)
    assert left(bench, "x", "y") == []


async def test_a_post_of_which_a_moderator_removed_every_message_stays_removed(bench_of):
    bench = bench_of()
    post = await standing(bench)
    await remove(bench, "begins")
    await remove(bench, "ends")
    assert ("removed",) in await bench.ask("SELECT state FROM copy")
    bench.board.edit(post, LONGER)
    await bench.pass_time(120)
    assert left(bench, "x", "y") == []


async def test_a_reply_to_the_message_that_a_moderator_left_answers_the_post(bench_of):
    bench = bench_of()
    post = await standing(bench)
    await remove(bench, "begins")
    bench.room.person("zed").say(bench.thread_of("op says"), "an answer", bench.message("ends").id)
    await bench.work()
    [row] = [row for row in bench.board.posts.values() if "an answer" in row.text]
    assert row.parent == post
