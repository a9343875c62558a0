"""What is new to whoever asks: listed, read in order, drawn, and marked, each reader by themselves."""

from __future__ import annotations

import msgspec
import pytest

from bot.commands import carry_out
from bot.commands.unread import on_page, unread_lists
from bot.model import Answer, Caller, ChannelRef, ChatName, PostKey, ThreadKey, UserId, Where
from bot.model.offers import offered
from bot.store import run
from bot.store.marks import unread_in
from bot.store.persons import person_of
from bot.store.sight import Sight
from bot.store.unread import BoardSeen, Unread, UnreadThread

WORKSHOP = Where(ChannelRef("workshop"))


class Reading:
    """A forum whose first board is mirrored, and two who read it in the channel."""

    def __init__(self, here) -> None:
        self.here = here

    async def furnish(self) -> Reading:
        """Mirror the board; what is there already was there before."""
        await self.here.did("add", "sandbox:b1", "--into", "web:workshop")
        await self.here.settle()
        [[community]] = await self.here.rows("SELECT community FROM mirror")
        self.rae = Caller(ChatName("web"), community, "Rae", where=WORKSHOP, id=UserId("rae"))
        self.sam = msgspec.structs.replace(self.rae, person="Sam", id=UserId("sam"))
        return self

    async def begin(self, title: str, *replies: str) -> ThreadKey:
        """A thread with replies, each to the one before it."""
        thread = await self.here.board.start_thread("b1", "Ann", title, f"How {title} begins")
        above = ""
        for text in replies:
            above = await self.reply(thread, text, above)
        await self.here.settle()
        return thread

    async def reply(self, thread: str, text: str, parent: str = "", author: str = "Ben") -> PostKey:
        return await self.here.board.post(thread, parent, author, "", text)

    async def say(self, who: Caller, *words: str) -> Answer:
        """What a reader is answered."""
        answer = await carry_out(self.here.app, who, "forum", words)
        assert answer.ok, answer.text
        return answer

    async def fail(self, who: Caller, *words: str) -> str:
        """What a reader is told who says what cannot be done."""
        answer = await carry_out(self.here.app, who, "forum", words)
        assert not answer.ok, answer.text
        return answer.text

    async def press(self, who: Caller, answer: Answer, label: str) -> Answer:
        """What a press answers; every chat has to be able to hold it."""
        [offer] = [offer for offer in answer.offers if offer.label == label]
        assert len(f"do:{offer.line}".encode()) <= 100
        group, words = offered(offer.line)
        answer = await carry_out(self.here.app, who, group, words)
        assert answer.ok, answer.text
        return answer

    async def unread(self, who: Caller, title: str) -> int:
        """How many posts of a thread somebody has not read."""
        person = await self.here.app.store.read(person_of, "web", who.id)
        [[thread]] = await self.here.rows("SELECT id FROM thread WHERE title=$1", title)
        return await self.here.app.store.read(unread_in, person, thread)

    async def ids(self, title: str) -> list[int]:
        """The posts of a thread in arrival order."""
        sql = "SELECT p.id FROM post p JOIN thread t ON t.id=p.thread WHERE t.title=$1 ORDER BY p.n"
        return [id for (id,) in await self.here.rows(sql, title)]


@pytest.fixture
async def reading(here) -> Reading:
    return await Reading(here).furnish()


@pytest.fixture
async def read(reading) -> Reading:
    """The same, where both have read what was there."""
    for who in (reading.rae, reading.sam):
        await reading.say(who, "markread", "all")
    return reading


# -------------------------------------------------------------------------------------------------------------- lists


async def test_a_list_says_how_much_is_new_since_the_board_was_marked(read):
    await read.begin("Cats", "one", "two")
    text = (await read.say(read.rae, "unread")).text
    assert "1 thread, 3 new posts since you marked this board read" in text
    assert "Cats" in text
    assert "2 replies, 3 new" in text


async def test_two_readers_with_different_marks_are_shown_different_news(read):
    """Law 8: what one has read changes nothing for the other, who is not told of it either."""
    await read.begin("Cats", "one", "two")
    one, two = (await read.ids("Cats"))[1:]
    await read.say(read.rae, "markread", f"post:{one}")
    assert "1 new" in (await read.say(read.rae, "unread")).text
    assert "3 new" in (await read.say(read.sam, "unread")).text
    assert (await read.say(read.rae, "outline", f"post:{one}")).data["new"] == [two]
    assert len((await read.say(read.sam, "outline", f"post:{one}")).data["new"]) == 3


