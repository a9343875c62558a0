"""Fetching: each file once, within bounds, and never a word that stops a send."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.media.library import AGAIN, AT_ONCE, NOT_AGAIN, WAITING
from bot.media.port import Media, Missing, ShownIn
from bot.model import ChannelRef, MessageId, Where

HERE = ShownIn(Where(ChannelRef("lounge")), MessageId("m1"))
SEALED = "kite.png?Expires=1&Signature=old"
RENEWED = "kite.png?Expires=9&Signature=new"


async def until(condition):
    while not condition():
        await asyncio.sleep(0)


def refusing(status):
    return web.Response(status=status, text="no")


async def test_a_file_is_typed_by_what_it_holds(library, site):
    """Whatever its server calls it: here the site says that everything is HTML."""
    found = await library().of("web").fetch(site.at("a/red%20kite.html"))
    assert isinstance(found, Media)
    assert (found.kind, found.mime, found.name) == ("image", "image/png", "red-kite.png")


async def test_what_is_here_is_not_asked_for_again(library, site, clock):
    door = library().of("web")
    first = await door.fetch(site.at("1"))
    clock.advance(100 * 86_400_000)
    assert await library().of("other").fetch(site.at("1")) == first
    assert site.asked == ["1"]


async def test_whoever_asks_at_the_same_time_shares_one_request(library, site):
    door = library().of("web")
    found = await asyncio.gather(*(door.fetch(site.at("1")) for _ in range(20)))
    assert len({one.digest for one in found}) == 1
    assert site.asked == ["1"]


async def test_who_stops_waiting_stops_nobody_else(library, site):
    """A reader closes the page; another one is looking at it still."""
    door = library().of("web")
    site.gate.clear()
    leaves, stays = [asyncio.create_task(door.fetch(site.at("1"))) for _ in range(2)]
    await until(lambda: site.busy)
    leaves.cancel()
    site.gate.set()
    assert isinstance(await stays, Media)


async def test_who_cannot_wait_does_without_and_the_file_arrives_all_the_same(library, site):
    """A message is not kept back by a picture."""
    door = library().of("web")
    site.gate.clear()
    found = await door.fetch(site.at("1"), within=0)
    assert isinstance(found, Missing)
    assert found.later
    site.gate.set()
    assert isinstance(await door.fetch(site.at("1")), Media)
    assert site.asked == ["1"]


async def test_few_files_are_fetched_at_once_and_a_bounded_number_waits(library, site):
    door = library().of("web")
    site.gate.clear()
    asking = [asyncio.create_task(door.fetch(site.at(str(n)))) for n in range(WAITING + 5)]
    await until(lambda: site.busy == AT_ONCE and sum(task.done() for task in asking) == 5)
    site.gate.set()
    found = await asyncio.gather(*asking)
    assert sum(isinstance(one, Media) for one in found) == WAITING
    assert site.busiest == AT_ONCE


async def test_a_file_that_is_too_large_is_not_kept(library, site, tmp_path):
    site.answers["big"] = web.Response(body=b"\x89PNG\r\n\x1a\n" + b"x" * 5000)
    found = await library(largest=4096).of("web").fetch(site.at("big"))
    assert isinstance(found, Missing)
    assert "larger than 4096 bytes" in found.why
    assert not [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


async def test_a_page_in_the_place_of_a_file_is_not_kept(library, site):
    site.answers["login"] = web.Response(body=b"<!DOCTYPE html>Log in", content_type="image/png")
    site.answers["drawing"] = web.Response(body=b"<svg onload=alert(1)>", content_type="image/svg+xml")
    site.answers["empty"] = web.Response(status=204)
    for path in ("login", "drawing", "empty"):
        found = await library().of("web").fetch(site.at(path))
        assert isinstance(found, Missing)
        assert "no image or file" in found.why


async def test_a_private_place_is_not_reached(library, site):
    """Also where a public address redirects there: the one guarded client asks."""
    door = library(allow=()).of("web")
    for address in (site.at("1"), "http://169.254.169.254/latest", "http://[::1]/1", "file:///etc/passwd", "nonsense"):
        found = await door.fetch(address, HERE)
        assert isinstance(found, Missing), address
        assert not found.refused
    assert site.asked == []


async def test_what_cannot_be_had_is_asked_for_again_only_after_a_while(library, site, clock):
    """A page with a dead image is looked at by many."""
    site.answers |= {"gone": refusing(404), "down": refusing(500), "busy": refusing(429)}
    door = library().of("web")
    for path, wait, later in (("gone", NOT_AGAIN, False), ("down", AGAIN, True), ("busy", AGAIN, True)):
        site.asked.clear()
        for _ in range(3):
            found = await door.fetch(site.at(path))
            assert isinstance(found, Missing)
            assert found.later is later
        assert site.asked == [path]
        clock.advance(wait)
        del site.answers[path]
        assert isinstance(await door.fetch(site.at(path)), Media)


async def test_where_nothing_may_be_kept_nothing_is_fetched(library, site):
    found = await library(largest=0).of("web").fetch(site.at("1"))
    assert isinstance(found, Missing)
    assert site.asked == []


async def test_a_disk_that_takes_nothing_costs_the_picture_and_no_more(library, site, tmp_path):
    (tmp_path / "media").write_text("in the way")
    found = await library().of("web").fetch(site.at("1"))
    assert isinstance(found, Missing)
    assert "disk" in found.why


async def test_closing_gives_up_what_is_on_its_way(library, site):
    made = library()
    site.gate.clear()
    asking = asyncio.create_task(made.of("web").fetch(site.at("1")))
    await until(lambda: site.busy)
    await made.close()
    assert isinstance(await asking, Missing)
    assert isinstance(await made.of("web").fetch(site.at("1")), Missing)


# ------------------------------------------------------------------------------------------------- expiring addresses


async def test_a_file_that_is_here_serves_on_when_its_address_has_expired(library, site, posts):
    door = library().of("web")
    first = await door.fetch(site.at(SEALED), HERE)
    site.answers[SEALED] = refusing(403)
    assert await door.fetch(site.at(SEALED), HERE) == first
    assert site.asked == [SEALED]
    assert posts.again == []


async def test_the_address_that_the_post_has_now_is_asked_first(library, site, posts):
    """The message was made when another signature held; that one need not be tried."""
    posts.now = site.at(RENEWED)
    site.answers[SEALED] = refusing(403)
    assert isinstance(await library().of("web").fetch(site.at(SEALED), HERE), Media)
    assert site.asked == [RENEWED]


async def test_where_the_address_has_expired_the_post_is_read_again(library, site, posts):
    door = library().of("web")
    for status in (403, 404, 410):
        path = f"{status}-{SEALED}"
        site.answers[path] = refusing(status)
        found = await door.fetch(site.at(path), HERE)
        assert isinstance(found, Missing)
        assert found.later
        assert "being read again" in found.why
    assert posts.again == [HERE] * 3


async def test_once_the_post_was_read_again_its_file_is_there(library, site, posts):
    door = library().of("web")
    site.answers[SEALED] = refusing(403)
    assert isinstance(await door.fetch(site.at(SEALED), HERE), Missing)
    posts.now = site.at(RENEWED)
    assert isinstance(await door.fetch(site.at(SEALED), HERE), Media)


async def test_no_post_is_read_again_for_an_address_that_lasts(library, site, posts):
    """A dead image stays dead; reading its thread for every reader who looks would help nobody."""
    site.answers["kite.png"] = refusing(404)
    assert isinstance(await library().of("web").fetch(site.at("kite.png"), HERE), Missing)
    assert posts.again == []


async def test_an_address_signed_by_somebody_else_gives_nothing(library, site, posts):
    """Law 12: the bare address of another community's signed file is another address; its server decides."""
    await library().of("web").fetch(site.at(SEALED), HERE)
    site.answers["kite.png"] = refusing(403)
    assert isinstance(await library().of("web").fetch(site.at("kite.png"), HERE), Missing)
