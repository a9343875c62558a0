"""Replies that a moderator of the forum has: their authors hear what became of them, whatever happens meanwhile."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.errors import NotAllowed, OutcomeUnknown, Unreachable
from bot.lanes import OpenForum
from bot.model import Batch, Bookmark, ChannelRef, ChannelWish, ForumCapabilities, MessageId, PostKey, ThreadKey, Where
from bot.pace import HORIZON, LONGEST
from bot.poller import Poller
from bot.schedule import Schedule
from bot.sender import Sender, World
from bot.store import Store, open_store, run
from bot.store.communities import ensure_community, set_notices
from bot.store.forums import ensure_board, ensure_forum
from bot.store.inbox import cursor, receive
from bot.store.mirrors import add_mirror
from bot.store.places import ensure_channel, installation
from bot.store.sources import ensure_source
from bot.store.unmirror import remove_mirror
from bot.testing.chat_world import Person, Shown
from bot.testing.chats import FakeChat
from bot.testing.clock import FakeClock
from bot.testing.faults import Fault
from bot.testing.forums import ACCOUNT, EVERYTHING, FakeForum
from bot.testing.log import RecordingLog
from tests.crash.bench import even

LOUNGE = Where(ChannelRef("lounge"))
BY_WORDS = msgspec.structs.replace(EVERYTHING, write_identity="shared", key_window=None)
"""One account for everybody, and nothing that marks what we wrote."""


class House:
    """A mirrored board of a fake forum, a fake chat, and the program between them, one step at a time."""

    def __init__(self, folder: Path, forum: FakeForum, clock: FakeClock) -> None:
        self.path = folder / "threadline.db"
        self.forum = forum
        self.clock = clock
        self.chat = FakeChat()
        self.log = RecordingLog()
        self.asked = 0
        self.woken = 0
        self.store: Store

    async def start(self) -> "House":
        """Start the program, for the first time or again."""
        self.store = await open_store(self.path)
        self.opened = OpenForum("forum", self.forum)
        self.poller = Poller(self.store, {"forum": self.opened}, self.clock, Schedule(), self.log, self.wake, even)
        world = World({"chat": self.chat}, {"forum": self.opened})
        home = await self.store.write(installation)
        self.sender = Sender(self.store, world, self.clock, Schedule(), self.log, installation=home, settle=0.0)
        return self

    async def furnish(self) -> "House":
        """Mirror the board, let one thread arrive in it, and switch moderation on."""
        await self.start()
        page = await self.forum.listing(self.forum.board, Bookmark())
        assert page is not None
        forum = await self.store.write(ensure_forum, "forum", "fake")
        board = await self.store.write(ensure_board, forum, page.board)
        community = await self.store.write(ensure_community, "chat", "", "chat")
        place = await self.store.write(ensure_channel, community, "chat", "lounge", "lounge")
        notices = await self.store.write(ensure_channel, community, "chat", "notices", "notices")
        await self.chat.channel("notices", make=ChannelWish())
        await self.store.write(set_notices, community, notices)
        await self.store.write(add_mirror, community, board, None, place, "threads", "all", "Ada", self.clock.now())
        await self.store.write(ensure_source, forum, board, None, 0)
        await self.settle()
        self.thread = self.forum.start_thread("Talk", "The opening words")
        await self.settle()
        self.place = Where(LOUNGE.channel, (await self.chat.open_thread(LOUNGE, self.opener, "Talk", "again")))
        self.forum.moderated = True
        judged = self.forum.judged

        async def counted(thread: ThreadKey, tickets: object) -> object:
            self.asked += 1
            return await judged(thread, tickets)  # type: ignore[arg-type]

        self.forum.judged = counted  # type: ignore[method-assign,assignment]
        return self

    @property
    def opener(self) -> MessageId:
        """The message that shows the thread's OP."""
        return self.chat.shown(LOUNGE)[0].message

    def wake(self) -> None:
        """The poller has something for the sender."""
        self.woken += 1

    async def hear(self) -> None:
        """Take in what people did in the chat."""
        after = await self.store.read(cursor, "chat")
        heard = self.chat.heard[int(after or 0) :]
        await self.store.write(receive, "chat", Batch(tuple(heard), str(len(self.chat.heard))), self.clock.now())

    async def settle(self) -> None:
        """Hear, deliver and read until nothing happens any more."""
        for _ in range(4):
            await self.hear()
            await self.sender.drain()
            await self.read()
        await self.sender.drain()

    async def read(self) -> None:
        """Read everything that is due."""
        self.clock.advance(2_000)
        while await self.poller.poll_one(self.opened):
            pass

    async def later(self, ms: int) -> None:
        """Let time pass, then settle."""
        self.clock.advance(ms)
        await self.settle()

    async def close(self) -> None:
        """Stop the program."""
        await self.store.close()

    async def restart(self) -> None:
        """Stop the program and start it again."""
        await self.close()
        await self.start()

    async def said(self, text: str = "Let me in") -> tuple[Person, MessageId]:
        """Zoe answers the thread in the chat; the message, which a moderator has then."""
        zoe = self.chat.person("Zoe")
        message = zoe.say(self.place, text)
        await self.settle()
        return zoe, message

    async def let_in_after_an_edit(self) -> None:
        """Zoe edits what waits, and then a moderator lets it in: her message is its copy, in its newest words."""
        zoe, message = await self.said()
        zoe.edit(message, "Let me in, please")
        await self.settle()
        self.forum.approve(self.ticket)
        await self.later(LONGEST)
        assert self.message(message).reaction == "✅"
        assert self.texts() == ["Let me in, please"]

    def message(self, message: MessageId) -> Shown:
        """A message as readers see it."""
        return next(one for one in self.chat.shown(self.place) if one.message == message)

    def texts(self) -> list[str]:
        """What readers see in the chat thread."""
        return [one.text for one in self.chat.shown(self.place)]

    async def value(self, sql: str) -> object:
        """The one value of a statement."""
        [[value]] = await self.store.read(run, sql)
        return value

    @property
    def ticket(self) -> PostKey:
        """The newest post that waits."""
        return next(row.post for row in reversed(self.forum.posts.values()) if row.ours)


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[House]]]:
    """Furnishes a house whose forum has these capabilities."""
    async with AsyncExitStack() as stack:

        async def made(caps: ForumCapabilities = EVERYTHING, **settings: Any) -> House:
            clock = FakeClock()
            house = House(tmp_path, FakeForum(caps, clock.now, **settings), clock)
            stack.push_async_callback(house.close)
            return await house.furnish()

        yield made