async def test_what_arrives_between_the_list_and_the_press_stays_unread(read):
    thread = await read.begin("Cats", "one")
    answer = await read.say(read.rae, "unread")
    await read.reply(thread, "two")
    await read.begin("Dogs")
    await read.press(read.rae, answer, "Mark all read")
    assert (await read.unread(read.rae, "Cats"), await read.unread(read.rae, "Dogs")) == (1, 1)


async def test_a_board_is_marked_up_to_what_was_shown_of_it(read):
    thread = await read.begin("Cats", "one")
    answer = await read.say(read.rae, "unread")
    await read.reply(thread, "two")
    await read.here.settle()
    [label] = [offer.label for offer in answer.offers if offer.label.startswith("Mark") and "all" not in offer.label]
    await read.press(read.rae, answer, label)
    assert await read.unread(read.rae, "Cats") == 1
    await read.say(read.rae, "markread", "all")
    assert await read.unread(read.rae, "Cats") == 0


async def test_lists_of_a_board_go_on_where_the_page_ended(read):
    for n in range(28):
        await read.here.board.start_thread("b1", "Ann", f"Thread number {n:02}", "words")
    await read.here.settle()
    [[board]] = await read.here.rows("SELECT id FROM board WHERE key='b1'")
    first = await read.say(read.rae, "unread", f"board:{board}")
    more = next(offer.label for offer in first.offers if offer.label == "More")
    second = await read.press(read.rae, first, more)
    titles = [f"Thread number {n:02}" for n in range(28)]
    assert [t for t in titles if (t in first.text) == (t in second.text)] == []
    assert "More" not in [offer.label for offer in second.offers]
    assert len(first.text) <= 3500


async def test_an_overview_keeps_to_the_room_there_is_and_goes_on(read):
    """Chats cut what is longer."""
    for n in range(40):
        await read.here.board.start_thread("b1", "Ann", f"{n:02} " + "long " * 15, "words")
    await read.here.settle()
    answer = await read.say(read.rae, "unread")
    assert len(answer.text) <= 3500
    assert "more threads" in answer.text


async def test_of_several_boards_each_can_be_marked_and_the_channels_own_stand_first(read):
    """What stands where somebody asks is what they ask about."""
    await read.here.did("add", "sandbox:b2", "--into", "web:workshop")
    await read.here.settle()
    await read.say(read.rae, "markread", "all")
    await read.begin("Cats")
    await read.here.board.start_thread("b2", "Ann", "Dogs", "words")
    await read.here.settle()
    answer = await read.say(read.rae, "unread")
    assert "Cats" in answer.text
    assert "Dogs" in answer.text
    names = [name for (name,) in await read.here.rows("SELECT name FROM board WHERE key='b2'")]
    await read.press(read.rae, answer, f"Mark {names[0]} read")
    assert (await read.unread(read.rae, "Cats"), await read.unread(read.rae, "Dogs")) == (1, 0)
    [[second]] = await read.here.rows("SELECT id FROM board WHERE key='b2'")
    who = await read.here.app.store.read(person_of, "web", read.rae.id)
    lists = await read.here.app.store.read(unread_lists, who, Sight(read.rae.community), [second])
    assert [news.board.id == second for news in lists] == [True, False]


def test_an_overview_of_many_boards_has_pages():
    """Each has room for its newest threads; what is left is counted."""
    threads = tuple(UnreadThread(n, f"Thread {n} " + "long " * 12, "https://f.example/t", 3, 2, n) for n in range(30))
    lists = [
        Unread(BoardSeen(n, 1, "f", f"Board {n}", (), "https://f.example/b", 9), threads, n == 1) for n in range(9)
    ]
    blocks = on_page(lists)
    assert 1 < len(blocks) < 9
    assert sum(len(block.text) + 2 for block in blocks) <= 3500
    assert all(len(block.threads) == 5 and block.cut for block in blocks)
    assert "30 threads or more" in blocks[1].text
    assert "and 25 more threads" in blocks[0].text
    [alone] = on_page(lists[:1])
    assert 5 < len(alone.threads) <= 25
    assert len(alone.text) <= 3500


