"""Marks and the forum's own: what somebody reads in one place is read in the other, and nothing is told twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import errors
from bot.model import DAY, HOUR, ChannelRef, PostKey, ThreadKey, UserId, Where
from bot.store.discussion import unread_posts
from bot.store.in_names import Somebody
from bot.store.marks import mark_board, mark_posts, mark_to, mark_unread
from bot.store.readers import meet
from bot.store.syncing import SOON
from bot.syncing import Syncing
from bot.testing.faults import Fault, Line
from tests.crash.bench import Bench

LOUNGE = Where(ChannelRef("lounge"))


class Desk(Bench):
    """A thread with three replies, and Dora, whose account on the forum is connected."""

    async def furnish(self) -> Desk:
        self.thread: ThreadKey = await self.shown_thread()
        self.replies = [self.board.post(self.thread, "", "ann", text) for text in ("One", "Two", "Three")]
        await self.work()
        self.dora = await self.connect("dora")
        self.again()
        return self

    async def connect(self, name: str) -> int:
        [[community]] = await self.ask("SELECT community FROM mirror")
        who = ("fake", UserId(f"u-{name}"), name, community, LOUNGE)
        person = (await self.store.write(meet, *who, self.clock.now())).person
        invitation = await self.accounts.invite(person, self.opened)
        consent = self.board.consent(name, invitation.secret)
        await self.accounts.answer(person, self.opened, consent, Somebody(community, "fake", f"u-{name}", name))
        return person

    def again(self) -> None:
        """A process that knows nothing but the database."""
        self.syncing = Syncing(self.store, {"fake": self.opened}, self.accounts, self.clock, self.alarms, self.log)

    async def sync(self, ms: int = 0) -> None:
        """So much time passes, and marks are brought together."""
        self.fake_clock.advance(ms)
        await self.syncing.sync()

    async def told_soon(self) -> None:
        """What was marked is seen, and told when its time has come."""
        await self.sync()
        await self.sync(SOON)

    async def post(self, key: PostKey) -> int:
        [[id]] = await self.ask("SELECT id FROM post WHERE key=$1", key)
        return int(id)

    async def mark(self, key: PostKey, person: int | None = None) -> None:
        await self.store.write(mark_to, self.dora if person is None else person, await self.post(key))

    async def unread(self, person: int | None = None) -> list[PostKey]:
        [[thread]] = await self.ask("SELECT id FROM thread WHERE key=$1", self.thread)
        new = await self.store.read(unread_posts, self.dora if person is None else person, thread)
        keys = dict(await self.ask("SELECT id, key FROM post"))
        return [keys[one.id] for one in new]

    @property
    def known(self) -> PostKey | None:
        """How far the forum knows Dora to have read."""
        return self.board.read.get(("dora", self.thread))

    def calls(self) -> list[str]:
        """What was asked of the forum about marks since the last look."""
        made, self.wire[:] = [name for name in self.wire if name in ("read_to", "marks")], []
        return made


@pytest.fixture
async def desk(tmp_path: Path):
    there = Desk(tmp_path)
    for name in ("read_to", "marks"):
        there._watch(there.board, name, getattr(there.board, name))
    await there.furnish()
    await there.sync()  # what the forum says at the start
    there.calls()
    yield there
    await there.crash()


async def test_what_is_read_in_the_chat_is_read_on_the_forum_half_a_minute_later(desk: Desk):
    """Who reads marks again and again: the forum hears of the last."""
    one, two, _ = desk.replies
    await desk.mark(one)
    await desk.sync()
    await desk.sync(SOON - 1)
    await desk.mark(two)
    await desk.sync()
    assert (desk.known, desk.calls()) == (None, [])
    await desk.sync(1)
    assert (desk.known, desk.calls()) == (two, ["read_to"])
    await desk.sync(SOON)
    assert desk.calls() == []


async def test_a_forum_is_told_of_no_more_than_was_read(desk: Desk):
    """It keeps one marker for each thread: what is read behind something unread waits."""
    _, two, three = desk.replies
    await desk.store.write(mark_posts, desk.dora, [await desk.post(three)])
    await desk.told_soon()
    assert desk.known not in desk.replies
    await desk.mark(two)
    await desk.told_soon()
    assert desk.known == three


async def test_a_board_that_is_marked_read_is_told_thread_by_thread(desk: Desk):
    """Forums are asked for no more than they can do."""
    [[board]] = await desk.ask("SELECT board FROM thread WHERE key=$1", desk.thread)
    await desk.store.write(mark_board, desk.dora, board, 1 << 40)
    await desk.told_soon()
    assert desk.known == desk.replies[-1]


async def test_what_is_marked_while_the_forum_is_told_is_told_too(desk: Desk):
    """The note of it must not leave with the one before."""
    one, _, three = desk.replies

    async def meanwhile() -> None:
        await desk.mark(three)

    await desk.mark(one)
    desk.board.faults.append(Fault(meanwhile, "read_to"))
    await desk.told_soon()
    assert desk.known == one
    await desk.sync(SOON)
    assert desk.known == three


async def test_what_is_to_be_told_survives_the_process(desk: Desk):
    """Its truth is a row."""
    await desk.mark(desk.replies[0])
    await desk.start()
    desk.again()
    await desk.told_soon()
    assert desk.known == desk.replies[0]


async def test_what_is_read_on_the_forum_is_read_here_within_the_hour(desk: Desk):
    """And at every start."""
    one, two, three = desk.replies
    desk.board.read["dora", desk.thread] = two
    await desk.sync(HOUR - 1)
    assert await desk.unread() == [one, two, three]
    await desk.sync(1)
    assert await desk.unread() == [three]
    assert await desk.ask("SELECT n FROM post_mark") == []


async def test_what_the_forum_told_is_not_told_back(desk: Desk):
    """An echo would go round for ever."""
    desk.board.read["dora", desk.thread] = desk.replies[1]
    await desk.sync(HOUR)
    assert desk.calls() == ["marks"]
    await desk.told_soon()
    assert desk.calls() == []


async def test_what_the_forum_says_lowers_nothing_that_it_was_not_told(desk: Desk):
    """It knows less, because nobody told it yet."""
    one, _, three = desk.replies
    desk.board.read["dora", desk.thread] = one
    await desk.sync(HOUR)
    await desk.mark(three)
    await desk.sync(HOUR - 1)
    desk.board.faults.append(Fault(errors.Unreachable("away"), "read_to"))
    await desk.sync(SOON)
    await desk.sync(HOUR)
    assert await desk.unread() == []
    assert desk.known == three


async def test_a_mark_of_the_forum_is_never_lowered(desk: Desk):
    """Law 8: what was marked unread here is so here."""
    _, two, three = desk.replies
    await desk.mark(three)
    await desk.told_soon()
    await desk.store.write(mark_unread, desk.dora, await desk.post(two))
    await desk.told_soon()
    assert desk.known == three
    await desk.sync(HOUR)
    assert await desk.unread() == [two, three]


async def test_what_is_marked_unread_on_the_forum_is_unread_here(desk: Desk):
    """It knew of more, and does not any longer: somebody said so."""
    one, two, three = desk.replies
    await desk.mark(three)
    await desk.told_soon()
    desk.board.read["dora", desk.thread] = one
    await desk.sync(HOUR)
    assert await desk.unread() == [two, three]
    desk.calls()
    await desk.told_soon()
    assert (desk.known, desk.calls()) == (one, [])


async def test_a_post_that_was_deleted_marks_nothing_unread(desk: Desk):
    """Some forums fall back to the post before it."""
    _, two, three = desk.replies
    await desk.mark(three)
    await desk.told_soon()
    desk.board.delete(three)
    desk.board.read["dora", desk.thread] = two
    four = desk.board.post(desk.thread, "", "ann", "Four")
    await desk.work()
    await desk.mark(four)
    await desk.sync(HOUR)
    assert await desk.unread() == []


async def test_marks_are_of_one_person_alone(desk: Desk):
    """Law 8: what Dora reads on the forum is nobody else's."""
    emil = await desk.connect("emil")
    desk.board.read["dora", desk.thread] = desk.replies[2]
    await desk.sync(HOUR)
    assert await desk.unread(emil) == desk.replies
    await desk.mark(desk.replies[0], emil)
    await desk.told_soon()
    assert desk.board.read["emil", desk.thread] == desk.replies[0]
    assert desk.known == desk.replies[2]


