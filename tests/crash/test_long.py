"""Posts that are longer than a message: their messages stand once, in order, and together, whatever happens between."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot import errors
from bot.markup import CONTINUED
from bot.mirroring import Options
from bot.model import ChannelRef, MessageId, Where
from bot.store.notices import open_notice
from bot.testing.faults import Fault
from bot.testing.forum_addresses import ADDRESS
from tests.crash.bench import CHANNEL, Bench

LIMIT = 200
"""Characters of one message in this chat."""

ATTIC = Where(ChannelRef("attic"))

NETWORKS: dict[str, dict[str, Any]] = {
    "keys": {},
    "keys for a minute": {"chat": {"key_window": 60.0}},
    "no keys": {"chat": {"key_window": None}},
}


def words(number: int, letter: str = "w") -> str:
    """A text of so many words, each another one; 120 of them are three messages."""
    return " ".join(f"{letter}{n}" for n in range(number))


def said(bench: Bench, letter: str = "w") -> list[list[str]]:
    """The words that our messages show which are made of a letter, message by message."""
    told = [re.findall(rf"\b{letter}\d+\b", message.text) for message in bench.room.ours()]
    return [some for some in told if some]


def whole(bench: Bench, letter: str = "w") -> str:
    """The same in one."""
    return " ".join(word for some in said(bench, letter) for word in some)


def cut(bench: Bench) -> list[MessageId]:
    """Messages that say that the rest of them stands on the forum."""
    return [message.id for message in bench.room.ours() if CONTINUED in message.text]


def ids(bench: Bench, letter: str = "w") -> list[MessageId]:
    """The messages that show such words."""
    return [message.id for message in bench.room.ours() if re.search(rf"\b{letter}\d+\b", message.text)]


async def shown(bench: Bench, text: str) -> Any:
    """A thread in whose chat thread a reply with this text stands; the reply."""
    bench.room.limit = LIMIT
    thread = await bench.shown_thread()
    post = bench.board.post(thread, "", "ben", text)
    await bench.work()
    return post


def thread_of(bench: Bench, post: Any) -> Any:
    return bench.board.posts[post].thread


async def edit(bench: Bench, post: Any, text: str) -> None:
    bench.board.edit(post, text)
    await bench.pass_time(120)
    assert await bench.ask("SELECT id FROM delivery WHERE state NOT IN ('sent', 'dropped')") == []


# --------------------------------------------------------------------------------------------------------- the messages


async def test_a_long_post_becomes_several_messages_in_order_and_no_word_is_lost(bench_of):
    bench = bench_of()
    await shown(bench, words(120))
    assert whole(bench) == words(120)
    assert len(said(bench)) == 3
    assert max(len(message.text) for message in bench.room.ours()) <= LIMIT
    assert cut(bench) == []


async def test_an_answer_to_a_long_post_answers_its_first_message(bench_of):
    """There it begins, and there its author's name stands."""
    bench = bench_of()
    post = await shown(bench, words(120))
    bench.board.post(thread_of(bench, post), post, "cleo", "an answer")
    await bench.work()
    assert bench.message("an answer").reply_to == ids(bench)[0]


async def test_only_the_first_message_of_a_long_answer_answers(bench_of):
    bench = bench_of()
    post = await shown(bench, "a question")
    bench.board.post(thread_of(bench, post), post, "cleo", words(120))
    await bench.work()
    answers = [bench.room.messages[message].reply_to for message in ids(bench)]
    assert answers == [bench.message("a question").id, "", ""]


async def test_of_a_long_post_that_is_deleted_one_tombstone_stands(bench_of):
    """It stands where the post began; what went on behind it goes."""
    bench = bench_of()
    post = await shown(bench, words(120))
    first = ids(bench)[0]
    bench.board.delete(post)
    await bench.pass_time(120)
    assert whole(bench) == ""
    [tombstone] = [message for message in bench.room.ours() if "deleted on the forum" in message.text]
    assert tombstone.id == first


# ------------------------------------------------------------------------------------------------------------ changes


async def test_an_edit_that_needs_fewer_messages_deletes_the_last_ones(bench_of):
    bench = bench_of()
    post = await shown(bench, words(120))
    before = ids(bench)
    await edit(bench, post, words(10))
    assert (whole(bench), ids(bench)) == (words(10), before[:1])


async def test_an_edit_that_needs_more_messages_gets_them_while_nothing_stands_behind(bench_of):
    bench = bench_of()
    post = await shown(bench, words(10))
    await edit(bench, post, words(60))
    await edit(bench, post, words(120))
    assert (whole(bench), len(said(bench)), cut(bench)) == (words(120), 3, [])


async def test_a_post_that_shrank_grows_again_while_nothing_stands_behind(bench_of):
    """What stood behind its beginning was its own."""
    bench = bench_of()
    post = await shown(bench, words(120))
    await edit(bench, post, words(10))
    await edit(bench, post, words(120))
    assert (whole(bench), cut(bench)) == (words(120), [])