async def test_what_a_community_hides_is_new_to_nobody(read):
    """It would be counted, and stand nowhere."""
    await read.begin("Cats", "one", "a rude word")
    _, one, rude = await read.ids("Cats")
    admin = msgspec.structs.replace(read.rae, person="Bo", id=UserId("bo"), admin=True)
    [[link]] = await read.here.rows("SELECT link FROM post WHERE id=$1", rude)
    await read.here.did("hide", link, caller=admin)
    assert "2 new posts" in (await read.say(read.rae, "unread")).text
    assert "rude" not in (await read.say(read.rae, "catchup", f"post:{one}")).text
    assert "rude" not in (await read.say(read.rae, "outline", f"post:{one}")).text
    assert "still" not in (await read.say(read.rae, "markread", f"post:{one}")).text


async def test_where_nothing_is_new_that_is_said(read):
    assert "Nothing is new to you" in (await read.say(read.rae, "unread")).text
    assert "Nothing is new to you" in (await read.say(read.rae, "catchup", "all")).text


async def test_a_list_that_was_shown_to_its_end_leaves_one_mark(read):
    """Who reads thread by thread would have a mark of every thread else."""
    for n in range(3):
        await read.begin(f"Cats {n}")
        await read.say(read.rae, "markread", f"thread:{(await read.here.rows('SELECT MAX(id) FROM thread'))[0][0]}")
    assert await read.here.rows("SELECT count(*) FROM thread_mark") != [(0,)]
    await read.say(read.rae, "unread")
    assert await read.here.rows("SELECT count(*) FROM thread_mark") == [(0,)]


async def test_a_deleted_post_leaves_the_lists_and_one_that_is_approved_late_comes_into_them(read):
    thread = await read.begin("Cats", "one")
    await read.here.board.set_moderation(True)
    waits = await read.reply(thread, "two")
    await read.here.board.set_moderation(False)
    await read.reply(thread, "three")
    await read.here.settle()
    await read.say(read.rae, "markread", "all")
    await read.here.board.approve(waits)
    await read.here.settle()
    assert "1 new" in (await read.say(read.rae, "unread")).text
    await read.here.board.delete(waits)
    await read.here.settle()
    assert "Nothing is new" in (await read.say(read.rae, "unread")).text


# -------------------------------------------------------------------------------------------------------- catching up


async def test_what_waits_longest_is_read_first_and_only_that_is_marked(read):
    for n in range(8):
        await read.begin(f"Thread {n}", *(f"reply {n}.{reply}" for reply in range(5 if n == 0 else 1)))
    first = await read.say(read.rae, "catchup", "all")
    assert first.text.index("Thread 0") < first.text.index("Thread 1") < first.text.index("Thread 2")
    assert "reply 0.0" in first.text
    assert "3 more posts" in first.text
    assert await read.unread(read.rae, "Thread 0") == 6
    await read.press(read.rae, first, "Mark these read")
    assert (await read.unread(read.rae, "Thread 0"), await read.unread(read.rae, "Thread 1")) == (3, 0)
    assert await read.unread(read.rae, "Thread 7") == 2
    assert await read.unread(read.sam, "Thread 0") == 6


async def test_pages_of_it_show_each_post_once(read):
    for n in range(15):
        await read.begin(f"Thread {n}", "reply")
    answer = await read.say(read.rae, "catchup")
    posts = [*answer.data["posts"]]
    while any(offer.label == "More" for offer in answer.offers):
        answer = await read.press(read.rae, answer, "More")
        posts += answer.data["posts"]
    assert len(posts) == len(set(posts)) == 30


async def test_one_thread_is_read_to_its_end(read):
    await read.begin("Cats", *(f"reply {n}" for n in range(30)))
    [thread] = (await read.here.rows("SELECT id FROM thread WHERE title='Cats'"))[0]
    answer = await read.say(read.rae, "catchup", f"thread:{thread}")
    await read.press(read.rae, answer, "Mark these read")
    assert await read.unread(read.rae, "Cats") == 31 - len(answer.data["posts"])
    posts = [*answer.data["posts"]]
    while any(offer.label == "More" for offer in answer.offers):
        answer = await read.press(read.rae, answer, "More")
        posts += answer.data["posts"]
        assert len(answer.text) <= 3500
    assert posts == await read.ids("Cats")


async def test_strangers_words_mean_nothing_in_an_answer(read):
    """Law 10: nobody is pinged by them, and they are no links."""
    await read.begin("**@everyone**", "[look](https://evil.example) `code`\n# head")
    for command in ("unread", "catchup", "outline"):
        words = () if command != "outline" else (f"post:{(await read.ids('**@everyone**'))[0]}",)
        text = (await read.say(read.rae, command, *words)).text
        assert "](https://evil" not in text
        assert "**@everyone**" not in text or command == "outline"


