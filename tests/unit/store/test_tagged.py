"""What a delivery knows of its thread."""

from __future__ import annotations

from bot.store import run
from bot.store.jobs import head
from bot.testing.store_rig import StoreRig, op


async def test_a_delivery_knows_the_tags_of_its_thread(house: StoreRig) -> None:
    """Chats that have tags put them on."""
    await house.read_list()
    await house.mirror()
    await house.arrive(op())
    await house.store.write(run, "UPDATE thread SET tags=$1", '["books","new"]')
    job = await house.store.read(head, await house.channel(), house.now)
    assert job is not None
    assert job.post is not None
    assert job.post.tags == ("books", "new")
