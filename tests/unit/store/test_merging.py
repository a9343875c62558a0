"""Short messages in a row by one person become one post, where their mirror says for how long more is waited for."""

import msgspec
import pytest

from bot.acts import Drop, Perform, parts, step
from bot.clock import Moment
from bot.drafting import draft
from bot.mirroring import Act
from bot.model import (
    Attached,
    Batch,
    ChannelRef,
    ChatPerson,
    Deleted,
    Edited,
    ForumCapabilities,
    Judged,
    Judgement,
    MessageId,
    PostKey,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.store.decisions import retry
from bot.store.endings import conclude
from bot.store.inbox import catch_up, receive, unshown_fates
from bot.store.jobs import head
from bot.store.meaning import by_message
from bot.store.merging import LONGEST, MOST, STRETCH
from bot.store.outbox import next_try, ready
from bot.store.own_data import forget
from bot.store.persons import person_of
from bot.store.recognising import settle_reply_as
from bot.store.said import forget_older_said
from bot.store.settling import Settled
from bot.store.story import story
from bot.store.turns import Claim, turn
from bot.store.waiting import judge
from bot.testing.store_rig import BEGINNING, op, post

WINDOW = 30_000
CAPS = ForumCapabilities(parents="exact", format="markdown", write_identity="impersonate")


class Talk:
    """People who speak in the chat thread of one mirrored thread, and what the forum is owed of it."""

    def __init__(self, house, where):
        self.house = house
        self.where = where
        self.now = BEGINNING
        self._count = 0

    async def says(self, name, text, *, after=1, reply_to="", where=None, format="plain", at=None, files=()):
        """Somebody says something, so many seconds after the last thing; its message."""
        self.passes(after)
        self._count += 1
        message = MessageId(f"s{self._count}")
        person = ChatPerson(UserId(f"u-{name}"), name, bot=name == "robot")
        said = self.now if at is None else at
        await self.happens(
            Said(message, where or self.where, message, person, text, format, said, MessageId(reply_to), files=files)
        )
        return message

    async def edits(self, message, text):
        self._count += 1
        person = ChatPerson(UserId("u-ada"), "ada")
        await self.happens(Edited(f"e{self._count}", self.where, message, person, text, "plain", self.now))

    async def deletes(self, *messages):
        for message in messages:
            self._count += 1
            await self.happens(Deleted(f"d{self._count}", self.where, message, self.now))

    async def happens(self, event):
        await self.house.store.write(receive, "web", Batch((event,), event.id), self.now)

    def passes(self, seconds):
        self.now += int(seconds * 1000)

    async def queue(self):
        return await self.house.value("SELECT queue FROM thread")

    async def job(self):
        return await self.house.store.read(head, await self.queue(), self.now)

    async def waits(self):
        """Whether nothing of the forum's queue has its turn."""
        return await self.job() is None and await self.queue() not in [
            queue for queue, _, _ in await self.house.store.read(ready, self.now)
        ]

    async def begin(self):
        """The next act, claimed with what it says now."""
        job = await self.job()
        decision = step(job, self.now, False, True)
        while isinstance(decision, Drop):
            await self.house.store.write(conclude, job.id, decision.state, decision.reason, self.now)
            job = await self.job()
            if job is None:
                return None
            decision = step(job, self.now, False, True)
        assert isinstance(decision, Perform), decision
        assert await self.claim(job, decision.shows)
        return await self.job()

    async def claim(self, job, shows="shown"):
        made = parts(job, shows, [{"text": draft(job.reply, CAPS).text}], "home")
        claim = Claim(job.id, made, shows, job.reply.revision, Moment(self.now, 1, "boot"))
        return (await self.house.store.write(turn, job.queue, None, claim, 0, self.now))[0]

    async def ends(self, job, remote="p1", queued=""):
        settled = Settled(job, {0: remote}, job.rendered, job.shows, queued)
        await self.house.store.write(turn, job.queue, settled, None, 0, self.now)

    async def posts(self):
        """Everything that the forum is owed now, done: act and text of each. The first post is p9, the next one p10."""
        done = []
        while await self.job() is not None and (job := await self.begin()) is not None:
            done.append((str(job.act), job.parts[0].payload["text"]))
            await self.ends(job, f"p{8 + len(done)}" if job.act is Act.CREATE else job.parts[0].target)
        return done

    async def thread(self):
        return await self.house.value("SELECT id FROM thread")

    async def fates(self):
        return [fate for (fate,) in await self.house.rows("SELECT fate FROM reply ORDER BY id")]

    async def copy(self):
        """The messages that are the copy of what somebody said."""
        sql = "SELECT message FROM copy_message WHERE copy=(SELECT id FROM copy WHERE reply IS NOT NULL) ORDER BY part"
        return [message for (message,) in await self.house.rows(sql)]

    async def shows(self, key):
        """The message that shows a post."""
        sql = (
            "SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post p ON p.id=c.post WHERE p.key=$1"
        )
        return await self.house.value(sql, key)


@pytest.fixture
async def talk(mirrored):
    """A thread in whose chat thread people speak; half a minute makes one post of what one of them says."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    [[channel, thread]] = await mirrored.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
    await mirrored.store.write(merge_after, 30)
    return Talk(mirrored, Where(ChannelRef(channel), ThreadRef(thread)))


def merge_after(seconds):
    yield "UPDATE mirror SET answering=$1", (f'{{"merge":{seconds}}}' if seconds else "{}",)


async def test_messages_in_a_row_become_one_post_in_their_order(talk):
    """In a chat people end a line where they would begin a paragraph."""
    await talk.says("ada", "one")
    await talk.says("ada", "two", after=29)
    await talk.says("ada", "three", after=29)
    assert await talk.waits()
    talk.passes(30)
    assert await talk.posts() == [("create", "one\n\ntwo\n\nthree")]
    assert await talk.fates() == ["posted"] * 3


async def test_by_default_nobody_waits(talk):
    await talk.house.store.write(merge_after, 0)
    await talk.says("ada", "one")
    await talk.says("ada", "two")
    assert await talk.posts() == [("create", "one"), ("create", "two")]


async def test_the_sender_is_woken_when_the_wait_is_over(talk):
    """Nothing else happens then that could wake it."""
    await talk.says("ada", "one")
    assert await talk.house.store.read(next_try, talk.now) == talk.now + WINDOW


async def test_what_is_said_later_is_a_post_of_its_own(talk):
    await talk.says("ada", "one")
    await talk.says("ada", "two", after=31)
    assert await talk.posts() == [("create", "one")]
    talk.passes(30)
    assert await talk.posts() == [("create", "two")]


async def test_what_was_said_later_is_a_post_of_its_own_when_all_is_heard_at_once(talk):
    """The program was away, and hears in one moment what was said within an hour."""
    now = talk.now + 3_600_000
    await talk.says("ada", "one", after=3600, at=now - 3_000_000)
    await talk.says("ada", "two", after=0, at=now - 2_990_000)
    await talk.says("ada", "three", after=0, at=now)
    talk.passes(30)
    assert await talk.posts() == [("create", "one\n\ntwo"), ("create", "three")]


async def test_somebody_else_who_speaks_ends_the_run_and_lets_it_go(talk):
    """What is said then is about what others said, and they may answer what is not on the forum yet."""
    await talk.says("ada", "one")
    await talk.says("bob", "well")
    assert [act for act, _ in await talk.posts()] == ["create"]
    await talk.says("ada", "two")
    talk.passes(60)
    assert await talk.posts() == [("create", "well"), ("create", "two")]


@pytest.mark.parametrize("take", ["all", "replies"])
async def test_so_does_what_somebody_says_to_nobody_on_the_forum(talk, take):
    """Chatter that goes nowhere stands between two messages all the same."""
    await talk.house.store.write(_take, take)
    first = await talk.shows("p1")
    await talk.says("ada", "one", reply_to=first)
    await talk.says("bob", "chatter")
    assert ("create", "one") in await talk.posts()


def _take(take):
    yield "UPDATE mirror SET replies=$1", (take,)


async def test_what_a_bot_says_ends_nothing(talk):
    """Another bridge, a bot that greets: nobody answers those."""
    await talk.says("ada", "one")
    await talk.says("robot", "beep")
    await talk.says("ada", "two")
    talk.passes(30)
    assert await talk.posts() == [("create", "one\n\ntwo")]


async def test_what_somebody_says_elsewhere_ends_nothing(talk):
    await talk.says("ada", "one")
    await talk.says("bob", "well", where=Where(talk.where.channel))
    await talk.says("ada", "two")
    talk.passes(30)
    assert await talk.posts() == [("create", "one\n\ntwo")]


async def test_who_answers_something_else_says_something_else(talk):
    await talk.says("ada", "one", reply_to=await talk.shows("p0"))
    await talk.says("ada", "two", reply_to=await talk.shows("p1"))
    await talk.says("ada", "three", reply_to=await talk.shows("p1"))
    talk.passes(30)
    assert await talk.posts() == [("create", "one"), ("create", "two\n\nthree")]


async def test_who_answers_and_goes_on_without_answering_says_one_thing(talk):
    await talk.says("ada", "one", reply_to=await talk.shows("p1"))
    await talk.says("ada", "two")
    talk.passes(30)
    job = await talk.begin()
    assert (job.parts[0].payload["text"], job.reply.parent) == ("one\n\ntwo", "p1")


async def test_who_answers_their_own_words_says_something_else(talk):
    """And in the order in which it was said: an answer stands behind what it answers."""
    first = await talk.says("ada", "one")
    await talk.says("ada", "two", reply_to=first)
    talk.passes(30)
    assert await talk.posts() == [("create", "one"), ("create", "two")]


async def test_a_run_ends_after_a_while_however_fast_somebody_goes_on(talk):
    """Others wait for what they say."""
    await talk.says("ada", "one")
    began = talk.now
    while talk.now - began < (STRETCH + 1) * WINDOW:
        await talk.says("ada", f"more {talk.now}", after=25)
    assert (await talk.posts())[0][0] == "create"
    talk.passes(31)
    rest = await talk.posts()
    assert len(rest) == 1


async def test_a_run_has_so_many_messages_at_the_most(talk):
    for n in range(MOST + 1):
        await talk.says("ada", f"word {n}")
    talk.passes(30)
    assert [text.count("word") for _, text in await talk.posts()] == [MOST, 1]


async def test_a_run_has_so_many_characters_at_the_most(talk):
    await talk.says("ada", "x" * (LONGEST - 2))
    await talk.says("ada", "yes")
    talk.passes(30)
    assert len(await talk.posts()) == 2


async def test_formats_stay_what_they_are(talk):
    """One message is formatted, the next is not: what means something in one means nothing in the other."""
    await talk.says("ada", "<b>one</b>", format="html")
    await talk.says("ada", "*two*")
    talk.passes(30)
    assert await talk.posts() == [("create", "**one**\n\n\\*two\\*")]


async def test_the_files_of_all_are_the_posts(talk):
    files = [Attached(f"https://chat.example/{n}", f"{n}.png") for n in "ab"]
    await talk.says("ada", "one", files=(files[0],))
    await talk.says("ada", "two", files=(files[1],))
    talk.passes(30)
    assert [file.name for file in (await talk.job()).reply.files] == ["a.png", "b.png"]


# -------------------------------------------------------------------------------------------------------- exactly once


async def test_what_is_said_after_the_claim_is_a_post_of_its_own(talk):
    """What is sent is fixed then."""
    await talk.says("ada", "one")
    talk.passes(30)
    job = await talk.begin()
    await talk.says("ada", "two", after=0)
    await talk.ends(job, "p7")
    talk.passes(30)
    assert await talk.posts() == [("create", "two")]


async def test_what_is_said_while_the_post_is_rendered_is_not_lost(talk):
    """The sender looked, and claims what it saw."""
    await talk.says("ada", "one")
    talk.passes(30)
    job = await talk.job()
    talk.passes(-5)
    await talk.says("ada", "two", after=0)
    assert not await talk.claim(job)
    talk.passes(60)
    assert await talk.posts() == [("create", "one\n\ntwo")]


async def test_an_edit_that_comes_while_the_post_is_rendered_is_in_it(talk):
    said = await talk.says("ada", "one")
    talk.passes(30)
    job = await talk.job()
    await talk.edits(said, "two")
    assert not await talk.claim(job)
    assert await talk.posts() == [("create", "two")]


async def test_what_is_sent_again_by_an_admins_word_is_what_was_sent(talk):
    """Of what may stand half the bytes are fixed, whatever was said since."""
    said = await talk.says("ada", "one")
    talk.passes(30)
    job = await talk.begin()
    await talk.edits(said, "two")
    await talk.house.store.write(conclude, job.id, "held", "no answer", talk.now)
    await talk.house.store.write(retry, job.id, None, "an admin", talk.now)
    assert [text for _, text in await talk.posts()][-1] == "two"


async def test_a_clock_that_is_set_back_makes_nobody_wait(talk):
    await talk.says("ada", "one")
    talk.passes(-3600)
    assert await talk.posts() == [("create", "one")]
    await talk.says("ada", "two", after=0)
    talk.passes(30)
    assert await talk.posts() == [("create", "two")]


# ----------------------------------------------------------------------------------------------- edits and deletions


async def shown(talk, *texts):
    """Somebody's run that is a post, and the post read; its messages."""
    said = [await talk.says("ada", text) for text in texts]
    talk.passes(30)
    assert await talk.posts() == [("create", "\n\n".join(texts))]
    await talk.house.read_thread(op(), post("p1"), post("p9", "\n\n".join(texts)))
    return said


async def test_its_copy_is_all_the_messages(talk):
    """So an answer from the forum stands below them, and no message of ours repeats them."""
    said = await shown(talk, "one", "two")
    assert await talk.copy() == said
    await talk.house.send()
    assert len(await talk.house.rows("SELECT 1 FROM copy c JOIN post p ON p.id=c.post WHERE p.key='p9'")) == 1


@pytest.mark.parametrize("which", [0, 1])
async def test_an_edit_of_any_message_changes_the_post(talk, which):
    said = await shown(talk, "one", "two")
    await talk.edits(said[which], "new")
    assert await talk.posts() == [("edit", ["new\n\ntwo", "one\n\nnew"][which])]


@pytest.mark.parametrize("which", [0, 1])
async def test_the_deletion_of_one_leaves_the_others(talk, which):
    said = await shown(talk, "one", "two")
    await talk.deletes(said[which])
    assert await talk.posts() == [("edit", ["two", "one"][which])]
    assert await talk.copy() == [["", said[1]], [said[0], ""]][which]
    assert (await talk.house.copies())[-1][2] == "shown"


async def test_the_deletion_of_all_withdraws_the_post(talk):
    said = await shown(talk, "one", "two")
    await talk.deletes(*said)
    assert [act for act, _ in await talk.posts()][-1] == "delete"
    assert (await talk.house.copies())[-1][2] == "removed"
    assert await talk.house.rows("SELECT text FROM reply") == [("",), ("",)]


async def test_what_is_edited_and_deleted_while_it_waits_is_posted_as_it_is_then(talk):
    first, second, third = [await talk.says("ada", text) for text in ("one", "two", "three")]
    await talk.edits(second, "new")
    await talk.deletes(first)
    talk.passes(30)
    assert await talk.posts() == [("create", "new\n\nthree")]
    await talk.edits(third, "newer")
    assert await talk.posts() == [("edit", "new\n\nnewer")]


async def test_a_run_that_is_deleted_before_it_was_sent_is_not_sent(talk):
    first, second = await talk.says("ada", "one"), await talk.says("ada", "two")
    await talk.deletes(first, second)
    talk.passes(30)
    assert await talk.posts() == []
    assert await talk.fates() == ["dropped", "dropped"]
    assert await talk.house.rows("SELECT text FROM reply") == [("",), ("",)]


async def test_nothing_joins_what_was_taken_back(talk):
    """The deletion that is owed would take it along."""
    await talk.deletes(await talk.says("ada", "one"))
    await talk.says("ada", "two")
    talk.passes(30)
    assert await talk.posts() == [("create", "two")]


@pytest.mark.parametrize("state", ["sending", "queued", "held"])
async def test_changes_while_nobody_knows_yet_follow_when_it_is_known(talk, state):
    """Being sent, with a moderator, held: what stands of the messages is what stands on the forum at the end."""
    first, second = await talk.says("ada", "one"), await talk.says("ada", "two")
    talk.passes(30)
    job = await talk.begin()
    if state == "queued":
        await talk.ends(job, "", queued="ticket")
    if state == "held":
        await talk.house.store.write(conclude, job.id, "held", "no answer", talk.now)
    await talk.edits(second, "new")
    await talk.deletes(first)
    match state:
        case "sending":
            await talk.ends(job, "p7")
        case "queued":
            approved = [Judged("ticket", Judgement.APPROVED, PostKey("p7"))]
            await talk.house.store.write(judge, await talk.thread(), approved, talk.now)
        case _:
            await talk.house.store.write(settle_reply_as, job.subject_id, "p7", talk.now)
    done = await talk.posts()
    assert done[-1] == ("edit", "new")
    assert await talk.fates() == ["posted", "posted"]


# ---------------------------------------------------------------------------------------------------------- their fate


@pytest.mark.parametrize(("state", "fate"), [("refused", "refused"), ("held", "held"), ("dropped", "dropped")])
async def test_however_it_ends_every_message_shows_it(talk, state, fate):
    await talk.says("ada", "one")
    await talk.says("ada", "two")
    assert [one.fate for one in await talk.house.store.read(unshown_fates, "web")] == ["pending", "pending"]
    talk.passes(30)
    job = await talk.begin()
    await talk.house.store.write(conclude, job.id, state, "because", talk.now)
    assert await talk.fates() == [fate, fate]
    assert len(await talk.house.rows("SELECT 1 FROM whisper")) == (state != "dropped")
    if state == "held":
        await talk.house.store.write(retry, job.id, None, "an admin", talk.now)
        assert await talk.fates() == ["pending", "pending"]


@pytest.mark.parametrize(
    ("judgement", "post", "fate"),
    [
        (Judgement.APPROVED, "p7", "posted"),
        (Judgement.APPROVED, "", "posted"),
        (Judgement.REJECTED, "", "refused"),
    ],
)
async def test_whatever_a_moderator_decides_every_message_shows_it(talk, judgement, post, fate):
    await talk.says("ada", "one")
    await talk.says("ada", "two")
    talk.passes(30)
    await talk.ends(await talk.begin(), "", queued="ticket")
    assert await talk.fates() == ["queued", "queued"]
    await talk.house.store.write(judge, await talk.thread(), [Judged("ticket", judgement, PostKey(post))], talk.now)
    assert await talk.fates() == [fate, fate]


async def test_of_what_was_deleted_first_the_author_hears_beside_what_stands(talk):
    first = await talk.says("ada", "one")
    second = await talk.says("ada", "two")
    await talk.deletes(first)
    talk.passes(30)
    job = await talk.begin()
    await talk.house.store.write(conclude, job.id, "refused", "because", talk.now)
    assert await talk.house.rows("SELECT message FROM whisper") == [(second,)]


async def test_an_answer_to_any_of_them_answers_the_post(talk):
    said = await shown(talk, "one", "two")
    await talk.says("bob", "well", reply_to=said[1])
    talk.passes(30)
    assert (await talk.begin()).reply.parent == "p9"


async def test_why_tells_how_many_messages_one_post_is_made_of(talk):
    await talk.says("ada", "one")
    second = await talk.says("ada", "two")
    [found] = await talk.house.store.read(by_message, "web", second, None)
    told = await talk.house.store.read(story, found, None, talk.now)
    text = "\n".join(stage.text for stage in told.stages)
    assert "2 messages" in text
    assert "for more messages of the same person" in text
    assert "changed in the chat" not in text


# ---------------------------------------------------------------------------------------------------------- forgetting


async def test_words_leave_together_when_they_are_old(talk):
    await talk.says("ada", "one")
    await talk.says("ada", "two")
    assert await talk.house.store.write(forget_older_said, talk.now + 1) == 0
    talk.passes(30)
    assert len(await talk.posts()) == 1
    await talk.house.read_thread(op(), post("p1"), post("p9", "one\n\ntwo"))
    assert await talk.house.store.write(forget_older_said, talk.now + 1) == 2


async def test_the_words_of_one_that_was_deleted_leave_when_the_post_is_without_them(talk):
    said = await shown(talk, "one", "two")
    await talk.deletes(said[0])
    assert [text for (text,) in await talk.house.rows("SELECT text FROM reply ORDER BY id")] == ["one", "two"]
    await talk.posts()
    assert [text for (text,) in await talk.house.rows("SELECT text FROM reply ORDER BY id")] == ["", "two"]


async def test_who_asks_to_be_forgotten_while_their_words_wait_has_said_nothing(talk):
    await talk.says("ada", "one")
    await talk.says("ada", "two")
    person = await talk.house.store.read(person_of, "web", "u-ada")
    await talk.house.store.write(forget, person, talk.now)
    talk.passes(30)
    assert await talk.posts() == []
    rows = await talk.house.rows("SELECT fate, text, identity_user FROM reply")
    assert rows == [("dropped", "", ""), ("dropped", "", "")]


async def test_who_asks_to_be_forgotten_while_their_words_are_sent_has_sent_them(talk):
    """What is on its way cannot be called back, and what became of it is shown on all of it."""
    await talk.says("ada", "one")
    await talk.says("ada", "two")
    talk.passes(30)
    job = await talk.begin()
    person = await talk.house.store.read(person_of, "web", "u-ada")
    await talk.house.store.write(forget, person, talk.now)
    assert await talk.fates() == ["pending", "pending"]
    await talk.ends(job, "p9")
    assert await talk.fates() == ["posted", "posted"]


# ------------------------------------------------------------------------------------------- what came before its time


async def begun(talk):
    """A post that is just being sent into the place."""
    await talk.house.arrive(op(), post("p1"), post("p2"))
    where = await talk.house.value("SELECT id FROM place WHERE parent IS NOT NULL")
    job = await talk.house.store.read(head, where, talk.now)
    job = msgspec.structs.replace(job, parts=parts(job, "shown", [{"text": "p2"}], "home"))
    claim = Claim(job.id, job.parts, "shown", 1, Moment(talk.now, 1, "boot"))
    await talk.house.store.write(turn, job.queue, None, claim, 0, talk.now)
    return job


async def test_who_spoke_between_ends_the_run_although_their_words_had_to_wait(talk):
    """They answer a message of ours that was being sent; what is said behind them waits behind them."""
    job = await begun(talk)
    await talk.says("ada", "one")
    await talk.says("bob", "well", reply_to="m9")
    await talk.says("ada", "two")
    assert await talk.fates() == ["pending", "pending", "pending"]
    assert await talk.waits()
    await talk.house.store.write(turn, job.queue, Settled(job, {0: "m9"}, 1, "shown"), None, 0, talk.now)
    assert await talk.house.store.write(catch_up, "web", talk.now) == 2
    assert await talk.posts() == [("create", "one"), ("create", "well")]
    talk.passes(30)
    assert await talk.posts() == [("create", "two")]


async def test_what_had_to_wait_becomes_part_of_what_was_said_before(talk):
    job = await begun(talk)
    await talk.says("ada", "one", reply_to="m9")
    second = await talk.says("ada", "two")
    await talk.edits(second, "two anew")
    await talk.house.store.write(turn, job.queue, Settled(job, {0: "m9"}, 1, "shown"), None, 0, talk.now)
    await talk.house.store.write(catch_up, "web", talk.now)
    talk.passes(30)
    assert await talk.posts() == [("create", "one\n\ntwo anew")]


async def test_what_was_begun_takes_in_nothing_more_whatever_the_clock_shows(talk):
    """Its bytes are fixed: an admin has the rest of it sent, and what joined it would be lost."""
    await talk.says("ada", "one")
    talk.passes(30)
    job = await talk.begin()
    await talk.house.store.write(conclude, job.id, "held", "who knows", talk.now)
    await talk.house.store.write(_half_known, job.id)
    await talk.house.store.write(retry, job.id, None, "Zoe", talk.now)
    talk.passes(-20)
    await talk.says("ada", "two", after=0)
    assert await talk.house.value("SELECT merged FROM reply ORDER BY id DESC LIMIT 1") is None


def _half_known(delivery):
    yield "UPDATE part SET remote='p7' WHERE delivery=$1", (delivery,)
