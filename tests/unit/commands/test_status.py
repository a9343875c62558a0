"""What `status` tells beside its figures."""

from bot.media.cache import Cache
from bot.media.kinds import Type
from bot.model import ChannelRef, ChatPerson, MessageId, Said, UserId, Where
from bot.store.inbox import skip
from bot.store.tidying import KEPT, forget_journals


def event(number: int) -> Said:
    person = ChatPerson(UserId("zoe"), "Zoe")
    where = Where(ChannelRef("workshop"))
    return Said(f"e{number}", where, MessageId(f"m{number}"), person, "hello", "plain", 0)


async def test_how_much_is_kept_of_images_and_files_is_told_to_operators(here):
    """One cache serves every community: law 12."""
    cache = Cache(here.app.home.media, 2**20)
    cache.keep("https://files.example/kite.png", b"x" * 500_000, Type("image", "image/png", "png"), "kite", 1)
    told = await here.did("status")
    assert "images and files: 1 kept, 0.5 MiB of 256.0 MiB" in told.text
    assert told.data["media"]["files"] == 1
    other = await here.did("status", caller=await here.community())
    assert (other.data["media"], "images and files" in other.text) == ({"files": 0, "bytes": 0, "limit": 0}, False)


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


async def test_what_a_chat_has_to_say_is_told_to_operators(here, monkeypatch):
    """Law 11: an invitation that was not accepted concerns no community yet, and nobody else would hear of it."""
    monkeypatch.setattr(type(here.chat), "remarks", lambda self: ("somebody is at the door",), raising=False)
    told = await here.did("status")
    assert "web: somebody is at the door" in told.text
    assert told.data["remarks"] == {"web": ["somebody is at the door"]}
    other = await here.did("status", caller=await here.community())
    assert (other.data["remarks"], "door" in other.text) == ({}, False)
