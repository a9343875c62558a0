"""What people put on their messages goes to the forum with them: taken where it takes files, else linked."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bot.enclosing import kept, kind_of
from bot.errors import NotAllowed, OutcomeUnknown, RateLimited, Refused, Unreachable
from bot.model import Attached, ForumCapabilities, Login, PostKey
from bot.schedule import Schedule
from bot.sender import Sender, World
from bot.sender.carrying import TRIES
from bot.store import run
from bot.store.places import installation
from bot.store.tidying import sweep
from bot.testing.clock import FakeClock
from bot.testing.faults import Fault
from bot.testing.forum_addresses import ADDRESS
from bot.testing.forums import EVERYTHING, FakeForum
from tests.unit.test_waiting import BY_WORDS
from tests.unit.test_waiting import House as Plain

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
LARGEST = 10_000
"""Bytes of a file that the settings allow."""
KEYED = msgspec.structs.replace(EVERYTHING, format="markdown")
LATER = 3_600_000


class Killed(BaseException):
    """The process ends here."""


class Bare(FakeForum):
    """A forum that takes no files."""

    upload = None  # type: ignore[assignment]


class House(Plain):
    """A mirrored board; what is said in its one chat thread may have files on it."""

    async def start(self) -> "House":
        await super().start()
        world = World({"chat": self.chat}, {"forum": self.opened}, largest=LARGEST)
        home = await self.store.write(installation)
        self.sender = Sender(self.store, world, self.clock, Schedule(), self.log, installation=home, settle=0.0)
        return self

    def posts(self) -> list[str]:
        """The texts of what was said in the chat, as the forum has them."""
        return [row.text for row in self.forum.posts.values() if row.ours]

    async def fates(self) -> list[tuple[str, str]]:
        """The fate of every reply, and why."""
        return [(fate, why) for fate, why in await self.store.read(run, "SELECT fate, reason FROM reply ORDER BY id")]


def forum_of(caps: ForumCapabilities, clock: FakeClock) -> FakeForum:
    return FakeForum(caps, clock.now, markers=caps.key_window is not None)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = FakeClock()
    made = House(tmp_path, forum_of(KEYED, clock), clock)
    await made.furnish()
    made.forum.moderated = False
    yield made
    await made.close()


@pytest.fixture
async def keyless(tmp_path: Path) -> AsyncIterator[House]:
    """A forum that knows no keys: what is lost is looked for by its words."""
    clock = FakeClock()
    made = House(tmp_path, forum_of(msgspec.structs.replace(BY_WORDS, format="markdown"), clock), clock)
    await made.furnish()
    made.forum.moderated = False
    yield made
    await made.close()


async def test_a_file_goes_to_a_forum_that_takes_files(house: House) -> None:
    """Who reads the forum sees what was meant, without an account in the chat."""
    house.chat.person("Zoe").say(house.place, "Look here", files={"cat.png": PNG})
    await house.settle()
    assert house.posts() == [f"Look here\n\n[cat.png]({ADDRESS}/files/1)"]
    assert house.forum.files == {f"{ADDRESS}/files/1": PNG}


async def test_a_message_of_a_file_alone_is_posted(house: House) -> None:
    """A picture says something by itself."""
    house.chat.person("Zoe").say(house.place, "", files={"cat.png": PNG, "notes.txt": b"text"})
    await house.settle()
    assert house.posts() == [f"[cat.png]({ADDRESS}/files/1)\n\n[notes.txt]({ADDRESS}/files/2)"]


async def test_a_file_is_linked_where_the_forum_takes_none(house: House) -> None:
    """The link leads to the message; addresses of files in chats expire, and are no images to be shown."""
    house.forum.__class__ = Bare
    said = house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG})
    await house.settle()
    assert house.posts() == [f"Look\n\n[cat.png](https://chat.example/m/{said})"]


@pytest.mark.parametrize("error", [Refused("Sorry, no such files here"), NotAllowed("New users upload nothing")])
async def test_a_file_that_the_forum_refuses_is_linked(house: House, error: Exception) -> None:
    """The words are posted all the same."""
    house.forum.faults.append(Fault(error, "upload"))
    said = house.chat.person("Zoe").say(house.place, "Look", files={"cat.exe": b"MZ"})
    await house.settle()
    assert house.posts() == [f"Look\n\n[cat.exe](https://chat.example/m/{said})"]


async def test_a_file_that_is_too_large_is_linked(house: House) -> None:
    """The setting bounds what is fetched into memory, whatever the forum would take."""
    said = house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG * 1000})
    await house.settle()
    assert house.posts() == [f"Look\n\n[cat.png](https://chat.example/m/{said})"]
    assert not house.forum.files


async def test_a_file_that_is_gone_loses_no_words(house: House) -> None:
    """It is said in its place that it was there."""
    house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG})
    house.chat.files.clear()
    await house.settle()
    assert house.posts() == ["Look\n\ncat.png (could not be fetched)"]


async def test_a_file_whose_chat_is_away_is_waited_for(house: House) -> None:
    """For a while: then the words go without it."""
    house.chat.faults.append(Fault(Unreachable("away"), "file"))
    house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG})
    await house.settle()
    for _ in range(TRIES):
        await house.later(LATER)
    assert house.posts() == [f"Look\n\n[cat.png]({ADDRESS}/files/1)"]


async def test_words_do_not_wait_for_a_file_for_ever(house: House) -> None:
    """Nobody is told that the forum cannot be reached: it can."""
    for _ in range(TRIES + 1):
        house.chat.faults.append(Fault(Unreachable("away"), "file"))
    said = house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG})
    await house.settle()
    assert not house.posts()
    for _ in range(TRIES):
        await house.later(LATER)
    assert house.posts() == [f"Look\n\n[cat.png](https://chat.example/m/{said})"]
    assert not await house.store.read(run, "SELECT 1 FROM notice")


async def test_what_was_uploaded_is_not_uploaded_again(house: House) -> None:
    """The forum asks for a pause before the post: then the post alone is repeated."""
    house.forum.faults.append(Fault(RateLimited("slow down", 5.0), "submit"))
    house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG})
    await house.settle()
    await house.later(LATER)
    assert house.posts() == [f"Look\n\n[cat.png]({ADDRESS}/files/1)"]
    assert len(house.forum.files) == 1


async def test_an_upload_whose_answer_is_lost_is_repeated(house: House) -> None:
    """It shows nothing to anybody; the post was not begun, so nothing has to be found out."""
    house.forum.faults.append(Fault(OutcomeUnknown("cut off"), "upload", after=True))
    house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG})
    await house.settle()
    await house.later(LATER)
    assert house.posts() == [f"Look\n\n[cat.png]({ADDRESS}/files/2)"]


async def test_a_post_with_a_file_whose_answer_is_lost_is_found_again(keyless: House) -> None:
    """By its words, with those of the file: it stands there once, and is no echo in the chat."""
    keyless.forum.faults.append(Fault(OutcomeUnknown("cut off"), "submit", after=True))
    keyless.chat.person("Zoe").say(keyless.place, "Look", files={"cat_1.png": PNG})
    await keyless.settle()
    await keyless.later(LATER)
    assert len(keyless.posts()) == 1
    assert [fate for fate, _ in await keyless.fates()] == ["posted"]
    assert len(keyless.chat.shown(keyless.place)) == 1, "the person's message alone"


async def test_a_post_is_known_by_what_people_read_of_its_files(keyless: House) -> None:
    """Forums have addresses of their own for files, which no page shows: the poller sees the post before we know."""
    upload = keyless.forum.upload

    async def odd(name: str, kind: str, content: bytes, login: Login | None = None) -> str:
        await upload(name, kind, content, login)
        return f"![{name}|10x10](upload://x)"

    keyless.forum.upload = odd  # type: ignore[method-assign]
    keyless.forum.faults.append(Fault(OutcomeUnknown("cut off"), "submit", after=True))
    keyless.chat.person("Zoe").say(keyless.place, "Look", files={"cat_1.png": PNG})
    await keyless.hear()
    await keyless.sender.drain()
    [row] = [one for one in keyless.forum.posts.values() if one.ours]
    row.text = row.text.replace("![cat_1.png|10x10](upload://x)", "![cat_1.png](https://forum.example/x.png)")
    await keyless.read()
    assert [fate for fate, _ in await keyless.fates()] == ["posted"]
    await keyless.later(LATER)
    assert len(keyless.chat.shown(keyless.place)) == 1, "the person's message alone"


async def test_a_crash_between_upload_and_post_posts_once(keyless: House) -> None:
    """What has its files beside it was not sent yet."""

    async def dies() -> None:
        raise Killed

    keyless.forum.faults.append(Fault(dies, "submit"))
    keyless.chat.person("Zoe").say(keyless.place, "Look", files={"cat.png": PNG})
    await keyless.hear()
    keyless.forum.faults.appendleft(Fault(dies, "upload", after=True))
    for _ in range(2):
        with pytest.raises(BaseExceptionGroup):
            await keyless.sender.drain()
        await keyless.restart()
        keyless.clock.advance(LATER)
    await keyless.later(LATER)
    assert len(keyless.posts()) == 1


async def test_an_edit_keeps_the_files(house: House) -> None:
    """What changes are the words; the file that the forum has is shown again, and not uploaded again."""
    said = house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG})
    await house.settle()
    house.chat.person("Zoe").edit(said, "Look there")
    await house.settle()
    assert house.posts() == [f"Look there\n\n[cat.png]({ADDRESS}/files/1)"]
    assert len(house.forum.files) == 1


async def test_what_was_linked_stays_linked(house: House) -> None:
    """An edit asks no chat and no forum for it again."""
    house.forum.faults.append(Fault(Refused("no"), "upload"))
    said = house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG})
    await house.settle()
    house.chat.person("Zoe").edit(said, "Look there")
    await house.settle()
    assert house.posts() == [f"Look there\n\n[cat.png](https://chat.example/m/{said})"]
    assert not house.forum.files


async def test_what_is_deleted_leaves_no_names(house: House) -> None:
    """Names of files are words of a person's, too."""
    said = house.chat.person("Zoe").say(house.place, "Look", files={"secret.png": PNG})
    await house.settle()
    house.chat.person("Zoe").delete(said)
    await house.settle()
    await sweep(house.store, house.clock.now())
    assert await house.store.read(run, "SELECT files FROM reply") == [("[]",)]
    assert not await house.store.read(run, "SELECT 1 FROM reply_file")