async def test_a_forum_is_asked_of_nothing_that_the_person_does_not_see(desk: Desk):
    """Law 12: which threads a community mirrors is nobody else's business, and a question tells it."""
    asked: list[tuple[ThreadKey, ...]] = []
    marks = desk.board.marks

    async def heard(login, threads):
        asked.append(tuple(threads))
        return await marks(login, threads)

    desk.board.marks = heard  # type: ignore[method-assign]
    await desk.store.write(_alone, desk.thread)
    await desk.sync(HOUR)
    assert asked == []


def _alone(thread):
    yield "INSERT INTO community (chat, native, name) VALUES ('fake', 'other', 'other')", ()
    yield "UPDATE mirror SET community=(SELECT id FROM community WHERE native='other')", ()


async def test_a_forum_that_asks_for_a_pause_is_given_it(desk: Desk):
    """Law 9; and nothing is forgotten meanwhile."""
    await desk.mark(desk.replies[0])
    await desk.sync()
    desk.board.faults.line = Line.LIMITED
    await desk.sync(SOON)
    assert desk.calls() == ["read_to"]
    desk.board.faults.line = Line.WHOLE
    await desk.sync(6_999)
    assert desk.calls() == []
    await desk.sync(1)
    assert desk.known == desk.replies[0]


@pytest.mark.parametrize("line", [Line.CUT, Line.DEAF, Line.GARBLED])
async def test_a_forum_that_cannot_be_reached_is_told_later(desk: Desk, line: Line):
    """Law 9: whether it heard does not matter, for marks only rise."""
    await desk.mark(desk.replies[0])
    await desk.sync()
    desk.board.faults.line = line
    for _ in range(5):
        await desk.sync(SOON)
    desk.board.faults.line = Line.WHOLE
    await desk.sync(DAY)
    await desk.told_soon()
    assert desk.known == desk.replies[0]