async def test_a_long_op_grows_beside_the_chat_thread_that_hangs_on_it(bench_of):
    """What is said in the thread stands in another place."""
    bench = bench_of()
    bench.room.limit = LIMIT
    thread = await bench.shown_thread()
    bench.board.post(thread, "", "ben", "a reply")
    await bench.work()
    await edit(bench, bench.board.threads[thread].posts[0], f"op says {words(120)}")
    assert (whole(bench), cut(bench)) == (words(120), [])
    assert all(bench.room.messages[message].where == CHANNEL for message in ids(bench))


async def another_post(bench: Bench, post: Any) -> None:
    bench.board.post(thread_of(bench, post), "", "cleo", "what comes next")
    await bench.work()


async def a_person(bench: Bench, post: Any) -> None:
    bench.room.person("zed").say(bench.thread_of("op says"), "what a person says")
    await bench.work()


async def a_person_who_answers_nobody(bench: Bench, post: Any) -> None:
    """What he says goes nowhere, and stands there all the same."""
    await bench.store.write(_stay_here)
    await a_person(bench, post)


def _stay_here() -> Any:
    yield "UPDATE mirror SET replies='none'", ()


BEHIND = [another_post, a_person, a_person_who_answers_nobody]


@pytest.mark.parametrize("behind", BEHIND)
async def test_what_would_be_added_behind_others_is_cut_and_the_cut_is_said(bench_of, behind):
    """Among what others said nobody would know whose words those are."""
    bench = bench_of()
    post = await shown(bench, words(60))
    before = ids(bench)
    await behind(bench, post)
    await edit(bench, post, words(200))
    assert ids(bench) == before
    assert words(200).startswith(whole(bench))
    assert len(whole(bench).split()) > 60
    assert cut(bench) == before[-1:]
    assert f"({ADDRESS}/t/{thread_of(bench, post)}#{post})" in bench.room.messages[before[-1]].text


@pytest.mark.parametrize("behind", BEHIND)
async def test_a_post_that_shrank_does_not_grow_again_behind_others(bench_of, behind):
    bench = bench_of()
    post = await shown(bench, words(120))
    await edit(bench, post, words(10))
    await behind(bench, post)
    await edit(bench, post, words(120))
    assert ids(bench) == cut(bench)
    assert len(ids(bench)) == 1


async def test_a_text_that_fits_again_is_whole_and_is_not_said_to_go_on(bench_of):
    bench = bench_of()
    post = await shown(bench, words(60))
    await another_post(bench, post)
    await edit(bench, post, words(200))
    await edit(bench, post, words(61))
    assert (whole(bench), cut(bench)) == (words(61), [])


async def test_what_is_said_elsewhere_keeps_no_post_from_growing(bench_of):
    bench = bench_of()
    post = await shown(bench, words(10))
    bench.room.person("zed").say(CHANNEL, "in the channel")
    bench.room.person("zed").say(ATTIC, "in the attic")
    await bench.work()
    await edit(bench, post, words(120))
    assert (whole(bench), cut(bench)) == (words(120), [])


async def test_a_person_who_speaks_while_a_long_post_is_sent_may_stand_behind_it(bench_of):
    """Nobody knows whether he spoke before its end: nothing is added to it."""
    bench = bench_of()
    bench.room.limit = LIMIT
    thread = await bench.shown_thread()

    async def speaks(*args: Any) -> Any:
        bench.room.person("zed").say(bench.thread_of("op says"), "meanwhile")
        await bench.take_in()

    send = bench.room.send

    async def send_and_hear(*args: Any) -> Any:
        message = await send(*args)
        if "w0" in bench.room.messages[message].text:
            await speaks()
        return message

    bench.room.send = send_and_hear
    post = bench.board.post(thread, "", "ben", words(60))
    await bench.work()
    assert whole(bench) == words(60)
    await edit(bench, post, words(200))
    assert (len(said(bench)), len(cut(bench))) == (2, 1)


async def test_a_pause_before_anything_was_sent_keeps_no_post_from_growing(bench_of):
    """The claim was taken back: what it would have added is nothing that stands behind."""
    bench = bench_of()
    post = await shown(bench, words(10))
    bench.room.faults.append(Fault(errors.RateLimited("slower", 5.0), "edit"))
    await edit(bench, post, words(120))
    assert (whole(bench), cut(bench)) == (words(120), [])


async def test_a_post_does_not_grow_behind_a_moderators_gap_that_others_filled(bench_of):
    """What a person took away stays away; what he left is changed where it stands, and nothing comes behind others."""
    bench = bench_of()
    post = await shown(bench, words(120))
    first, second, third = ids(bench)
    bench.room.person("mod").delete(second)
    await another_post(bench, post)
    await edit(bench, post, words(300))
    assert ids(bench) == [first, third]
    assert cut(bench) == [third]