def test_names_of_files_are_harmless() -> None:
    """They come from people, and stand in paths, headers and texts of the forum's."""
    names = ["../../etc/passwd", "C:\\temp\\a.png", "a\x00b\n.png", "..", "", "x" * 300 + ".png", "\u202egnp.exe"]
    told = kept([Attached(f"a/{n}", name) for n, name in enumerate(names)])
    assert [one.name for one in told] == ["passwd", "a.png", "ab .png", "file", "file", "x" * 96 + ".png", "gnp.exe"]


def test_no_more_than_ten_files_of_a_message_are_kept() -> None:
    """Nobody fills a forum with one message."""
    assert len(kept([Attached(str(n), "a.png") for n in range(30)])) == 10


@pytest.mark.parametrize(
    ("told", "content", "kind"),
    [
        ("image/png", b"<html>", "image/png"),
        ("", b"<html>", "text/plain"),
        ("application/msword", PNG, "image/png"),
        ("application/vnd.oasis.opendocument.text", b"PK\x03\x04", "application/vnd.oasis.opendocument.text"),
        ("", b"PK\x03\x04", "application/zip"),
    ],
)
def test_what_a_file_is_its_first_bytes_tell(told: str, content: bytes, kind: str) -> None:
    """What they do not tell, the chat does."""
    assert kind_of(Attached("a", "a", told), content) == kind


async def test_a_file_goes_with_its_persons_account(house: House) -> None:
    """The post is theirs, and so is what it shows."""
    seen: list[Login | None] = []
    upload = house.forum.upload

    async def watched(name: str, kind: str, content: bytes, login: Login | None = None) -> str:
        seen.append(login)
        return await upload(name, kind, content, login)

    house.forum.upload = watched  # type: ignore[method-assign]
    house.chat.person("Zoe").say(house.place, "Look", files={"cat.png": PNG})
    await house.settle()
    assert seen == [None]
    assert PostKey("") not in house.forum.posts
