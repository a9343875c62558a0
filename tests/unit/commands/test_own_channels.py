"""A mirror may have a channel of its own: found again by what is mirrored, however that is called meanwhile."""

from __future__ import annotations

import pytest

from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR
from bot.arrangement import Arrangement
from bot.commands.channels import own_name, topic
from bot.errors import RateLimited
from bot.model import Board, ChannelWish, Target, TargetKind
from bot.settings import Mirror
from bot.testing.log import RecordingLog

WORKSHOP = Target(TargetKind.BOARD, "b1", "The Workshop", link="https://forum.example/b/b1")


@pytest.fixture
def forum(here, monkeypatch):
    """The sandbox's forum, with boards by their short addresses: nothing serves its pages here."""
    forum = here.app.forums["sandbox"].forum
    assert isinstance(forum, SandboxForum)
    real = forum.boards

    async def boards():
        return tuple(Board(b.key, b.name, b.path, f"sandbox:{b.key}") for b in await real())

    monkeypatch.setattr(forum, "boards", boards)
    return forum


async def channels(here) -> list[str]:
    """The channels of the chat that something is mirrored into."""
    return [label for (label,) in await here.rows("SELECT DISTINCT p.label FROM mirror m JOIN place p ON p.id=m.place")]


def test_its_name_says_the_forum_and_what_is_mirrored():
    """It stands in lists of mirrors and, in some chats, over the channel."""
    assert own_name("sandbox", WORKSHOP).startswith("sandbox-the-workshop-")
    assert own_name("sandbox", WORKSHOP) == own_name("sandbox", WORKSHOP)


@pytest.mark.parametrize(
    "title", ["", "💥", "Ça va? Très bien, merci, et vous-même aujourd'hui", "х" * 500, "a b " * 50]
)
def test_its_name_is_one_for_every_chat(title):
    """The shortest limit of a name is 60 characters."""
    name = own_name("a-forum-with-a-name-of-many-words.example.org", Target(TargetKind.THREAD, "t1", title))
    assert 6 <= len(name) <= 60
    assert not name.startswith("-")
    assert "--" not in name
    assert name == name.casefold()


def test_two_of_one_title_have_two_channels():
    """Forums have many threads called "Hello", and boards called "General" in each of their groups."""
    names = {
        own_name(forum, Target(kind, key, "Hello"))
        for forum in ("one", "two")
        for kind in (TargetKind.BOARD, TargetKind.THREAD)
        for key in ("1", "2")
    }
    assert len(names) == 8


def test_the_topic_says_where_it_comes_from():
    assert topic(WORKSHOP) == "The Workshop: https://forum.example/b/b1"
    assert topic(Target(TargetKind.BOARD, "b", "A\nfeed")) == "A feed"


async def test_a_channel_of_its_own_is_made_once(here):
    """The same command again finds it."""
    first = await here.did("add", f"sandbox:{here.thread}", "--into", "web:+")
    into = str(first.data["into"])
    assert into.startswith("web:sandbox-talk-")
    assert f"is mirrored into {into} now" in first.text
    again = await here.did("add", f"sandbox:{here.thread}", "--into", "web:+")
    assert f"is mirrored into {into} already" in again.text
    assert f"→ {into} ·" in (await here.did("list")).text


async def test_it_is_found_when_the_title_has_changed(here, monkeypatch):
    """Threads become "[solved] …"; the settings name `+` again at every start."""
    await here.did("add", f"sandbox:{here.thread}", "--into", "web:+")
    forum = here.app.forums["sandbox"].forum
    renamed = Target(TargetKind.THREAD, here.thread, "[solved] Talk")

    async def locate(address):
        return renamed

    monkeypatch.setattr(forum, "locate", locate)
    [name] = await channels(here)
    for _ in range(2):
        assert "already (mirror 1)" in (await here.did("add", f"sandbox:{here.thread}", "--into", "web:+")).text
    assert await channels(here) == [name]


async def test_another_channel_that_shows_it_is_not_its_own(here):
    """Whoever asks for a new one has seen the other."""
    await here.did("add", f"sandbox:{here.thread}", "--into", "web:workshop")
    answer = await here.did("add", f"sandbox:{here.thread}", "--into", "web:+")
    assert answer.data["mirror"] == 2
    assert len(await channels(here)) == 2


async def test_each_of_several_boards_has_its_own(here, forum):
    answer = await here.did("add", "sandbox:", "--boards", "all", "--into", "web:+")
    assert answer.text.endswith("2 mirrors made, 0 there already.")
    assert len(await channels(here)) == 2
    again = await here.did("add", "sandbox:", "--boards", "all", "--into", "web:+")
    assert again.text.endswith("0 mirrors made, 2 there already.")


async def test_the_settings_may_ask_for_it_at_every_start(here):
    for _ in range(2):
        arrangement = Arrangement(here.app, OPERATOR, [Mirror("sandbox:b1", "web:+")], "", RecordingLog())
        await arrangement.make()
    assert len(await channels(here)) == 1


async def test_an_admin_of_the_whole_chat_has_it_made(here):
    """In a chat that is one community it can only be theirs."""
    admin = await here.community()
    assert (await here.did("add", "sandbox:b1", "--into", "web:+", "--start", "yes", caller=admin)).ok


async def test_where_communities_share_the_chat_only_operators_have_it_made(here):
    """Nothing would say whose it is; the answer says what an admin can do."""
    answer = await here.failed("add", "sandbox:b1", "--into", "web:+", caller=await here.community("theirs"))
    assert "several communities share web" in answer.text
    assert "leave out --into" in answer.text
    assert await channels(here) == []


async def test_a_pause_of_the_chat_is_waited_out_at_the_command_line_alone(here, forum, monkeypatch):
    """There somebody waits for many channels; in the chat, what others say would wait."""
    real, pauses = here.chat.channel, [RateLimited("not so fast", 0.0)] * 2

    async def channel(name, make):
        if pauses:
            raise pauses.pop()
        return await real(name, make)

    monkeypatch.setattr(here.chat, "channel", channel)
    answer = await here.did("add", "sandbox:", "--boards", "all", "--into", "web:+")
    assert answer.text.endswith("2 mirrors made, 0 there already.")
    pauses.append(RateLimited("not so fast", 0.0))
    answer = await here.failed("add", "sandbox:", "--boards", "all", "--into", "web:+", caller=await here.community())
    assert answer.text.splitlines()[1] == "sandbox:b2 is not mirrored: not tried (web wants a pause)"


async def test_a_new_channel_is_told_what_it_is_for(here, monkeypatch):
    """A chat shows it where it can. Of a channel that has a name, that is what people read."""
    wishes: list[ChannelWish | None] = []
    real = here.chat.channel

    async def channel(name, make):
        wishes.append(make)
        return await real(name, make)

    monkeypatch.setattr(here.chat, "channel", channel)
    await here.did("add", "sandbox:b1", "--into", "web:+")
    await here.did("add", "sandbox:b1", "--into", "web:annex")
    link = (await here.app.forums["sandbox"].forum.locate("sandbox:b1")).link
    assert link.startswith("http")
    assert wishes == [
        ChannelWish("The Workshop", f"The Workshop: {link}"),
        ChannelWish("", f"The Workshop: {link}"),
    ]
