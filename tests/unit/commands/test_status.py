"""What `status` tells beside its figures."""

from bot.model import ChannelRef, ChatPerson, MessageId, Said, UserId, Where
from bot.store.inbox import skip
from bot.store.tidying import KEPT, forget_journals


def event(number: int) -> Said:
    person = ChatPerson(UserId("zoe"), "Zoe")
    where = Where(ChannelRef("workshop"))
    return Said(f"e{number}", where, MessageId(f"m{number}"), person, "hello", "plain", 0)


async def test_events_that_could_not_be_taken_in_are_counted_until_they_are_old(here):
    """Law 11: somebody said something, and nobody answers. Of which community it was is not known."""
    for number in (1, 2, 2):
        await here.app.store.write(skip, "web", event(number), here.clock.now())
    assert "web: 2 events could not be taken in; the log says why" in (await here.did("status")).text
    assert (await here.did("status")).data["skipped"] == {"web": 2}
    told = await here.did("status", caller=await here.community())
    assert (told.data["skipped"], "taken in" in told.text) == ({}, False)
    here.clock.advance(KEPT + 1)
    await here.app.store.write(forget_journals, here.clock.now())
    assert (await here.did("status")).data["skipped"] == {"web": 1}, "the newest row stays: ids are counted on from it"