@pytest.fixture
async def house(make: Callable[..., Awaitable[House]]) -> House:
    return await make()


# -------------------------------------------------------------------------------------------------------------- judged


async def test_that_a_moderator_has_it_is_told_in_private_once_a_day(house):
    """⏳ alone does not say that it may stay for days; where one reply is looked at, each is."""
    zoe, _ = await house.said("Let *me* in")
    await house.said("And me")
    [words] = house.chat.whispered(zoe.id)
    assert words.startswith("The forum has your message “Let me in”, and shows it once a moderator there has looked")


async def test_a_rejected_reply_is_refused_and_its_author_told_why(house):
    """Law 11: silence would leave its author waiting for ever."""
    zoe, message = await house.said("Let *me* in")
    assert house.message(message).reaction == "⏳"
    house.forum.reject(house.ticket)
    await house.later(LONGEST)
    assert house.message(message).reaction == "❌"
    [_, words] = house.chat.whispered(zoe.id)
    assert words == "> Let me in\n\nYour message will not appear on the forum: a moderator rejected it."
    assert await house.value("SELECT fate FROM reply") == "refused"
    await house.later(LONGEST)
    assert len(house.chat.whispered(zoe.id)) == 2


async def test_the_moderators_words_reach_the_author(house):
    zoe, _ = await house.said()
    house.forum.reject(house.ticket, "No *ads* here!")
    await house.later(LONGEST)
    [_, words] = house.chat.whispered(zoe.id)
    assert words.replace("\\", "").endswith("a moderator rejected it: No *ads* here!")
    assert await house.value("SELECT reason FROM reply") == "a moderator rejected it: No *ads* here!"


async def test_an_approved_reply_is_posted_and_its_message_is_its_copy(house):
    _, message = await house.said()
    house.forum.approve(house.ticket)
    await house.later(LONGEST)
    assert house.message(message).reaction == "✅"
    assert house.texts() == ["Let me in"]
    assert await house.value("SELECT count(*) FROM copy WHERE reply IS NOT NULL") == 1


async def test_a_reply_that_a_page_shows_before_the_forum_says_so_is_marked_at_once(house):
    """Its ✅ is no delivery; without a word to the sender it would come with whatever is sent next."""

    async def silent(thread: ThreadKey, tickets: object) -> tuple[()]:
        return ()

    await house.said()
    house.forum.approve(house.ticket)
    house.forum.judged = silent
    house.clock.advance(LONGEST)
    house.woken = 0
    await house.read()
    assert await house.value("SELECT fate FROM reply") == "posted"
    assert house.woken


