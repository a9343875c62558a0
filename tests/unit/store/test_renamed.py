"""A thread that is called otherwise: its opening post says so where it stands."""

from __future__ import annotations

import pytest

from bot.model import PostState
from bot.testing.store_rig import op, post


@pytest.fixture
async def shown(mirrored):
    """A thread that is shown."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    return mirrored


async def titles(rig):
    return await rig.rows("SELECT title FROM post WHERE op=1")


async def test_a_title_that_a_page_without_the_opening_post_tells_is_an_edit_of_it(shown):
    """Engines that tell what is new alone do not send it again because the thread is called otherwise."""
    await shown.read_thread(post("p1"), title="Another name", complete=False)
    assert await shown.owed() == [("edit", "p0", "channel")]
    assert await titles(shown) == [("Another name",)]


async def test_it_is_told_once(shown):
    """Also where the opening post comes later, under its new title."""
    await shown.read_thread(post("p1"), title="Another name", complete=False)
    await shown.send()
    await shown.read_thread(post("p1"), title="Another name", complete=False)
    await shown.read_thread(op(title="Another name"), post("p1"), title="Another name")
    assert await shown.owed() == []


async def test_the_engines_own_evidence_says_nothing_about_a_title(shown):
    """It counts versions of the text."""
    await shown.arrive(op("q0", version="1"), key="u")
    await shown.send()
    await shown.read_thread(op("q0", version="1", title="Another name"), key="u", title="Another name")
    assert await shown.owed() == [("edit", "q0", "channel")]


async def test_a_title_of_the_opening_post_s_own_stays(shown):
    """A feed's title is that of the site, its first entry has another one."""
    await shown.arrive(op("q0", title="Its own"), key="u")
    await shown.send()
    await shown.read_thread(op("q0", title="Its own"), key="u", title="The site")
    await shown.read_thread(key="u", title="The site, anew", complete=False)
    assert await shown.owed() == []


async def test_an_opening_post_that_is_gone_has_no_title_any_more(shown):
    """Its tombstone stays as it is."""
    await shown.read_thread(op(state=PostState.DELETED), post("p1"))
    await shown.send()
    await shown.read_thread(post("p1"), title="Another name", complete=False)
    assert await shown.owed() == []