async def test_a_thread_that_is_gone_there_is_not_told_again(desk: Desk):
    """Law 9: one poisoned item stops no other."""
    await desk.mark(desk.replies[0])
    desk.board.faults.append(Fault(errors.Gone("no such thread"), "read_to"))
    await desk.told_soon()
    await desk.sync(SOON)
    assert desk.calls() == ["read_to"]


async def test_an_account_that_is_refused_rests_and_its_owner_is_told_once(desk: Desk):
    """Law 9: that login pauses, the others go on; and only who lent it hears of it."""
    emil = await desk.connect("emil")
    desk.board.tokens.clear()
    desk.board.tokens["token-2"] = "emil"
    for _ in range(3):
        await desk.mark(desk.replies[0])
        await desk.mark(desk.replies[0], emil)
        await desk.told_soon()
        await desk.sync(HOUR)
    assert desk.board.read["emil", desk.thread] == desk.replies[0]
    [[person, text]] = await desk.ask("SELECT person, text FROM whisper")
    assert person == "u-dora"
    assert "fake" in text
    desk.calls()
    await desk.mark(desk.replies[1])
    await desk.told_soon()
    assert desk.calls() == []


async def test_who_connects_another_account_starts_anew_there(desk: Desk):
    """What the former one knew says nothing of this one: it is told, and has marked nothing unread."""
    one, _, three = desk.replies
    await desk.mark(three)
    await desk.told_soon()
    invitation = await desk.accounts.invite(desk.dora, desk.opened)
    consent = desk.board.consent("dorothea", invitation.secret)
    await desk.accounts.answer(desk.dora, desk.opened, consent, Somebody(1, "fake", "u-dora", "dora"))
    desk.board.read["dorothea", desk.thread] = one
    four = desk.board.post(desk.thread, "", "ann", "Four")
    await desk.work()
    await desk.sync(HOUR)
    assert await desk.unread() == [four]
    await desk.mark(four)
    await desk.told_soon()
    assert desk.board.read["dorothea", desk.thread] == four


async def test_a_fault_of_ours_stops_no_other_person_and_no_other_thread(desk: Desk):
    """Law 9: it is told to the log, and tried again later."""
    emil = await desk.connect("emil")
    await desk.mark(desk.replies[0])
    await desk.mark(desk.replies[0], emil)
    desk.board.faults.append(Fault(RuntimeError("a fault"), "read_to"))
    await desk.told_soon()
    assert (desk.known, desk.board.read["emil", desk.thread]) == (None, desk.replies[0])
    desk.board.faults.append(Fault(RuntimeError("a fault"), "marks"))
    await desk.sync(HOUR)
    assert [line.event for line in desk.log.lines if line.level == "error"] == ["mark not told yet", "marks not told"]
    assert desk.known == desk.replies[0]


async def test_a_clock_that_is_set_back_stops_nothing(desk: Desk):
    """What was due at a time that is far away again is due."""
    await desk.mark(desk.replies[0])
    await desk.sync()
    desk.fake_clock.jump(-7 * DAY)
    await desk.told_soon()
    assert desk.known == desk.replies[0]
    desk.board.read["dora", desk.thread] = desk.replies[1]
    desk.fake_clock.jump(-7 * DAY)
    await desk.sync()
    assert await desk.unread() == [desk.replies[2]]


async def test_where_nothing_is_due_nothing_is_written(desk: Desk):
    """Each forum is looked at every few seconds, and most have nothing to say."""
    await desk.told_soon()
    before = desk.life.count
    await desk.sync(1)
    assert desk.life.count == before


async def test_a_forum_that_keeps_no_marks_leaves_no_notes(desk: Desk):
    """Accounts are lent for other reasons too."""
    await desk.mark(desk.replies[0])
    assert await desk.ask("SELECT changes FROM untold") == [(1,)]

    class Plain:
        caps = desk.board.caps

    desk.opened.forum, kept = Plain(), desk.opened.forum  # type: ignore[assignment]
    await desk.sync()
    desk.opened.forum = kept
    assert await desk.ask("SELECT changes FROM untold") == []


async def test_what_was_read_while_an_account_rested_is_told_when_it_is_connected_again(desk: Desk):
    """The key was lost, and not what was read."""
    await desk.store.write(_paused, "revoked")
    await desk.mark(desk.replies[1])
    await desk.told_soon()
    assert desk.calls() == []
    await desk.store.write(_paused, "")
    await desk.sync()
    assert desk.known == desk.replies[1]


def _paused(why):
    yield "UPDATE forum_account SET paused=$1", (why,)