async def test_an_approved_reply_is_known_whatever_the_moderator_made_of_its_words(make):
    """Nothing but the forum's answer says whose it is; a second copy would stand beside the message."""
    house = await make(BY_WORDS, markers=False)
    _, message = await house.said()
    house.forum.edit(house.ticket, "Kinder words")
    house.forum.approve(house.ticket)
    await house.later(LONGEST)
    assert house.message(message).reaction == "✅"
    [shown] = house.texts()  # in this chat the message itself can say what the forum says
    assert shown.endswith("Kinder words")


@pytest.mark.parametrize("decide", ["approve", "reject"])
async def test_a_judgement_made_while_the_program_was_away_is_heard(house, decide):
    _, message = await house.said()
    getattr(house.forum, decide)(house.ticket)
    await house.restart()
    await house.later(LONGEST)
    assert house.message(message).reaction == {"approve": "✅", "reject": "❌"}[decide]


async def test_replies_of_one_thread_are_judged_each_for_itself(house):
    (_, first), (_, second), (_, third) = [await house.said(text) for text in ("one", "two", "three")]
    waiting = [row.post for row in house.forum.posts.values() if row.ours]
    house.forum.reject(waiting[0])
    house.forum.approve(waiting[1])
    await house.later(LONGEST)
    assert [house.message(one).reaction for one in (first, second, third)] == ["❌", "✅", "⏳"]


async def test_a_reply_whose_thread_is_gone_waits_no_more(house):
    zoe, message = await house.said()
    house.forum.remove_thread(house.thread)
    await house.later(LONGEST)
    assert house.message(message).reaction == "⏳", "what a forum says once may be a mistake"
    await house.later(LONGEST)
    assert house.message(message).reaction == "❌"
    [_, words] = house.chat.whispered(zoe.id)
    assert words.endswith("its thread is not there any more.")


async def test_what_a_moderator_lets_through_after_all_is_recognised(house):
    """Moderators change their minds; the message is the post's copy all the same."""
    _, message = await house.said()
    house.forum.reject(house.ticket)
    await house.later(LONGEST)
    house.forum.approve(house.ticket)
    await house.later(LONGEST)
    assert house.message(message).reaction == "✅"
    assert house.texts() == ["Let me in"]


# ------------------------------------------------------------------------------------------------------------ how often


async def test_nobody_is_asked_while_nothing_waits(house):
    await house.later(LONGEST)
    house.forum.moderated = False
    await house.said()
    await house.later(LONGEST)
    assert house.asked == 0


async def test_a_thread_with_waiting_replies_is_asked_no_more_often_than_it_is_read(house):
    await house.said("one")
    await house.said("two")
    await house.later(10_000)
    before, readings = house.asked, await house.value("SELECT read_at FROM source WHERE thread IS NOT NULL")
    while await house.poller.poll_one(house.opened):
        pass
    assert await house.value("SELECT read_at FROM source WHERE thread IS NOT NULL") == readings
    assert house.asked == before
    house.forum.reject(house.ticket)
    await house.later(LONGEST)
    house.forum.reject(next(row.post for row in house.forum.posts.values() if row.ours))
    await house.later(LONGEST)
    before = house.asked
    await house.later(LONGEST)
    assert house.asked == before, "nothing waits any more"


async def test_a_forum_without_a_queue_is_never_asked(make):
    house = await make(msgspec.structs.replace(EVERYTHING, moderation_queue=False))
    await house.said()
    await house.later(LONGEST)
    assert house.asked == 0


async def test_a_reply_in_a_thread_that_is_read_no_more_is_asked_about_all_the_same(house):
    """Beyond the horizon a thread is read on a sign alone, and a rejection gives none."""
    await house.later(HORIZON + LONGEST)
    assert await house.value("SELECT next_at FROM source WHERE thread IS NOT NULL") is None
    _, message = await house.said()
    await house.later(HORIZON + LONGEST)
    house.forum.reject(house.ticket)
    await house.later(LONGEST)
    assert house.message(message).reaction == "❌"
    await house.later(HORIZON)
    assert await house.value("SELECT next_at FROM source WHERE thread IS NOT NULL") is None


async def test_a_reply_waits_for_its_word_when_its_mirror_is_gone_and_then_its_thread_is_left_alone(house):
    """Its author is not to pay for it; and nobody is asked about a thread that nobody follows."""
    zoe, message = await house.said()
    await house.store.write(remove_mirror, 1, None, "Ada", house.clock.now())
    house.forum.reject(house.ticket)
    await house.later(LONGEST)
    assert house.message(message).reaction == "❌"
    assert len(house.chat.whispered(zoe.id)) == 2
    assert await house.value("SELECT count(*) FROM source WHERE next_at IS NOT NULL") == 0


