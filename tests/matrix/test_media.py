"""What becomes of the images and recordings of posts in a room, fetched from a server and uploaded for real."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.media.uploads import KEPT
from adapters.chats.matrix.settings import Settings
from bot import markup
from bot.media.cache import Cache
from bot.media.library import Library
from bot.media.port import ShownIn
from bot.model import Card, CardKind, ChannelRef, ChatName, MessageId, ThreadRef, Where
from bot.net import Net
from bot.ports import Context, Secret
from bot.testing.clock import FakeClock
from bot.testing.context import context
from bot.testing.log import RecordingLog
from bot.testing.server import LoopbackSite
from tests.matrix.conftest import People
from tests.matrix.homeserver import Homeserver
from tests.matrix.people import Person
from tests.matrix.proxy import Answer, Ask, Fail, Proxy
from tests.matrix.secretive import encrypt
from tests.matrix.services import Service

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
    "e221bc330000000049454e44ae426082"
)
KITE = PIXEL[:16] + (640).to_bytes(4) + (480).to_bytes(4) + PIXEL[24:]
"""It says that it is larger than it is; whoever looks at its first bytes believes it."""

FILES = {
    "kite.png": KITE,
    "hill.png": PIXEL,
    "song.mp3": b"ID3" + bytes(500),
    "clip.mp4": b"\0\0\0\x18ftypisom" + bytes(500),
    "paper.pdf": b"%PDF-1.7\n" + bytes(500),
    "page": b"<!doctype html><title>Log in</title>",
    "large.png": PIXEL + bytes(3_000_000),
}
LARGEST = 4_000_000


class Site:
    """A server of files; `asked` counts who was asked for what."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.files = dict(FILES)
        self.server = LoopbackSite([web.get("/{name}", self._give)])

    def at(self, name: str) -> str:
        return f"{self.server.address}/{name}"

    async def _give(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.asked[name] += 1
        return web.Response(body=self.files[name]) if name in self.files else web.Response(status=404)


CONFIG = "/_matrix/client/v1/media/config"


class Narrow(Proxy):
    """Before a homeserver that takes small files only, and says so."""

    async def around(self, method: str, path: str, ask: Ask) -> Answer | None:
        if path != CONFIG:
            return await ask()
        return Answer(200, [("Content-Type", "application/json")], json.dumps({"m.upload.size": 10_000}).encode())


class NoRenewal:
    """No address has expired, and no post is read again."""

    async def current(self, chat: str, place: ShownIn, address: str) -> str:
        return ""

    async def reread(self, chat: str, place: ShownIn) -> bool:
        return False


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with site.server:
        yield site


class House:
    """One home of the adapter, opened as often as it is wanted."""

    def __init__(self, folder: Path, bot: Person) -> None:
        self.clock = FakeClock()
        self.log = RecordingLog()
        self._folder = folder
        self._bot = bot
        self._net = Net(allow=("127.0.0.1",))
        self._opened: list[tuple[MatrixChat, Library, Context]] = []

    def opened(self, address: str, **told: Any) -> MatrixChat:
        """The login as an ordinary account."""
        token = Secret(self._bot.login.access_token)
        return self.opened_by(adapter.settings(homeserver=address, token=token, **told))

    def served(self, service: Service, address: str, **told: Any) -> MatrixChat:
        """The login as an application service."""
        service.known_in(self._folder / "matrix")
        return self.opened_by(service.settings(address, **told))

    def opened_by(self, settings: Settings) -> MatrixChat:
        """The login as it is set, with an empty cache of files."""
        cache = Cache(self._folder / f"media-{len(self._opened)}", 100_000_000)
        library = Library(self._net, cache, self.clock.now, self.log, largest=LARGEST, renews=NoRenewal())
        its = context(self._folder, "matrix", media=library.of("matrix"), now=self.clock.now, log=self.log)
        chat = adapter.open(ChatName("matrix"), settings, its)
        self._opened.append((chat, library, its))
        return chat

    async def close(self) -> None:
        for chat, library, its in self._opened:
            await chat.close()
            await library.close()
            await its.net.close()
        await self._net.close()


@pytest.fixture
async def ann(people: People) -> Person:
    return await people("ann")


@pytest.fixture
async def bot(people: People) -> Person:
    return await people("bot")


@pytest.fixture
async def room(ann: Person, bot: Person) -> str:
    room = await ann.room()
    await bot.join(room)
    return room


@pytest.fixture
async def house(tmp_path: Path, bot: Person) -> AsyncIterator[House]:
    house = House(tmp_path, bot)
    yield house
    await house.close()


Opens = Callable[..., MatrixChat]


@pytest.fixture
def opens(house: House, proxy: Proxy) -> Opens:
    """Opens the login behind the proxy; attachments are messages, if nothing else is said."""
    return lambda **told: house.opened(proxy.address, **{"attachments": "messages", **told})


def place(room: str, thread: str = "") -> Where:
    return Where(ChannelRef(room), ThreadRef(thread))


def card(html: str, **more: Any) -> Card:
    return Card(CardKind.POST, author="Author", body=markup.read(html, "html"), **more)


async def show(chat: MatrixChat, where: Where, shown: Card, key: str) -> list[MessageId]:
    """Send all messages of a card."""
    return [await chat.send(where, one, f"{key}-{n}") for n, one in enumerate(chat.render(shown))]


async def contents(person: Person, room: str) -> list[dict[str, Any]]:
    """What the messages of a room say, oldest first; changes are messages too."""
    return [one["content"] for one in await person.events(room)]


async def downloaded(person: Person, mxc: str) -> bytes:
    headers = {"Authorization": f"Bearer {person.login.access_token}"}
    where = f"/_matrix/client/v1/media/download/{mxc.removeprefix('mxc://')}"
    async with aiohttp.ClientSession(person.address, headers=headers) as session, session.get(where) as answer:
        return await answer.read()


def uploads(proxy: Proxy) -> int:
    return len([asked for asked in proxy.asked if "/upload" in asked.path])


# ---------------------------------------------------------------------------------------------- messages of their own


async def test_each_image_and_recording_is_a_message_behind_the_text(
    ann: Person, opens: Opens, room: str, site: Site
) -> None:
    """In its chat thread, of its kind, with its name, type and size: clients show no image in a text, or not all do."""
    chat = opens()
    [root] = await show(chat, place(room), card("<p>root</p>"), "k")
    text = (
        f'<p>see <img src="{site.at("kite.png")}" alt="a red kite"> <video src="{site.at("clip.mp4")}"></video>'
        f' <audio src="{site.at("song.mp3")}"></audio> <embed src="{site.at("paper.pdf")}"></p>'
    )
    await show(chat, place(room, root), card(text), "t")
    _, words, *files = await contents(ann, room)
    assert "<img" not in words["formatted_body"]
    assert site.at("kite.png") in words["formatted_body"]
    assert [one["msgtype"] for one in files] == ["m.image", "m.video", "m.audio", "m.file"]
    assert all(one["m.relates_to"]["event_id"] == root for one in files)
    assert all(one["m.mentions"] == {} for one in files)
    assert [one["filename"] for one in files] == ["kite.png", "clip.mp4", "song.mp3", "paper.pdf"]
    assert [one["body"] for one in files] == ["a red kite", "clip.mp4", "song.mp3", "paper.pdf"]
    assert files[0]["info"] == {"mimetype": "image/png", "size": len(KITE), "w": 640, "h": 480}
    assert files[3]["info"] == {"mimetype": "application/pdf", "size": len(FILES["paper.pdf"])}
    assert await downloaded(ann, files[0]["url"]) == KITE
    assert files[0]["com.beeper.per_message_profile"]["displayname"] == "Author"


async def test_what_cannot_be_had_is_a_message_with_its_link(ann: Person, opens: Opens, room: str, site: Site) -> None:
    """Never nothing: gone, a page, or larger than what is fetched; the words say what it is."""
    text = "".join(f'<p><img src="{site.at(name)}" alt="{name[:4]}"></p>' for name in ("gone.png", "page"))
    await show(opens(), place(room), card(text), "k")
    _, *files = await contents(ann, room)
    assert [one["msgtype"] for one in files] == ["m.text", "m.text"]
    assert [one["body"] for one in files] == [f"gone: {site.at('gone.png')}", f"page: {site.at('page')}"]
    for name, one in zip(("gone.png", "page"), files, strict=True):
        assert f'<a href="{site.at(name)}">' in one["formatted_body"]


async def test_what_the_homeserver_does_not_take_is_not_sent_to_it(
    ann: Person, house: House, room: str, site: Site, homeserver: Homeserver
) -> None:
    """It says once how large a file may be; what is larger, or fails, is a link."""
    async with Narrow(homeserver.address) as proxy:
        chat = house.opened(proxy.address, attachments="messages")
        proxy.rule(Fail(507), "POST", "/upload", times=1)
        names = ("hill.png", "large.png", "kite.png")
        await show(chat, place(room), card("".join(f'<img src="{site.at(name)}">' for name in names)), "k")
        assert uploads(proxy) == 2
        assert len([asked for asked in proxy.asked if asked.path == CONFIG]) == 1
    said = [one["msgtype"] for one in await contents(ann, room)]
    assert said == ["m.text", "m.text", "m.text", "m.image"]


async def test_hidden_images_stay_links_and_no_more_become_messages_than_are_set(
    ann: Person, opens: Opens, room: str, site: Site
) -> None:
    """A spoiler hides its picture too; a page of a video is no file."""
    text = (
        f'<p><img src="{site.at("kite.png")}"> <img src="{site.at("hill.png")}">'
        '<iframe src="https://www.youtube.com/embed/aaaaaaaaaaa"></iframe>'
        f'<details><summary>more</summary><img src="{site.at("paper.pdf")}"></details></p>'
    )
    await show(opens(images=1), place(room), card(text), "k")
    words, kite = await contents(ann, room)
    assert kite["filename"] == "kite.png"
    assert all(site.at(name) in words["formatted_body"] for name in ("kite.png", "hill.png", "paper.pdf"))
    assert site.asked == {"kite.png": 1}


async def test_where_nothing_may_be_added_images_stand_in_the_text(
    ann: Person, opens: Opens, room: str, site: Site
) -> None:
    """A post that gained an image after others spoke has no room for it but its own."""
    chat = opens()
    [sent] = await show(chat, place(room), card("<p>before</p>"), "k")
    [changed] = chat.render(card(f'<p><img src="{site.at("kite.png")}"></p>'), 1)
    await chat.edit(place(room), sent, changed)
    assert 'src="mxc://' in (await contents(ann, room))[1]["m.new_content"]["formatted_body"]


async def test_in_an_encrypted_room_files_are_links(ann: Person, opens: Opens, room: str, site: Site) -> None:
    """On the homeserver they would lie in clear."""
    await encrypt(ann, room)
    chat = opens()
    shown = card(f'<p><img src="{site.at("kite.png")}"></p>')
    contents = [await chat._content(room, one, "") for one in chat.render(shown)]
    assert [one["msgtype"] for one in contents] == ["m.text", "m.text"]
    assert not site.asked


async def test_a_ghost_shows_its_images_itself(
    ann: Person, house: House, room: str, site: Site, homeserver: Homeserver
) -> None:
    """Its name stands beside them; the picture of a message's own would be another one."""
    service = homeserver.services[0]
    account = await service.account(homeserver)
    await account.join(room)
    chat = house.served(service, homeserver.address, attachments="messages")
    text = f'<p><img src="{site.at("kite.png")}"> <img src="{site.at("gone.png")}"></p>'
    await show(chat, place(room), card(text, author_key="forum/zoe", avatar=site.at("hill.png")), "k")
    events = await ann.events(room)
    assert len({event["sender"] for event in events} - {account.id}) == 1
    assert [event["content"]["msgtype"] for event in events] == ["m.text", "m.image", "m.text"]
    assert not any("com.beeper.per_message_profile" in event["content"] for event in events)
    await account.close()


# ------------------------------------------------------------------------------------------------------------ changes


async def test_a_text_that_changed_fetches_and_uploads_nothing_again(
    ann: Person, opens: Opens, room: str, site: Site, proxy: Proxy
) -> None:
    """Also after a restart, with an empty cache, and when the server has lost the image: it stands there already."""
    for attachments in ("inline", "messages"):
        text = f'<p>{{}} <img src="{site.at("kite.png")}" alt="a kite"></p>'
        face = {"avatar": site.at("hill.png")}
        key = f"k-{attachments}"
        sent = await show(opens(attachments=attachments), place(room), card(text.format("one"), **face), key)
        site.files.clear()
        before, asked, stood = uploads(proxy), site.asked.copy(), await contents(ann, room)
        chat = opens(attachments=attachments)
        for message, changed in zip(sent, chat.render(card(text.format("two"), **face)), strict=True):
            await chat.edit(place(room), message, changed)
        after = await contents(ann, room)
        assert len(after) == len(stood) + 1, "the image itself did not change"
        html = after[-1]["m.new_content"]["formatted_body"]
        assert "two" in html
        assert html.count("<img ") == stood[-len(sent)]["formatted_body"].count("<img ")
        assert (uploads(proxy), site.asked) == (before, asked)
        site.files.update(FILES)


async def test_a_link_becomes_the_image_when_it_can_be_had(ann: Person, opens: Opens, room: str, site: Site) -> None:
    """An edit is an occasion to try it again."""
    site.files.clear()
    _, link = await show(opens(), place(room), card(f'<p><img src="{site.at("kite.png")}"></p>'), "k")
    site.files.update(FILES)
    chat = opens()
    _, changed = chat.render(card(f'<p>more <img src="{site.at("kite.png")}"></p>'))
    await chat.edit(place(room), link, changed)
    new = (await contents(ann, room))[-1]
    assert (new["m.new_content"]["msgtype"], new["body"]) == ("m.image", "* kite.png")


# ------------------------------------------------------------------------------------------------------- remembering


async def test_a_face_is_uploaded_once_over_all_starts(
    ann: Person, opens: Opens, room: str, site: Site, proxy: Proxy, house: House
) -> None:
    """A thousand authors have a thousand of them. After a month it is uploaded again: homeservers may tidy up."""
    mxcs = []
    for n in range(3):
        shown = card("<p>x</p>", avatar=site.at("hill.png"))
        await show(opens(), place(room), shown, f"k-{n}")
        mxcs.append((await contents(ann, room))[-1]["com.beeper.per_message_profile"]["avatar_url"])
        house.clock.advance(KEPT if n == 1 else 0)
    assert mxcs[0] == mxcs[1] != mxcs[2]
    assert uploads(proxy) == 2


async def test_a_file_is_uploaded_once_for_many_rooms_at_once(
    opens: Opens, ann: Person, bot: Person, room: str, site: Site, proxy: Proxy
) -> None:
    """The same author speaks in several rooms of a start."""
    chat, other = opens(), await ann.room()
    await bot.join(other)
    shown = card("<p>x</p>", avatar=site.at("hill.png"))
    await asyncio.gather(*(show(chat, place(one), shown, f"k-{one}") for one in (room, other)))
    assert uploads(proxy) == 1


async def test_the_file_goes_up_as_it_is(ann: Person, opens: Opens, room: str, site: Site) -> None:
    """It is read while it is sent, piece by piece."""
    await show(opens(), place(room), card(f'<p><img src="{site.at("large.png")}"></p>'), "k")
    [_, large] = await contents(ann, room)
    got = await downloaded(ann, large["url"])
    assert hashlib.sha256(got).digest() == hashlib.sha256(FILES["large.png"]).digest()
