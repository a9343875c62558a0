"""What people say while our message is being sent: it finds what it answers, and nobody waits for it out of sight."""

import pytest

from bot import errors
from bot.model import ChatPerson, Deleted, Edited, MessageId, Reaction, Said, UserId
from bot.store.early import LONGEST
from tests.crash.bench import CHANNEL

SECONDS = LONGEST // 1000
LONG = "begins " + f"{'x' * 50} " * 42 + "ends"
"""Two messages in this chat."""


async def stuck(bench, layout="threads"):
    """A thread in whose place a post stands half, and the other half is in doubt; the place, and what ends that."""
    await bench.start()
    thread = bench.board.start_thread("The thread", "op says", "ann")
    line = f"add https://forum.example/t/{thread} --start yes --into fake:lounge --layout {layout}"
    assert (await bench.admin(line)).ok
    await bench.work()
    where = bench.thread_of("op says") if layout == "threads" else CHANNEL
    real, sent = bench.room.send, 0

    async def send(place, payload, key):
        nonlocal sent
        sent += place == where
        if place == where and sent >= 2:
            # It may stand there: whether it does, is not known for as long as it may not be repeated.
            raise errors.OutcomeUnknown("cut off") if sent == 2 else errors.NotAllowed("slow mode")
        return await real(place, payload, key)

    bench.room.send = send
    bench.board.post(thread, "", "ben", LONG)
    await bench.work()
    assert (await bench.states())[-1] == "sending"

    async def loosen():
        bench.room.send = real
        await bench.pass_time(600)

    return where, loosen


class Talk:
    """Zed and Yan, who talk in a place."""

    def __init__(self, bench, where):
        self.bench = bench
        self.where = where
        self.zed = bench.room.person("Zed")

    async def hears(self, event):
        """We hear of something that happened."""
        self.bench.fake_clock.advance(10)
        self.bench.room.heard.append(event)
        await self.bench.work()

    async def says(self, text, reply_to=""):
        """Zed says something; the message."""
        self.bench.fake_clock.advance(10)
        message = self.zed.say(self.where, text, MessageId(reply_to))
        await self.bench.work()
        return message

    def forum(self):
        """What of it stands on the forum, in order."""
        return [row.text for row in self.bench.board.posts.values() if row.ours]

    def shown(self, message):
        """What the bot shows on a message."""
        return self.bench.room.messages[message].reaction

    async def status(self):
        """What status says of messages that wait."""
        answer = await self.bench.admin("status")
        return [line for line in answer.text.splitlines() if "may answer" in line], answer.data["early"]


async def test_an_answer_to_the_half_that_stands_answers_the_post_at_once(bench_of):
    """Its message is known, though the post does not stand whole."""
    bench = bench_of()
    where, _ = await stuck(bench)
    talk = Talk(bench, where)
    await talk.says("to the half", bench.message("begins").id)
    assert talk.forum() == ["to the half"]
    [row] = [row for row in bench.board.posts.values() if row.ours]
    assert bench.board.posts[row.parent].text == LONG


@pytest.mark.parametrize("state", ["sending", "held"])
async def test_in_a_channel_too(bench_of, state):
    """There, what is not known to answer a post is nobody's business: it would be lost without a word."""
    bench = bench_of()
    where, _ = await stuck(bench, "stream")
    talk = Talk(bench, where)
    if state == "held":
        await bench.store.write(_hold)
    await talk.says("to the half", bench.message("begins").id)
    assert talk.forum() == ["to the half"]


def _hold():
    yield "UPDATE delivery SET state='held', reason='for a test' WHERE state='sending'", ()


async def test_what_may_answer_a_message_on_its_way_waits_in_sight_and_not_for_ever(bench_of):
    """Law 11: ⏳ on the message, a line in status; and what comes behind it waits no longer than it does."""
    bench = bench_of()
    where, _ = await stuck(bench)
    talk = Talk(bench, where)
    chatter = "m-chatter"
    first = await talk.says("an answer to chatter", chatter)
    second = await talk.says("plain words behind it")
    assert talk.forum() == []
    assert (talk.shown(first), talk.shown(second)) == (Reaction.PENDING, Reaction.PENDING)
    lines, data = await talk.status()
    assert len(lines) == 1
    assert data[0][:2] == ["fake:lounge", 2]
    await bench.pass_time(SECONDS - 60)
    assert talk.forum() == []
    await bench.pass_time(120)
    assert talk.forum() == ["an answer to chatter", "plain words behind it"]
    assert (talk.shown(first), talk.shown(second)) == (Reaction.POSTED, Reaction.POSTED)
    assert await talk.status() == ([], [])