@pytest.mark.parametrize("error", [NotAllowed("no moderators' pages for you"), ValueError("a fault of the adapter")])
async def test_a_forum_that_cannot_say_what_it_decided_is_read_all_the_same(house, error):
    """Those who wait must not hold up what all others read; the admins hear of it, once, and of its end."""
    _, message = await house.said()
    whole = house.forum.judged

    async def broken(thread: ThreadKey, tickets: object) -> object:
        raise error

    house.forum.judged = broken
    house.forum.post(house.thread, "", "ann", "Meanwhile")
    await house.later(LONGEST)
    await house.later(LONGEST)
    assert "Meanwhile" in house.texts()
    notices = Where(ChannelRef("notices"))
    assert len(house.chat.shown(notices)) == 1
    house.forum.judged = whole
    house.forum.reject(house.ticket)
    await house.later(LONGEST)
    assert house.message(message).reaction == "❌"
    assert len(house.chat.shown(notices)) == 2


async def test_a_forum_that_cannot_be_reached_is_asked_again(house):
    _, message = await house.said()
    house.forum.reject(house.ticket)
    house.forum.faults.append(Fault(Unreachable("the line is cut"), "judged"))
    await house.later(LONGEST)
    await house.later(LONGEST)
    assert house.message(message).reaction == "❌"


async def test_a_thread_that_is_gone_is_looked_for_ever_more_rarely(house):
    """Asking every minute for what is not there helps nobody."""
    house.forum.remove_thread(house.thread)
    for _ in range(4):
        await house.later(LONGEST)
    due = await house.value("SELECT next_at-read_at FROM source WHERE thread IS NOT NULL")
    assert isinstance(due, int)
    assert due > 1000 * house.forum.caps.min_interval
    await house.later(HORIZON)
    assert await house.value("SELECT next_at FROM source WHERE thread IS NOT NULL") is None


# ----------------------------------------------------------------------------------------------- changed while it waits

FROZEN = msgspec.structs.replace(EVERYTHING, queued_changes=False)
"""What waits cannot be touched."""


async def test_a_message_deleted_while_its_reply_waits_is_withdrawn(house):
    """Its author does not want it to appear next week."""
    zoe, message = await house.said()
    zoe.delete(message)
    await house.settle()
    assert [one.post for one in await house.forum.written(house.thread, 0)] == []
    assert await house.value("SELECT fate FROM reply") == "dropped"
    assert await house.value("SELECT text FROM reply") == ""
    assert await house.value("SELECT count(*) FROM part WHERE payload LIKE '%Let me in%'") == 0
    before = house.asked, house.chat.whispered(zoe.id)
    await house.later(LONGEST)
    assert (house.asked, house.chat.whispered(zoe.id)) == before


async def test_a_message_deleted_while_it_waits_is_deleted_when_it_is_approved_where_it_cannot_be_before(make):
    house = await make(FROZEN)
    zoe, message = await house.said()
    zoe.delete(message)
    await house.later(LONGEST)
    assert await house.value("SELECT state FROM delivery WHERE act='delete'") == "pending"
    await house.restart()
    house.forum.approve(house.ticket)
    await house.later(LONGEST)
    assert [row.text for row in house.forum.shown(house.thread)] == ["The opening words"]
    assert await house.value("SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending', 'held')") == 0


async def test_a_deleted_message_that_is_rejected_tells_nobody(make):
    """Who took it back has no question left."""
    house = await make(FROZEN)
    zoe, message = await house.said()
    zoe.delete(message)
    await house.settle()
    before = house.chat.whispered(zoe.id)
    house.forum.reject(house.ticket)
    await house.later(LONGEST)
    assert house.chat.whispered(zoe.id) == before
    assert await house.value("SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending', 'held')") == 0


@pytest.mark.parametrize("caps", [EVERYTHING, FROZEN], ids=["changeable", "frozen"])
async def test_a_message_edited_while_it_waits_is_posted_as_it_was_edited(make, caps):
    """At once where the forum can, else when it is approved."""
    house = await make(caps)
    zoe, message = await house.said()
    zoe.edit(message, "Let me in, please")
    await house.settle()
    now = house.forum.posts[house.ticket].text
    assert now == ("Let me in, please" if caps is EVERYTHING else "Let me in")
    await house.restart()
    house.forum.approve(house.ticket)
    await house.later(LONGEST)
    assert house.message(message).reaction == "✅"
    assert [row.text for row in house.forum.shown(house.thread)][1:] == ["Let me in, please"]
    assert house.texts() == ["Let me in, please"]