# ------------------------------------------------------------------------------------------------ a process that dies


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("change", ["made", "grown", "shrunk"])
async def test_wherever_the_process_dies_every_message_stands_once(bench_of, network, change):
    """Law 3: between two messages, before and after each commit, before and after each act."""
    moment, died = 0, True
    while died:
        moment += 1
        bench = bench_of(**NETWORKS[network])
        post = await shown(bench, words({"made": 0, "grown": 10, "shrunk": 120}[change]) or "a short one")
        text = words(10 if change == "shrunk" else 120)
        if change == "made":
            bench.board.post(thread_of(bench, post), "", "cleo", text)
        else:
            bench.board.edit(post, text)
        bench.life.kill_at = bench.life.count + moment
        died = await bench.survive(bench.work)
        bench.life.kill_at = 0
        await bench.pass_time(300)
        assert whole(bench) == text, f"died {bench.deaths} at moment {moment}: {said(bench)}"
        assert cut(bench) == []
        assert await bench.ask("SELECT id FROM delivery WHERE state<>'sent'") == []
        await bench.crash()
    assert moment > 5


async def test_what_was_decided_at_the_claim_is_what_is_sent(bench_of):
    """Law 3: somebody speaks while we are away; the bytes that were committed go out, and nothing else."""
    bench = bench_of()
    post = await shown(bench, words(10))
    bench.board.edit(post, words(120))
    bench.room.faults.append(Fault(errors.Unreachable("no line"), "send"))
    await bench.work()
    assert await bench.states(act="edit") == ["sending"]
    await bench.start()
    await a_person(bench, post)
    await bench.pass_time(300)
    assert (whole(bench), cut(bench)) == (words(120), [])
    await edit(bench, post, words(300))
    assert len(cut(bench)) == 1


async def test_a_long_notice_is_read_back_behind_its_last_message(bench_of):
    """What is looked for later came after all of it."""
    bench = bench_of()
    await bench.shown_thread()
    bench.room.limit = LIMIT
    await bench.store.write(open_notice, 1, "disk", words(120), bench.clock.now())
    await bench.work()
    assert whole(bench) == words(120)
    [(last,)] = await bench.ask("SELECT last_message FROM place WHERE channel='notices'")
    assert last == ids(bench)[-1]


# ------------------------------------------------------------------------------------- what a mirror shows of a post


async def cut_to(bench: Bench, channel: str, length: int) -> None:
    """Let the newest mirror of a channel show so many characters of a post."""
    options = f'{{"max_length":{length}}}' if length else "{}"
    await bench.store.write(_set_options, channel, options)


def _set_options(channel: str, options: str) -> Any:
    yield (
        """UPDATE mirror SET options=$2 WHERE id=(SELECT MAX(m.id) FROM mirror m JOIN place p ON p.id=m.place
             WHERE p.channel=$1)""",
        (channel, options),
    )


async def test_a_mirror_shows_the_beginning_of_a_post_that_is_longer_than_it_takes(bench_of):
    bench = bench_of()
    assert Options().max_length == 0
    thread = await bench.shown_thread()
    await cut_to(bench, "lounge", 120)
    post = bench.board.post(thread, "", "ben", words(300))
    short = bench.board.post(thread, "", "cleo", words(20, "s"))
    await bench.work()
    assert words(300).startswith(whole(bench))
    assert 10 < len(whole(bench).split()) < 40
    assert len(whole(bench)) <= 120
    assert cut(bench) == ids(bench)
    assert f"({ADDRESS}/t/{thread}#{post})" in bench.room.messages[cut(bench)[0]].text
    assert (whole(bench, "s"), short != post) == (words(20, "s"), True)


async def test_each_channel_shows_as_much_of_a_post_as_its_own_mirror_takes(bench_of):
    bench = bench_of()
    thread = await bench.shown_thread()
    await bench.mirror(thread, "attic", "stream")
    await cut_to(bench, "attic", 120)
    bench.board.post(thread, "", "ben", words(120))
    await bench.work()
    told = {message.where.channel: message.text for message in bench.room.ours() if "w0" in message.text}
    assert CONTINUED in told[ATTIC.channel]
    assert "w99" in told[CHANNEL.channel]


async def test_a_post_is_shown_as_long_as_its_mirror_says_when_it_is_sent(bench_of):
    """Whoever changes his mind does not wait for what is on its way already; what stands changes with its post."""
    bench = bench_of()
    thread = await bench.shown_thread()
    post = bench.board.post(thread, "", "ben", words(120))
    await bench.poll()
    await cut_to(bench, "lounge", 120)
    await bench.work()
    assert len(cut(bench)) == 1
    await cut_to(bench, "lounge", 0)
    await edit(bench, post, words(121))
    assert (whole(bench), cut(bench)) == (words(121), [])