# ------------------------------------------------------------------------------------------------------------ outline


async def test_an_outline_draws_who_answers_whom_with_what_is_new_and_newest(read):
    await read.begin("Cats", *(f"reply {n}" for n in range(7)))
    posts = await read.ids("Cats")
    await read.say(read.rae, "markread", f"post:{posts[5]}")
    answer = await read.say(read.rae, "outline", f"thread:{(await read.here.rows('SELECT MAX(id) FROM thread'))[0][0]}")
    assert answer.data["new"] == posts[6:]
    assert len(answer.data["newest"]) == 5
    assert "7 replies, 2 new" in answer.text
    rows = [line for line in answer.text.splitlines() if "reply" in line and "Ben" in line]
    assert [("•" in row, "★" in row) for row in rows] == [(False, n >= 2) if n < 5 else (True, True) for n in range(7)]
    assert "↳" in rows[-1]


async def test_how_many_are_starred_is_each_readers_wish(read):
    await read.begin("Cats", "one", "two", "three")
    what = f"post:{(await read.ids('Cats'))[0]}"
    assert "2 newest" in (await read.say(read.rae, "highlight", "2")).text
    assert len((await read.say(read.rae, "outline", what)).data["newest"]) == 2
    assert len((await read.say(read.sam, "outline", what)).data["newest"]) == 4
    answer = await read.say(read.rae, "highlight", "none")
    assert "★" not in (await read.say(read.rae, "outline", what)).text
    await read.press(read.rae, answer, "Star the 5 newest")
    assert (await read.say(read.rae, "highlight")).data == {"stars": 5}
    assert "100" in await read.fail(read.rae, "highlight", "101")
    assert "none" in await read.fail(read.rae, "highlight", "many")


async def test_a_long_outline_is_folded_paged_and_shown_whole_on_demand(read):
    thread = await read.begin("Cats")
    for n in range(60):
        await read.reply(thread, f"a reply of some words, number {n:02}")
    await read.here.settle()
    posts = await read.ids("Cats")
    what = f"post:{posts[0]}"
    await read.say(read.rae, "markread", f"post:{posts[40]}")
    await read.say(read.rae, "highlight", "none")
    answer = await read.say(read.rae, "outline", what)
    assert "… 40 read" in answer.text
    assert "number 10" not in answer.text
    whole = await read.press(read.rae, answer, "Show what is read")
    seen = whole.text
    for number in range(1, whole.data["pages"] + 1):
        page = await read.say(read.rae, "outline", what, "--whole", "yes", "--page", str(number))
        assert len(page.text) < 2400
        seen += page.text
    assert all(f"number {n:02}" in seen for n in range(60))


async def test_a_deleted_post_stands_in_the_outline_as_long_as_something_answers_it(read):
    thread = await read.begin("Cats")
    gone = await read.reply(thread, "secret words")
    await read.reply(thread, "an answer", gone)
    await read.here.settle()
    await read.here.board.delete(gone)
    await read.here.settle()
    text = (await read.say(read.rae, "outline", f"post:{(await read.ids('Cats'))[0]}")).text
    assert "(deleted)" in text
    assert "secret" not in text
    assert "an answer" in text


# ------------------------------------------------------------------------------------------------------------ marking


async def test_a_post_is_marked_with_what_arrived_before_it_or_alone(read):
    await read.begin("Cats", "one", "two", "three")
    _, one, two, three = await read.ids("Cats")
    await read.say(read.rae, "markread", f"post:{three}", "--only", "yes")
    assert await read.unread(read.rae, "Cats") == 3
    answer = await read.say(read.rae, "markread", f"post:{one}")
    assert await read.unread(read.rae, "Cats") == 1
    assert "1 post is still unread" in answer.text
    assert "was read already" in (await read.say(read.rae, "markread", f"post:{one}")).text
    assert (await read.say(read.rae, "outline", f"post:{one}")).data["new"] == [two]


async def test_a_thread_is_unread_again_from_a_post_or_from_its_beginning(read):
    await read.begin("Cats", "one", "two")
    _, one, _ = await read.ids("Cats")
    await read.say(read.rae, "markread", "all")
    assert "2 posts" in (await read.say(read.rae, "markunread", f"post:{one}")).text
    assert await read.unread(read.rae, "Cats") == 2
    [[thread]] = await read.here.rows("SELECT id FROM thread WHERE title='Cats'")
    assert "3 posts" in (await read.say(read.rae, "markunread", f"thread:{thread}")).text
    assert await read.unread(read.sam, "Cats") == 3
    assert "#4" in await read.fail(read.rae, "markunread", "all")


