"""What the answers of commands offer: what can be done next, as a whole command, for whoever may give it."""

from __future__ import annotations

import msgspec
import pytest

from bot.commands import carry_out, parse
from bot.model import Answer, ChannelRef, ChatName, ChatPerson, Commanded, UserId, Where
from bot.offers import of_delivery, of_flood, of_losing, to_held


def offered(answer: Answer) -> list[tuple[str, str]]:
    return [(offer.label, offer.line) for offer in answer.offers]


OFFERS = (to_held(), *of_flood(3), *of_delivery(12), *of_losing(4))


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.line)
def test_what_is_offered_is_a_whole_command(offer):
    """A press cannot be asked what it means."""
    assert parse(offer.group, offer.words).command.name == offer.words[0]


async def test_a_mirror_that_is_made_can_be_undone_and_one_that_is_there_removed(here):
    """By the press of who has mistaken the channel; a second press says so in words."""
    answer = await here.did("add", f"sandbox:{here.thread}", "--into", "web:workshop")
    assert offered(answer) == [("Undo", "mirror undo 1")]
    again = await here.did("add", f"sandbox:{here.thread}", "--into", "web:workshop")
    assert offered(again) == [("Remove", "mirror remove 1")]
    undo = answer.offers[0].words
    assert "is not mirrored" in (await here.did(*undo)).text
    assert "no mirror 1" in (await here.failed(*undo)).text


async def test_what_is_held_can_be_sent_again_or_given_up(mirrored):
    """The first of them by a press; all of them by their numbers."""
    for n in range(6):
        await mirrored.board.post(mirrored.thread, "", "Bo", "", f"words {n}")
    await mirrored.settle()
    ids = [id for (id,) in await mirrored.rows("SELECT id FROM delivery ORDER BY id LIMIT 6")]
    await mirrored.rows("UPDATE delivery SET state='held', reason='lost', settled_at=NULL WHERE id<=$1", ids[-1])
    answer = await mirrored.did("held")
    wanted = [(f"{verb.title()} {id}", f"mirror {verb} {id}") for id in ids[:4] for verb in ("retry", "skip")]
    assert offered(answer) == wanted
    assert "`retry N` sends it again, `skip N` gives it up" in answer.text


async def test_posts_that_are_missing_at_once_can_be_decided_about(mirrored):
    """In `held`, where everything stands that waits for a word."""
    posts = [await mirrored.board.post(mirrored.thread, "", "Bo", "", f"words {n}") for n in range(9)]
    await mirrored.settle()
    for post in posts:
        await mirrored.board.delete(post)
    await mirrored.settle()
    answer = await mirrored.did("held")
    [(source, posts)] = answer.data["losing"].items()
    assert f"source {source}: sandbox: Talk: {posts} posts missing at once" in answer.text
    assert offered(answer) == [
        (f"They are deleted (source {source})", f"mirror settle source:{source}"),
        (f"Keep them (source {source})", f"mirror skip source:{source}"),
    ]
    assert offered(await mirrored.did("status")) == [("What waits for a word", "mirror held")]
    other = await mirrored.community("elsewhere")
    assert (await mirrored.did("held", caller=other)).offers == ()


async def test_a_reader_is_offered_the_other_choice(here):
    """Law 8 is theirs to use: what is kept of them is kept at their word."""
    here.chat.caps = msgspec.structs.replace(here.chat.caps, receipts=True)
    rae = msgspec.structs.replace(await here.community(), admin=False, id=UserId("rae"))
    off = await carry_out(here.app, rae, "forum", ["receipts"])
    assert offered(off) == [("Keep it", "forum receipts on")]
    on = await carry_out(here.app, rae, "forum", off.offers[0].words)
    assert offered(on) == [("Forget it", "forum receipts off")]


async def test_who_may_not_press_hears_what_they_may_try(here):
    """A chat may let somebody type a command, and tell nothing of it where they press a button."""
    where, ann = Where(ChannelRef("workshop")), ChatPerson(UserId("ann"), "Ann")
    for pressed in (True, False):
        command = Commanded("c1", where, ann, "mirror", ("flood", "3", "all"), 0, pressed=pressed)
        answer = await here.app.callers.carry(ChatName("web"), command)
        assert not answer.ok
        assert "for this community's admins" in answer.text
        assert ("type `/mirror flood 3 all`" in answer.text) is pressed