async def test_a_message_that_waits_is_posted_as_it_was_edited_and_not_once_it_is_deleted(bench_of):
    """Its edit and its deletion wait behind it."""
    bench = bench_of()
    where, _ = await stuck(bench)
    talk = Talk(bench, where)
    kept = await talk.says("first words", "m-chatter")
    lost = await talk.says("taken back", "m-chatter")
    talk.zed.edit(kept, "second words")
    talk.zed.delete(lost)
    await bench.work()
    await bench.pass_time(SECONDS + 120)
    assert talk.forum() == ["second words"]
    assert "taken back" not in str(await bench.ask("SELECT text FROM reply"))


async def test_what_nobody_can_tell_waits_for_itself_in_a_channel_and_blocks_nobody(bench_of):
    """Whether it is meant for the forum shows when the message that it answers is recorded."""
    bench = bench_of()
    where, loosen = await stuck(bench, "stream")
    talk = Talk(bench, where)
    await talk.says("an answer to what is on its way", "m-not-yet")
    await talk.says("an answer to the OP", bench.message("op says").id)
    assert talk.forum() == []
    await bench.pass_time(SECONDS + 60)
    assert talk.forum() == ["an answer to the OP"]
    assert (await talk.status())[1][0][:2] == ["fake:lounge", 1]
    await loosen()
    assert await bench.ask("SELECT id FROM inbox WHERE state='waiting'") == []
    assert talk.forum() == ["an answer to the OP"]


async def test_what_waits_behind_somebodys_edit_of_chatter_goes_on_too(bench_of):
    bench = bench_of()
    where, _ = await stuck(bench)
    talk = Talk(bench, where)
    at = bench.clock.now()
    await talk.hears(Edited("e-1", where, MessageId("m-chatter"), talk.zed.person, "new chatter", "plain", at))
    await talk.hears(Deleted("e-2", where, MessageId("m-other"), at))
    await talk.says("plain words behind it")
    await bench.pass_time(SECONDS + 120)
    assert talk.forum() == ["plain words behind it"]


async def test_a_message_whose_mirror_goes_while_it_waits_waits_no_more(bench_of):
    bench = bench_of()
    where, loosen = await stuck(bench)
    talk = Talk(bench, where)
    message = await talk.says("an answer to chatter", "m-chatter")
    assert talk.shown(message) == Reaction.PENDING
    assert (await bench.admin("remove 1")).ok
    await loosen()
    assert talk.forum() == []
    assert talk.shown(message) is None
    assert await bench.ask("SELECT fate FROM reply") == [("dropped",)]


async def test_what_a_bot_says_is_announced_to_nobody(bench_of):
    bench = bench_of()
    where, _ = await stuck(bench)
    talk = Talk(bench, where)
    person = ChatPerson(UserId("u-robot"), "robot", bot=True)
    await talk.hears(Said("e-1", where, MessageId("mR"), person, "beep", "plain", bench.clock.now(), MessageId("m-x")))
    assert await bench.ask("SELECT id FROM reply") == []


async def test_the_clock_set_back_makes_nobody_wait_longer(bench_of):
    """An age that cannot be known is no reason to wait."""
    bench = bench_of()
    where, _ = await stuck(bench)
    talk = Talk(bench, where)
    await talk.says("an answer to chatter", "m-chatter")
    bench.fake_clock.jump(-3_600_000)
    await bench.work()
    await bench.pass_time(60)
    assert [row for row in await bench.ask("SELECT state FROM inbox WHERE kind='said'") if row != ("done",)] == []


async def test_no_change_of_a_message_overtakes_it(bench_of):
    """Nobody waits behind it any more after the clock was set back, but what changes the message itself."""
    bench = bench_of()
    where, _ = await stuck(bench)
    talk = Talk(bench, where)
    kept = await talk.says("first words", "m-chatter")
    lost = await talk.says("taken back", "m-chatter")
    bench.fake_clock.jump(-3_600_000)
    talk.zed.edit(kept, "second words")
    talk.zed.delete(lost)
    await bench.work()
    await bench.pass_time(SECONDS + 120)
    assert talk.forum() == ["second words"]
    assert "taken back" not in str(await bench.ask("SELECT text FROM reply"))