async def test_what_buttons_say_is_held_against_what_there_is(read):
    """Words can be typed by anybody."""
    await read.begin("Cats")
    for shown in ("x", "1:x", "x:1", "1,2:3", "1:2:3"):
        assert "--shown" in await read.fail(read.rae, "markread", "all", "--shown", shown)
    assert "--only" in await read.fail(read.rae, "markread", "all", "--only", "yes")
    await read.say(read.rae, "markread", "all", "--shown", "999999:5")
    assert await read.unread(read.rae, "Cats") == 1
    await read.say(read.rae, "markread", "all", "--shown", "999999999999")
    await read.begin("Dogs")
    assert await read.unread(read.rae, "Dogs") == 1
    for command in ("unread", "catchup"):
        assert "--after" in await read.fail(read.rae, command, "all", "--after", "nowhere")
    assert "not mirrored" in await read.fail(read.rae, "markread", "thread:1,999")
    assert "--page" in await read.fail(read.rae, "outline", "thread:1", "--page", "x")


@pytest.mark.parametrize("command", ["unread", "catchup", "outline", "markread", "markunread"])
async def test_unknown_words_are_answered_with_what_can_be_said(read, command):
    text = await read.fail(read.rae, command, "no such thing")
    assert "no such thing" in text
    assert "`all`" in text


@pytest.mark.parametrize("command", ["unread", "catchup", "outline", "markread", "markunread", "highlight", "boards"])
async def test_every_command_answers_where_nothing_is_mirrored(here, command):
    admin = await here.community("empty")
    caller = Caller(ChatName("web"), admin.community, "Rae", where=WORKSHOP, id=UserId("rae"))
    answer = await carry_out(here.app, caller, "forum", [command])
    assert answer.text
    assert answer.ok is (command in ("unread", "catchup", "highlight", "boards"))


@pytest.mark.parametrize("command", ["unread", "catchup", "outline", "markread", "markunread", "highlight", "boards"])
async def test_nobody_in_particular_reads_nothing(read, command):
    caller = Caller(ChatName(""), read.rae.community, "shell", operator=True)
    assert "one reader's own" in await read.fail(caller, command)


# -------------------------------------------------------------------------------------------------------------- walls


async def test_what_guests_cannot_read_is_told_in_its_own_channel_alone(read):
    """Not everybody of a community reads there."""
    await read.begin("Cats", "one")
    await read.here.app.store.write(run, "UPDATE mirror SET private=1")
    elsewhere = msgspec.structs.replace(read.rae, where=Where(ChannelRef("lobby")))
    [[thread]] = await read.here.rows("SELECT id FROM thread WHERE title='Cats'")
    for command in ("unread", "catchup", "boards"):
        assert "Cats" not in (await read.say(elsewhere, command)).text
    for command in ("outline", "markread", "markunread", "catchup", "unread"):
        await read.fail(elsewhere, command, f"thread:{thread}")
    assert "Cats" in (await read.say(read.rae, "unread")).text


async def test_two_communities_see_nothing_of_each_other(read):
    """Law 12; an operator reads with the eyes of the community in which they ask."""
    await read.begin("Cats", "one")
    other = await read.here.community("other")
    stranger = Caller(ChatName("web"), other.community, "Sid", operator=True, id=UserId("sid"))
    [[thread, board]] = await read.here.rows("SELECT id, board FROM thread WHERE title='Cats'")
    for command in ("unread", "catchup", "boards"):
        assert "Cats" not in (await read.say(stranger, command)).text
    for command in ("unread", "catchup", "outline", "markread", "markunread"):
        for what in (f"thread:{thread}", f"board:{board}", f"post:{(await read.ids('Cats'))[0]}"):
            assert "not mirrored here" in await read.fail(stranger, command, what)


async def test_the_boards_of_a_community_are_listed_with_what_is_new_in_them(read):
    await read.begin("Cats", "one")
    assert "1 thread, 2 new posts" in (await read.say(read.rae, "boards")).text
    await read.say(read.rae, "markread", "all")
    assert "nothing new" in (await read.say(read.rae, "boards")).text
    assert "1 thread, 2 new posts" in (await read.say(read.sam, "boards")).text
