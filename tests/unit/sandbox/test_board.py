"""The sandbox itself: what may be done, what is kept, what is told."""

import asyncio
import os

import pytest

from adapters.forums.sandbox import entries
from adapters.forums.sandbox.opening import opening
from adapters.forums.sandbox.rules import MAX_NAME, MAX_POSTS, MAX_TEXT, MAX_TITLE
from adapters.forums.sandbox.state import State, Status
from adapters.journal import JournalDamaged
from bot.errors import AdapterError, Gone, OutcomeUnknown, Refused, Unreachable
from bot.model import BoardKey, PostKey, ThreadKey


async def started(forum) -> ThreadKey:
    return await forum.board.start_thread("b1", "Ada", "A thread", "The OP")


async def rows(forum, thread):
    return list((await forum.board.state()).in_order(thread))


async def test_replies_are_numbered_in_order_of_arrival_and_the_op_is_not(forum):
    thread = await started(forum)
    first = await forum.board.post(thread, "", "Brook", "", "one")
    await forum.board.post(thread, first, "Ada", "Re: one", "two")
    assert [(row.number, row.op, row.parent) for row in await rows(forum, thread)] == [
        (0, True, ""),
        (1, False, ""),
        (2, False, first),
    ]


async def test_threads_number_for_themselves(forum):
    one, two = await started(forum), await started(forum)
    await forum.board.post(one, "", "Brook", "", "x")
    await forum.board.post(two, "", "Brook", "", "x")
    assert [row.number for row in await rows(forum, two)] == [0, 1]


async def test_many_at_once_get_one_number_each(forum):
    thread = await started(forum)
    await asyncio.gather(*(forum.board.post(thread, "", "Brook", "", f"text {n}") for n in range(30)))
    found = await rows(forum, thread)
    assert [row.number for row in found] == list(range(31))
    assert [row.text for row in found[1:]] == [f"text {n}" for n in range(30)]


async def test_everything_is_there_again_after_a_restart(bench):
    """Nothing that was acknowledged may depend on a clean end."""
    forum = bench.open(opening=True)
    thread = await started(forum)
    post = await forum.board.post(thread, "", "Brook", "n/t", "", key="k")
    await forum.board.edit(post, "New title", "New text")
    await forum.board.delete(await forum.board.post(thread, post, "Ada", "", "gone"))
    await forum.board.set_moderation(True)
    await forum.board.post(thread, post, "Ada", "", "waits")
    await forum.board.close_thread(thread)
    before = await forum.board.state()
    again = await bench.open(opening=True).board.state()
    assert again is not before
    for field in ("id", "boards", "threads", "posts", "sent", "waiting", "moderation", "changes", "acts"):
        assert getattr(again, field) == getattr(before, field), field


async def test_an_equal_key_posts_once_even_after_a_restart(bench):
    forum = bench.open()
    thread = await started(forum)
    first = await forum.board.post(thread, "", "Brook", "", "text", key="k")
    assert await forum.board.post(thread, "", "Brook", "", "text", key="k") == first
    other = bench.open()
    assert await other.board.post(thread, "", "Brook", "", "another text", key="k") == first
    assert len(await rows(other, thread)) == 2


async def test_equal_keys_at_the_same_time_post_once(forum):
    thread = await started(forum)
    posts = await asyncio.gather(*(forum.board.post(thread, "", "B", "", "x", key="k") for _ in range(5)))
    assert len(set(posts)) == 1
    assert len(await rows(forum, thread)) == 2


async def test_without_a_key_equal_posts_are_two_posts(forum):
    thread = await started(forum)
    assert await forum.board.post(thread, "", "B", "", "x") != await forum.board.post(thread, "", "B", "", "x")


async def test_an_equal_key_is_answered_even_where_a_new_post_would_be_refused(forum):
    """The answer is about what happened, not about what may happen now."""
    thread = await started(forum)
    first = await forum.board.post(thread, "", "B", "", "x", key="k")
    await forum.board.close_thread(thread)
    assert await forum.board.post(thread, "", "B", "", "x", key="k") == first


