"""A file whose address expired before anybody looked: from the refusal to the file, through store and library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.media.cache import Cache
from bot.media.library import Library
from bot.media.port import Media, Missing, ShownIn
from bot.media.renewal import Renewal
from bot.model import ChannelRef, MessageId, Where
from bot.net import Net
from bot.store import open_store
from bot.testing.log import RecordingLog
from bot.testing.store_rig import StoreRig, op, text


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[StoreRig]:
    store = await open_store(tmp_path / "threadline.db")
    rig = await StoreRig(store).furnish()
    await rig.mirror()
    await rig.read_list()
    yield rig
    await store.close()


async def test_a_file_whose_address_expired_is_there_once_its_post_was_read_again(house, site, tmp_path):
    """The message stays as it was sent, nobody sees an edit, and the picture comes."""
    net, log = Net(allow=["127.0.0.1"]), RecordingLog()
    woken: list[str] = []
    renewal = Renewal(house.store, lambda: house.now, woken.append)
    cache = Cache(tmp_path / "media", 2**20)
    library = Library(net, cache, lambda: house.now, log, largest=2**20, renews=renewal)
    old, new = (f"kite.png?Expires={n}&Signature={n}" for n in (1, 2))
    site.answers[old] = web.Response(status=403)

    def picture(path):
        return text(f"![a kite]({site.at(path)})", "markdown")

    try:
        await house.arrive(op(body=picture(old)))
        await house.send()
        shown = ShownIn(Where(ChannelRef("lounge")), MessageId("m1"))
        door = library.of("web")
        missing = await door.fetch(site.at(old), shown)
        assert isinstance(missing, Missing)
        assert missing.later
        assert woken == ["forum"]
        await house.read_thread(op(body=picture(new)))
        assert await house.owed() == []
        found = await door.fetch(site.at(old), shown)
        assert isinstance(found, Media)
        assert (found.kind, site.asked) == ("image", [old, new])
    finally:
        await library.close()
        await net.close()