async def test_an_edited_reply_that_waits_is_recognised_by_its_newest_words(make):
    """Where the forum marks nothing and says no key, words are all there is."""
    house = await make(BY_WORDS, markers=False)
    silent(house.forum)
    await house.let_in_after_an_edit()


async def test_edits_and_deletions_of_a_rejected_reply_come_to_rest(house):
    zoe, message = await house.said()
    house.forum.reject(house.ticket)
    await house.later(LONGEST)
    zoe.edit(message, "Let me in, please")
    await house.settle()
    zoe.delete(message)
    await house.settle()
    assert await house.value("SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending', 'held')") == 0
    assert [row.text for row in house.forum.shown(house.thread)] == ["The opening words"]


# --------------------------------------------------------------------------------------------- recognised by its words


def silent(forum: FakeForum) -> None:
    """From now on the forum never says what became of a ticket."""

    async def judged(thread: ThreadKey, tickets: object) -> tuple[()]:
        return ()

    forum.judged = judged  # type: ignore[method-assign]


async def test_a_waiting_reply_under_the_shared_account_is_recognised_by_the_words_sent(make):
    """The forum shows its own account's name, and words that say who said them; no second copy is made."""
    house = await make(BY_WORDS, markers=False)
    silent(house.forum)
    _, message = await house.said()
    house.forum.approve(house.ticket)
    await house.later(LONGEST)
    [post] = house.forum.shown(house.thread)[1:]
    assert (post.author, "Zoe via chat" in post.text) == (ACCOUNT, True)
    assert house.message(message).reaction == "✅"
    assert house.texts() == ["Let me in"]
    assert await house.value("SELECT count(*) FROM part WHERE payload LIKE '%Let me in%'") == 0


async def test_what_somebody_else_writes_in_the_same_words_is_no_waiting_reply(make):
    """The shared account is known by the words that name who said them, not by what anybody may say."""
    house = await make(BY_WORDS, markers=False)
    silent(house.forum)
    _, message = await house.said("Thank you")
    opening = house.forum.shown(house.thread)[0]
    house.forum.post(house.thread, opening.post, "Bob", "Thank you")
    await house.later(LONGEST)
    assert house.message(message).reaction == "⏳"
    assert len(house.texts()) == 2


async def test_an_edited_message_is_recognised_by_the_words_that_were_sent(make):
    """The moderator let through what he was given; what the message says by now comes behind it."""
    house = await make(msgspec.structs.replace(BY_WORDS, queued_changes=False), markers=False)
    silent(house.forum)
    await house.let_in_after_an_edit()
    assert house.forum.shown(house.thread)[1].text.endswith("Let me in, please")


async def test_a_lost_reply_under_the_shared_account_is_recognised_by_the_words_sent(make):
    """Its answer was lost, and it is read before anybody looked for it: it must not be shown a second time."""
    house = await make(BY_WORDS, markers=False)
    house.forum.moderated = False
    zoe = house.chat.person("Zoe")
    message = zoe.say(house.place, "Thank you")
    await house.hear()
    house.forum.faults.append(Fault(OutcomeUnknown("the answer was lost"), "submit", after=True))
    await house.sender.drain()
    zoe.edit(message, "Thank you all")
    await house.hear()
    await house.read()
    assert await house.value("SELECT fate FROM reply") == "posted"
    await house.later(600_000)
    assert [row.text for row in house.forum.shown(house.thread)][1:] == ["Zoe via chat:\n\nThank you all"]
    assert house.texts() == ["Thank you all"]


async def test_a_recognised_post_is_not_taken_for_another_reply_with_the_same_words(make):
    """Two people say "thank you"; the second one's answer is lost, too, and it never arrived."""
    house = await make(BY_WORDS, markers=False)
    house.forum.moderated = False
    zoe = house.chat.person("Zoe")
    both = [zoe.say(house.place, "Thank you"), zoe.say(house.place, "Thank you")]
    await house.hear()
    house.forum.faults.append(Fault(OutcomeUnknown("the answer was lost"), "submit", after=True))
    await house.sender.drain()
    await house.read()
    house.forum.faults.append(Fault(OutcomeUnknown("nothing arrived"), "submit"))
    await house.later(10_000)
    await house.later(10_000)
    assert len(house.forum.shown(house.thread)) == 3
    assert [house.message(one).reaction for one in both] == ["✅", "✅"]
    assert house.texts() == ["Thank you", "Thank you"]