async def test_a_thread_is_started_once_per_key(forum):
    first = await forum.board.start_thread("b1", "A", "t", "x", key="k")
    assert await forum.board.start_thread("b1", "A", "t", "x", key="k") == first


@pytest.mark.parametrize(
    ("author", "title", "text", "word"),
    [
        ("B", "", "", "nothing to post"),
        ("B", " \n ", "\t\n ", "nothing to post"),
        ("B", "", "x" * (MAX_TEXT + 1), "Split it"),
        ("B", "", "ü" * (MAX_TEXT // 2 + 1), "Split it"),
        ("B", "x" * (MAX_TITLE + 1), "", "Shorten it"),
        ("", "", "x", "name"),
        (" \u200b ", "", "x", "name"),
    ],
)
async def test_a_post_that_cannot_be_is_refused_in_words(forum, author, title, text, word):
    thread = await started(forum)
    with pytest.raises(Refused, match=word):
        await forum.board.post(thread, "", author, title, text)
    assert len(await rows(forum, thread)) == 1


async def test_the_longest_text_is_taken(forum):
    thread = await started(forum)
    await forum.board.post(thread, "", "B" * MAX_NAME, "x" * MAX_TITLE, "x" * MAX_TEXT)


async def test_a_title_alone_is_a_post(forum):
    thread = await started(forum)
    post = await forum.board.post(thread, "", "B", "Agreed (n/t)", " ")
    row = (await forum.board.state()).posts[post]
    assert (row.title, row.text) == ("Agreed (n/t)", "")


async def test_what_no_page_can_show_is_taken_out(forum):
    """Half a surrogate pair cannot be stored at all, and one bad character must not lose the post."""
    thread = await started(forum)
    post = await forum.board.post(thread, "", "B", "a\nb\x00c", "one\r\ntwo\rthree\ud800\x1b[0m")
    row = (await forum.board.state()).posts[post]
    assert (row.title, row.text) == ("a bc", "one\ntwo\nthree?[0m")


async def test_indented_code_at_the_beginning_keeps_its_indent(forum):
    thread = await started(forum)
    post = await forum.board.post(thread, "", "B", "", "\n    code()\n\n")
    assert (await forum.board.state()).posts[post].text == "    code()"


async def test_what_is_not_there_is_gone(forum):
    thread = await started(forum)
    other = await started(forum)
    elsewhere = await forum.board.post(other, "", "B", "", "x")
    board = forum.board
    for act in (
        board.start_thread("b9", "A", "t", "x"),
        board.post("t9", "", "A", "", "x"),
        board.post(thread, "p99", "A", "", "x"),
        board.post(thread, elsewhere, "A", "", "x"),
        board.edit("p99", "", "x"),
        board.delete("p99"),
        board.approve("p99"),
        board.reject("p99"),
        board.close_thread("t9"),
    ):
        with pytest.raises(Gone):
            await act


async def test_a_closed_thread_takes_no_replies_until_it_is_opened_again(forum):
    thread = await started(forum)
    await forum.board.close_thread(thread)
    with pytest.raises(Refused, match="closed"):
        await forum.board.post(thread, "", "B", "", "x")
    await forum.board.close_thread(thread, False)
    await forum.board.post(thread, "", "B", "", "x")


async def test_a_full_thread_asks_for_a_new_one(forum):
    """A thread is drawn on one page."""
    state = await forum.board.state()
    thread = await started(forum)
    state.threads[thread].posts.extend(PostKey("p1") for _ in range(MAX_POSTS))
    with pytest.raises(Refused, match="Start a new one"):
        await forum.board.post(thread, "", "B", "", "x")


async def test_a_full_journal_takes_nothing_new_but_still_deletes(bench):
    forum = bench.open(max_bytes=600)
    thread = await started(forum)
    post = await forum.board.post(thread, "", "B", "", "x" * 600, key="k")
    with pytest.raises(Refused, match="full"):
        await forum.board.post(thread, "", "B", "", "x")
    with pytest.raises(Refused, match="full"):
        await forum.board.start_thread("b1", "B", "t", "x")
    assert await forum.board.post(thread, "", "B", "", "x", key="k") == post
    await forum.board.delete(post)


async def test_an_edit_counts_and_an_equal_one_does_not(forum):
    thread = await started(forum)
    post = await forum.board.post(thread, "", "B", "", "x")
    await forum.board.edit(post, "", "y")
    await forum.board.edit(post, "", "y")
    row = (await forum.board.state()).posts[post]
    assert (row.text, row.version) == ("y", 2)


async def test_the_op_names_the_thread(forum):
    thread = await started(forum)
    op = (await rows(forum, thread))[0].key
    await forum.board.edit(op, "Another name", "x")
    assert (await forum.board.state()).threads[thread].title == "Another name"
    with pytest.raises(Refused, match="title"):
        await forum.board.edit(op, "", "x")


async def test_a_deleted_post_stays_as_a_tombstone_without_words(forum):
    """Its answers must keep their place; its words must go."""
    thread = await started(forum)
    post = await forum.board.post(thread, "", "B", "title", "x")
    await forum.board.post(thread, post, "A", "", "answer")
    await forum.board.delete(post)
    await forum.board.delete(post)
    row = (await rows(forum, thread))[1]
    assert (row.status, row.title, row.text, row.number) == (Status.DELETED, "", "", 1)
    with pytest.raises(Gone):
        await forum.board.edit(post, "", "back again")


async def test_a_thread_outlives_its_op(forum):
    thread = await started(forum)
    await forum.board.delete((await rows(forum, thread))[0].key)
    await forum.board.post(thread, "", "B", "", "still here")
    state = await forum.board.state()
    assert state.threads[thread].title == "A thread"
    assert [row.key for row in state.newest_first(BoardKey("b1"))] == [thread]


async def test_a_moderated_post_is_seen_and_numbered_only_when_it_is_approved(forum):
    thread = await started(forum)
    await forum.board.set_moderation(True)
    waits = await forum.board.post(thread, "", "B", "", "first")
    await forum.board.set_moderation(False)
    await forum.board.post(thread, "", "B", "", "second")
    assert [row.text for row in await rows(forum, thread)] == ["The OP", "second"]
    await forum.board.approve(waits)
    await forum.board.approve(waits)
    assert [(row.number, row.text) for row in await rows(forum, thread)][1:] == [(1, "second"), (2, "first")]


async def test_a_moderated_thread_is_there_only_when_it_is_approved(forum):
    await forum.board.set_moderation(True)
    thread = await started(forum)
    state = await forum.board.state()
    assert list(state.newest_first(BoardKey("b1"))) == []
    with pytest.raises(Gone):
        await forum.board.post(thread, "", "B", "", "x")
    await forum.board.approve(state.threads[thread].op)
    assert [row.key for row in state.newest_first(BoardKey("b1"))] == [thread]


async def test_a_rejected_post_never_appears(forum):
    thread = await started(forum)
    await forum.board.set_moderation(True)
    post = await forum.board.post(thread, "", "B", "", "x")
    await forum.board.reject(post)
    await forum.board.reject(post)
    assert len(await rows(forum, thread)) == 1
    with pytest.raises(Refused, match="rejected"):
        await forum.board.approve(post)
    with pytest.raises(Refused):
        await forum.board.edit(post, "", "y")


async def test_a_waiting_post_can_be_edited_and_taken_back(forum):
    thread = await started(forum)
    await forum.board.set_moderation(True)
    post = await forum.board.post(thread, "", "B", "", "x")
    await forum.board.edit(post, "", "y")
    state = await forum.board.state()
    assert state.posts[post].text == "y"
    await forum.board.delete(post)
    assert not state.waiting
    assert len(await rows(forum, thread)) == 1
    with pytest.raises(Refused):
        await forum.board.approve(post)


async def test_an_approved_post_cannot_be_rejected(forum):
    thread = await started(forum)
    post = await forum.board.post(thread, "", "B", "", "x")
    with pytest.raises(Refused, match="approved"):
        await forum.board.reject(post)


async def test_the_switch_is_remembered_over_the_setting(bench):
    forum = bench.open(moderation=True)
    assert await forum.board.moderated()
    await forum.board.set_moderation(False)
    assert not await bench.open(moderation=True).board.moderated()


async def test_the_newest_post_brings_its_thread_to_the_top_whatever_the_clock_does(forum, bench):
    one, two = await started(forum), await started(forum)
    bench.clock.at -= 3_600_000
    await forum.board.post(one, "", "B", "", "x")
    state = await forum.board.state()
    assert [row.key for row in state.newest_first(BoardKey("b1"))] == [one, two]


async def test_a_full_disk_changes_nothing_and_says_so(forum, monkeypatch):
    thread = await started(forum)

    def full(fd, data, at):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(Unreachable, match="Make room"):
            await forum.board.post(thread, "", "B", "", "x", key="k")
    assert len(await rows(forum, thread)) == 1
    await forum.board.post(thread, "", "B", "", "x", key="k")
    assert len(await rows(forum, thread)) == 2


async def test_a_write_that_cannot_be_taken_back_is_said_to_be_unknown(forum, monkeypatch):
    """After a restart the post may be there: repeating it blindly could show it twice."""
    thread = await started(forum)

    def broken(fd):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken)
        with pytest.raises(OutcomeUnknown):
            await forum.board.post(thread, "", "B", "", "x", key="k")
    assert len(await rows(forum, thread)) == 1


async def test_a_cancelled_act_is_either_whole_or_not_there(bench):
    """What the journal holds and what is shown must stay equal."""
    forum = bench.open()
    thread = await started(forum)
    for steps in range(12):
        act = asyncio.create_task(forum.board.post(thread, "", "B", "", f"text {steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        act.cancel()
        with pytest.raises(asyncio.CancelledError):
            await act
    await forum.close()
    again = bench.open()
    assert (await again.board.state()).posts == (await forum.board.state()).posts


async def test_after_close_nothing_is_written(forum):
    thread = await started(forum)
    await forum.close()
    with pytest.raises(Unreachable):
        await forum.board.post(thread, "", "B", "", "x")


async def test_a_torn_journal_line_is_cut_and_logged(bench):
    forum = bench.open()
    thread = await started(forum)
    await forum.close()
    file = bench.folder / "journal.jsonl"
    file.write_bytes(file.read_bytes() + b'[{"act":"reply"')
    assert len(await rows(bench.open(), thread)) == 1
    assert bench.log.events("warning") == ["sandbox.torn_line_cut"]


@pytest.mark.parametrize("line", [b'[{"act":"dance"}]\n', b'[{"act":"delete","post":"p9"}]\n'])
async def test_a_journal_that_does_not_fit_is_named_and_left_alone(bench, line):
    forum = bench.open()
    await started(forum)
    await forum.close()
    file = bench.folder / "journal.jsonl"
    whole = file.read_bytes() + line
    file.write_bytes(whole)
    with pytest.raises(JournalDamaged, match=r"Entry \d of .*journal.jsonl does not fit") as caught:
        await bench.open().board.state()
    assert isinstance(caught.value, AdapterError)
    assert file.read_bytes() == whole


async def test_watchers_hear_of_every_change(forum):
    thread = await started(forum)
    watch = forum.board.watch()
    post = await forum.board.post(thread, "", "B", "", "x")
    assert [(one.board, one.thread, one.seen) for one in await anext(watch)] == [("b1", thread, True)]
    await forum.board.edit(post, "", "y")
    await forum.board.delete(post)
    assert len(await anext(watch)) == 1  # the same thread twice is told once
    await forum.board.set_moderation(True)
    assert [one.seen for one in await anext(watch)] == [False]
    await forum.close()
    with pytest.raises(StopAsyncIteration):
        await anext(watch)


def test_a_watch_that_nobody_holds_is_forgotten(forum):
    forum.board.watch()
    assert len(forum.board.watchers) == 0


def test_the_opening_is_a_forum_that_fits_its_own_words():
    """The texts speak of numbers and of the tree: they must be so."""
    state = State()
    state.apply(opening("x", 1_700_000_000_000))
    assert [board.path for board in state.boards.values()] == [
        ("Sandbox", "The Workshop"),
        ("Sandbox", "Lounge"),
    ]
    assert len(state.threads) == 3
    tour = list(state.in_order(ThreadKey("t1")))
    assert [row.number for row in tour] == list(range(9))
    assert [row.at for row in tour] == sorted(row.at for row in tour)
    numbers = {row.key: row.number for row in tour}
    assert [numbers.get(row.parent) for row in tour[1:]] == [0, 1, 2, 3, 0, 5, 0, None]
    assert [row.number for row in tour if not row.text] == [4]
    assert [row.key for row in state.newest_first(BoardKey("b1"))] == ["t1", "t2"]


def test_an_entry_is_kept_and_read_back_unchanged():
    first = opening("x", 1_700_000_000_000)
    for entry in (first, *first.acts, entries.ModerationSwitched(True), entries.PostApproved(PostKey("p1"))):
        assert entries.unpacked(entries.packed(entry)) == entry


# ----------------------------------------------------------------------------------------------------- words that leave


async def test_words_that_were_deleted_or_replaced_are_gone_at_the_next_start(bench):
    """Law 10: nobody can read them, so nothing keeps them. Keys are honoured for ever all the same."""
    forum = bench.open()
    thread = await started(forum)
    edited = await forum.board.post(thread, "", "Brook", "", "first words", key="k1")
    await forum.board.edit(edited, "", "second words")
    gone = await forum.board.post(thread, edited, "Brook", "regretted title", "regretted words", key="k2")
    await forum.board.delete(gone)
    await forum.board.set_moderation(True)
    rejected = await forum.board.post(thread, "", "Brook", "", "rejected words", key="k3")
    await forum.board.reject(rejected, "off topic")
    before = vars(await forum.board.state()) | {"dead": 0}
    await forum.close()
    forum = bench.open()
    assert vars(await forum.board.state()) == before
    text = (bench.folder / "journal.jsonl").read_text()
    assert not [words for words in ("first", "regretted", "rejected words") if words in text]
    assert "second words" in text
    assert await forum.board.post(thread, "", "Brook", "", "again", key="k2") == gone
    await forum.close()
    forum = bench.open()
    assert vars(await forum.board.state()) == before
    assert (bench.folder / "journal.jsonl").read_text() == text, "what holds nothing dead is left as it is"


async def test_a_journal_of_which_most_is_dead_is_compacted_while_people_go_on(bench):
    forum = bench.open()
    thread = await started(forum)
    post = await forum.board.post(thread, "", "Brook", "", "x" * MAX_TEXT, key="k1")
    for n in range(3):
        await forum.board.edit(post, "", f"{n}" + "x" * (MAX_TEXT - 1))
    await asyncio.gather(
        forum.board.edit(post, "", "short"), *(forum.board.post(thread, "", "Ada", "", f"text {n}") for n in range(20))
    )
    await forum.close()
    assert (bench.folder / "journal.jsonl").stat().st_size < MAX_TEXT
    forum = bench.open()
    found = await rows(forum, thread)
    assert (found[1].text, found[1].version) == ("short", 5), "an edit stays counted: its count is what readers compare"
    assert sorted(row.text for row in found[2:]) == sorted(f"text {n}" for n in range(20))


async def test_a_journal_that_cannot_be_written_anew_goes_on_as_it_is(bench, monkeypatch):
    """A full disk keeps nobody from reading and writing what still fits."""
    forum = bench.open()
    thread = await started(forum)
    await forum.board.delete(await forum.board.post(thread, "", "Brook", "", "regretted words"))
    await forum.close()

    def full(*args: object) -> None:
        raise OSError(28, "no room")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        forum = bench.open()
        await forum.board.post(thread, "", "Brook", "", "more words")
        await forum.close()
    assert "sandbox.not_compacted" in bench.log.events("warning")
    forum = bench.open()
    assert [row.text for row in await rows(forum, thread)] == ["The OP", "", "more words"]
    assert "regretted" not in (bench.folder / "journal.jsonl").read_text()
