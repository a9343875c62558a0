"""What the commands about mirrors say is so: counts, names, what was changed."""

from pathlib import Path

import msgspec
import pytest

from bot.app import OPERATOR
from bot.model import Answer, Damaged, PostKey
from bot.previews import saved_request
from bot.registry import Registry

DATA = Path(__file__).parents[2] / "data" / "democratic_underground"


async def given(here, into="web:workshop", change=lambda page: page) -> Answer:
    """The answer to a saved page that is to be mirrored."""
    file = DATA / "thread.txt"
    values = {"into": into, "layout": "threads", "replies": "all"}
    request = saved_request(file, "", values, Registry(), here.app.settings)
    request["page"] = change(request["page"])
    return await here.app.handle(request)


def reworded(page):
    """The page with other words in its first post."""
    page["posts"][0]["body"]["text"] = "Other words."
    return page


def without(count):
    """The page without its last posts, and complete."""

    def change(page):
        page["posts"] = page["posts"][:-count]
        return page

    return change


@pytest.mark.parametrize("layout", ["threads", "cards", "stream"])
async def test_messages_are_announced_that_are_sent(here, layout):
    """The opening of a chat thread is an act and no message."""
    for n in range(3):
        await here.board.post(here.thread, "", "Bo", "", f"words {n}")
    await here.app.once()
    await here.did("add", f"sandbox:{here.thread}", "--into", "web:first")
    await here.settle()
    before = (await here.did("status")).data["deliveries"]["sent"]
    assert "4 messages will be posted" in await here.mirror("--layout", layout)
    assert (await here.did("status")).data["deliveries"]["sent"] == before + 4


async def test_a_saved_page_announces_what_is_sent(here):
    assert "5 messages will be posted" in (await given(here)).text
    await here.settle()
    assert (await here.did("status")).data["deliveries"]["sent"] == 5


async def test_a_page_given_again_unchanged_changes_nothing(here):
    await given(here)
    assert (await given(here)).text.endswith("already (mirror 1); nothing was changed.")


async def test_a_page_given_again_says_what_it_brought(here):
    await given(here, change=without(2))
    await here.settle()
    assert (await given(here, change=reworded)).text.endswith(
        "already (mirror 1); the page brought 2 new posts, 1 changed post: 3 messages will be posted or changed."
    )
    await here.settle()
    assert (await here.did("status")).data["deliveries"]["sent"] == 3 + 3


async def test_a_changed_page_into_a_second_channel_is_shown_there_whole(here):
    """What it changed in the first channel must not keep the rest from the second."""
    await given(here)
    await here.settle()
    answer = await given(here, "web:second", reworded)
    assert "is mirrored into web:second now" in answer.text
    await here.settle()
    [[count]] = await here.rows(
        "SELECT count(*) FROM copy c JOIN place p ON p.id=c.channel WHERE p.label='second' AND c.state='shown'"
    )
    assert count == 5


async def test_what_was_read_whole_since_is_not_reported_any_more(here):
    """`status` would ask for something to be done that was done."""

    def broken(page):
        item = msgspec.to_builtins(Damaged("no author", b"<div>", PostKey(page["posts"][1]["key"])))
        return {**page, "posts": page["posts"][:1], "damaged": [item], "complete": False}

    await given(here, change=broken)
    assert "1 item could not be parsed and is kept" in (await here.did("status")).text
    await given(here, change=lambda page: {**page, "complete": False})
    assert "could not be parsed" not in (await here.did("status")).text


async def test_channels_go_by_their_real_name(here):
    """The list says where to look, however it was typed."""
    answer = await here.did("add", f"sandbox:{here.thread}", "--into", "web:# Book Club")
    assert "into web:book-club now" in answer.text
    assert answer.data["into"] == "web:book-club"
    assert "→ web:book-club ·" in (await here.did("list")).text
    assert "into web:book-club already" in (await here.did("add", "sandbox:t1", "--into", "web:BOOK club")).text


async def test_a_missing_thread_is_called_a_thread(here):
    text = (await here.failed("add", "sandbox:t99", "--into", "web:workshop")).text
    assert 'no thread "t99"' in text
    text = (await here.failed("add", "sandbox:b99", "--into", "web:workshop")).text
    assert 'no board "b99"' in text


async def test_a_missing_mirror_names_the_command_that_can_be_given(here):
    """Who types in a shell has no `/mirror`."""
    assert (await here.failed("remove", "7", caller=OPERATOR)).text == (
        "there is no mirror 7 here; `threadline mirrors` shows which there are"
    )
    own = await here.community()
    assert (await here.failed("remove", "7", caller=own)).text == (
        "there is no mirror 7 here; `/mirror list` shows which there are"
    )


async def test_commands_are_spelled_as_the_chat_spells_them(here):
    """On Matrix "/" belongs to people's own clients, and what an answer names must work there."""
    own = msgspec.structs.replace(await here.community(), sign="!")
    assert "`!mirror list` shows" in (await here.failed("remove", "7", caller=own)).text
    assert "`!mirror remove MIRROR " in (await here.failed("remove", caller=own)).text
    assert "there is no `!mirror lst`" in (await here.failed("lst", caller=own)).text
    assert (await here.failed("help", caller=own)).text.startswith("!mirror …\n`!mirror add")
    reader = msgspec.structs.replace(own, admin=False)
    assert (await here.failed("list", caller=reader)).text == "`!mirror list` is for this community's admins"
