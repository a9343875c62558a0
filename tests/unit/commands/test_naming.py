"""What the button below an opening post names: its thread, as far as it stands where the button is pressed."""

from __future__ import annotations

import pytest

from bot.commands.naming import meant
from bot.errors import NotFound
from bot.model import Caller, ChannelRef, ChatName, ThreadKey, UserId, Where
from bot.offers import of_opening
from bot.store import run
from bot.store.marks import mark_thread
from bot.store.readers import meet

WORKSHOP = Where(ChannelRef("workshop"))


async def pressed(here, where: Where | None = WORKSHOP):
    """What Rae's press means, and who she is."""
    admin = await here.community()
    rae = Caller(ChatName("web"), admin.community, "Rae", where=where, id=UserId("rae"))
    reader = await here.app.store.write(meet, "web", rae.id, "Rae", admin.community, where, here.clock.now())
    [offer] = of_opening(1)
    return reader.person, await meant(here.app, rae, reader, offer.words[1])


async def test_it_names_the_thread_up_to_the_newest_post_that_stands_there(here):
    """What arrived and waits for its turn was not seen."""
    await here.mirror()
    await here.board.post(ThreadKey(here.thread), "", "Ben", "", "One")
    await here.app.once()
    [[one]] = await here.rows("SELECT MAX(seq) FROM post WHERE n>=1")
    await here.app.store.write(run, "UPDATE forum SET next_seq=next_seq+5")
    person, found = await pressed(here)
    assert (found.thread.id, found.thread.shown, found.post) == (1, one, None)
    assert await here.app.store.write(mark_thread, person, found.thread.id, found.thread.shown)


async def test_where_nothing_of_it_stands_it_names_all_of_the_thread(here):
    """The words may be typed anywhere."""
    await here.mirror()
    await here.app.store.write(run, "UPDATE forum SET next_seq=100")
    _, found = await pressed(here, None)
    assert found.thread.shown == 99


async def test_what_is_not_mirrored_there_any_more_is_named_by_no_button(here):
    """Law 12; the message may still stand."""
    await here.mirror()
    await here.app.store.write(run, "UPDATE mirror SET state='removed'")
    with pytest.raises(NotFound):
        await pressed(here)
