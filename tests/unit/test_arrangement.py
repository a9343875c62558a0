"""What the settings ask for: a mirror that cannot be made now is told of, and made as soon as it can be."""

from __future__ import annotations

import msgspec
import pytest

from bot.arrangement import ABOUT, Arrangement
from bot.commands import carry_out
from bot.errors import Unreachable
from bot.lanes import OpenForum, Sought
from bot.mirroring import Options
from bot.model import BoardKey, Bookmark, Caller, ChannelRef, ChannelWish, ChatName, Target, TargetKind
from bot.ports import Chat
from bot.replying import Accounts, Answering, Rules
from bot.settings import Mirror
from bot.store import Store, open_store, run
from bot.store.mirrors import mirrors
from bot.store.notices import open_notices, tell_concerned, untold
from bot.testing.chats import FakeChat
from bot.testing.clock import FakeClock
from bot.testing.faults import Fault
from bot.testing.forums import FakeForum
from bot.testing.log import RecordingLog

MIRROR = Mirror("fake:board", "web:lounge")
OPERATOR = Caller(ChatName(""), 0, "the operator", operator=True)


class Desk:
    """One chat and one forum, which can be out of reach."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FakeClock()
        self.down = True
        self.room = FakeChat()
        self.opened = OpenForum("fake", FakeForum(), "fake")

    async def forum_for(self, address: str) -> OpenForum:
        if self.down:
            raise Unreachable("nobody answers at forum.example")
        return self.opened

    async def sought(self, address: str) -> Sought:
        return Sought(await self.forum_for(address), address)

    def forum_at(self, address: str) -> str:
        return self.opened.name

    async def forum(self, name: str) -> OpenForum:
        return self.opened

    async def chat(self, name: str) -> Chat:
        return self.room

    def wake(self) -> None:
        pass


@pytest.fixture
async def desk(tmp_path, monkeypatch):
    store = await open_store(tmp_path / "threadline.db")
    here = Desk(store)

    async def locate(address: str) -> Target:
        return Target(TargetKind.BOARD, "board", "The board")

    async def listing(board: BoardKey, since: Bookmark) -> None:
        return None

    monkeypatch.setattr(here.opened.forum, "locate", locate)
    monkeypatch.setattr(here.opened.forum, "listing", listing)
    yield here
    await store.close()


async def told(desk: Desk) -> list[str]:
    return [text for about, text, _ in await desk.store.read(open_notices) if about.startswith(ABOUT)]


async def test_a_mirror_that_cannot_be_made_is_told_of_and_tried_again(desk):
    """Law 11: a forum that is down at the start must not cost the mirror until somebody starts anew."""
    log = RecordingLog()
    arrangement = Arrangement(desk, OPERATOR, [MIRROR], "", log)
    await arrangement.make()
    await arrangement.again()
    [text] = await told(desk)
    assert text.startswith("fake:board does not go into web:lounge: ")
    assert "nobody answers" in text
    assert log.events("warning") == ["mirror of the settings not made"]
    desk.down = False
    await arrangement.again()
    assert await told(desk) == []


async def test_what_is_not_in_the_settings_any_more_is_not_told_of(desk):
    await Arrangement(desk, OPERATOR, [MIRROR], "", RecordingLog()).make()
    assert len(await told(desk)) == 1
    await Arrangement(desk, OPERATOR, [], "", RecordingLog()).make()
    assert await told(desk) == []


async def test_a_notices_channel_that_cannot_be_made_is_tried_again(desk, monkeypatch):
    """Law 11: until it is there, nobody hears of anything."""
    log, real = RecordingLog(), desk.room.channel

    async def down(name: str, make: ChannelWish | None) -> str:
        raise Unreachable("no line")

    monkeypatch.setattr(desk.room, "channel", down)
    arrangement = Arrangement(desk, OPERATOR, [], "web:notices", log)
    await arrangement.make()
    await arrangement.again()
    assert log.events("warning") == ["notices channel not made"]
    monkeypatch.setattr(desk.room, "channel", real)
    await arrangement.again()
    assert await desk.store.read(run, "SELECT 1 FROM community WHERE notices IS NOT NULL")


async def test_the_notices_channel_is_for_those_who_are_invited(desk, monkeypatch):
    """Law 12: what is told there concerns all communities."""
    wishes, real = [], desk.room.channel

    async def channel(name: str, make: ChannelWish | None) -> ChannelRef:
        wishes.append(make)
        return await real(name, make)

    monkeypatch.setattr(desk.room, "channel", channel)
    await Arrangement(desk, OPERATOR, [], "web:notices", RecordingLog()).make()
    [wish] = wishes
    assert wish is not None
    assert wish.closed


async def test_the_notices_channel_hears_of_what_the_settings_make_in_every_community(desk):
    """Law 11: nobody of that community made it; and the channel may be a community of its own."""
    desk.down = False
    desk.room.communities = {ChannelRef("lounge"): "theirs", ChannelRef("notices"): "the house"}
    await Arrangement(desk, OPERATOR, [MIRROR], "web:notices", RecordingLog()).make()
    owners = """SELECT p.channel, c.native FROM place p JOIN community c ON c.id=p.community ORDER BY p.id"""
    assert await desk.store.read(run, owners) == [("notices", "the house"), ("lounge", "theirs")]
    assert await desk.store.read(untold) == []
    assert await desk.store.write(tell_concerned, "chat:web", "it fails", 1, chat="web") == 1
    told = "SELECT p.channel FROM delivery d JOIN place p ON p.id=d.queue WHERE d.subject='notice'"
    assert await desk.store.read(run, told) == [("notices",)]


async def test_a_notices_channel_of_which_nobody_knows_whose_it_is_is_tried_again(desk):
    """A guess would stay."""
    desk.down = False
    away = Unreachable("the chat does not answer")
    desk.room.faults.append(Fault(away, act="community"))
    log = RecordingLog()
    arrangement = Arrangement(desk, OPERATOR, [], "web:notices", log)
    await arrangement.make()
    assert log.events("warning") == ["notices channel not made"]
    await arrangement.again()
    assert await desk.store.read(run, "SELECT 1 FROM community WHERE notices IS NOT NULL")


async def options(desk):
    """Those of the one mirror there is."""
    [mirror] = await desk.store.read(mirrors, None)
    return mirror.options


async def test_options_of_the_settings_win_at_each_start(desk):
    """Whoever looks into the file must find there what holds."""
    desk.down = False
    asked = msgspec.structs.replace(MIRROR, not_words=("spam", "two words"), delay="10m", posts="ops")
    await Arrangement(desk, OPERATOR, [asked], "", RecordingLog()).make()
    wanted = Options(not_words=("spam", "two words"), delay=600, with_replies=False)
    assert await options(desk) == wanted
    await carry_out(desk, OPERATOR, "mirror", ["filter", "1", "--not-words", "", "--posts", "all"])
    await Arrangement(desk, OPERATOR, [asked], "", RecordingLog()).make()
    assert await options(desk) == wanted


async def test_what_the_settings_do_not_say_stays_as_admins_said(desk):
    """A filter that was made in the chat must outlive a restart."""
    desk.down = False
    asked = msgspec.structs.replace(MIRROR, words=())
    await Arrangement(desk, OPERATOR, [asked], "", RecordingLog()).make()
    await carry_out(desk, OPERATOR, "mirror", ["filter", "1", "--not-words", "spam", "--words", "cats"])
    await Arrangement(desk, OPERATOR, [asked], "", RecordingLog()).make()
    assert await options(desk) == Options(not_words=("spam",))


async def test_rules_that_nobody_can_meet_let_nobody_in(desk, monkeypatch):
    """The file keeps people out; that the forum knows no accounts is told, and opens no door."""
    desk.down = False
    monkeypatch.setattr("bot.commands.answering.ConnectsAccounts", type("Unheard", (), {}))
    asked = msgspec.structs.replace(MIRROR, accounts="own")
    await Arrangement(desk, OPERATOR, [asked], "", RecordingLog()).make()
    [mirror] = await desk.store.read(mirrors, None)
    assert mirror.answering.accounts is Accounts.OWN
    [(text,)] = await desk.store.read(run, "SELECT text FROM notice WHERE closed_at IS NULL")
    assert text.startswith("fake:board goes into web:lounge, and nobody can answer it there as the settings say: ")


async def test_who_may_answer_is_what_the_settings_say_at_each_start(desk):
    """What they leave unsaid stays as admins said."""
    desk.down = False
    asked = msgspec.structs.replace(MIRROR, who=("Helpers", "level 50"), accounts="own")
    await Arrangement(desk, OPERATOR, [asked], "", RecordingLog()).make()
    [mirror] = await desk.store.read(mirrors, None)
    assert mirror.rules == Rules("all", Answering(Accounts.OWN, ("Helpers", "level 50")))
    await carry_out(desk, OPERATOR, "mirror", ["replies", "1", "--take", "replies", "--from", "anybody"])
    await Arrangement(desk, OPERATOR, [asked], "", RecordingLog()).make()
    [mirror] = await desk.store.read(mirrors, None)
    assert mirror.rules == Rules("replies", Answering(Accounts.OWN, ("Helpers", "level 50")))
    await Arrangement(desk, OPERATOR, [msgspec.structs.replace(MIRROR, who=())], "", RecordingLog()).make()
    [mirror] = await desk.store.read(mirrors, None)
    assert mirror.answering.who == ()
