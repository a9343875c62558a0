"""What people put on their messages in rooms: told with them, fetched from the homeserver, and decrypted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.chats.matrix import adapter
from adapters.chats.matrix.chat import MatrixChat
from adapters.chats.matrix.encryption.machine import installed
from bot.errors import Gone, Refused, Unreachable
from bot.model import Attached, ChatName, Said
from bot.ports import Chat, KeepsFiles, Secret
from bot.testing.chat_talk import Ears
from bot.testing.context import context
from tests.matrix.conftest import People
from tests.matrix.homeserver import Homeserver
from tests.matrix.listening import redact
from tests.matrix.people import Person
from tests.matrix.proxy import Fail, Proxy
from tests.matrix.secretive import Secretive, encrypt

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
MOST = 1_000_000


def picture(mxc: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.image", "body": "cat.png", "url": mxc, "info": {"mimetype": "image/png"}, **more}


class Us:
    """Our login, and its ears."""

    def __init__(self, person: Person, chat: MatrixChat, ears: Ears) -> None:
        self.person = person
        self.chat = chat
        self._ears = ears

    async def told(self) -> Said:
        """The next message with a file."""
        events = await self._ears.until(lambda event: isinstance(event, Said) and bool(event.files))
        return cast(Said, events[-1])


@pytest.fixture
async def us(people: People, tmp_path: Path, proxy: Proxy) -> AsyncIterator[Us]:
    """Through a proxy that may fail."""
    person = await people("bot")
    its = context(tmp_path, "matrix")
    settings = adapter.settings(homeserver=proxy.address, token=Secret(person.login.access_token))
    chat = adapter.open(ChatName("matrix"), settings, its)
    ears = Ears(cast(Chat, chat), "")
    for _ in range(2):
        assert await ears.batch(20) is not None
    yield Us(person, chat, ears)
    await ears.close()
    await chat.close()
    await its.net.close()


@pytest.fixture
async def ann(people: People) -> Person:
    """Who puts files on messages."""
    return await people("ann")


async def together(owner: Person, us: Us) -> str:
    room = await owner.room()
    await us.person.join(room)
    return room


async def test_a_file_is_told_and_can_be_had(us: Us, ann: Person) -> None:
    """It lies where members alone can have it."""
    room = await together(ann, us)
    event = await ann.send(room, "m.room.message", picture(await ann.upload(PNG, "image/png")))
    said = await us.told()
    [file] = said.files
    assert (said.text, file.name, file.address) == ("", "cat.png", f"{room}/{event}")
    assert isinstance(us.chat, KeepsFiles)
    assert await us.chat.file(file, MOST) == PNG


async def test_a_file_that_is_too_large_is_refused(us: Us, ann: Person) -> None:
    """Whatever its message says of its size."""
    room = await together(ann, us)
    await ann.send(room, "m.room.message", picture(await ann.upload(PNG * 10, "image/png")))
    [file] = (await us.told()).files
    with pytest.raises(Refused, match="file_bytes"):
        await us.chat.file(file, len(PNG))


async def test_a_file_that_was_taken_away_is_gone(us: Us, ann: Person) -> None:
    """A message that was taken away says nothing any more, and what never was on the homeserver is not there."""
    room = await together(ann, us)
    event = await ann.send(room, "m.room.message", picture(await ann.upload(PNG, "image/png")))
    [file] = (await us.told()).files
    await redact(ann, room, event)
    with pytest.raises(Gone):
        await us.chat.file(file, MOST)
    await ann.send(room, "m.room.message", picture(f"mxc://{ann.id.partition(':')[2]}/nothing"))
    [file] = (await us.told()).files
    with pytest.raises(Gone):
        await us.chat.file(file, MOST)
    for junk in ("", "a/b", f"{room}/", f"{room}/$nothing"):
        with pytest.raises(Gone):
            await us.chat.file(Attached(junk, "a.png"), MOST)


async def test_a_homeserver_that_is_away_has_the_file_later(us: Us, ann: Person, proxy: Proxy) -> None:
    """The reply waits a while for it."""
    room = await together(ann, us)
    await ann.send(room, "m.room.message", picture(await ann.upload(PNG, "image/png")))
    [file] = (await us.told()).files
    proxy.rule(Fail(502), "GET", "/media/download", times=1)
    with pytest.raises(Unreachable):
        await us.chat.file(file, MOST)
    assert await us.chat.file(file, MOST) == PNG


@pytest.mark.skipif(not installed(), reason="needs what the extra matrix-e2ee brings (vodozemac)")
async def test_an_encrypted_file_is_decrypted(us: Us, homeserver: Homeserver, people: People, tmp_path: Path) -> None:
    """What people of an encrypted room mean for the forum is shown there as they see it."""
    from nio.crypto.attachments import encrypt_attachment

    sealed, how = encrypt_attachment(PNG)
    async with AsyncExitStack() as stack:
        person = Secretive(homeserver.address, (await people("ann")).login, tmp_path / "client")
        stack.push_async_callback(person.close)
        await person.begin()
        room = await together(person, us)
        await encrypt(person, room)
        file = {**how, "url": await person.upload(sealed)}
        content = {"msgtype": "m.image", "body": "Look", "filename": "cat.png", "file": file}
        await person.send(room, "m.room.message", content)
        said = await us.told()
        assert said.text == "Look"
        assert await us.chat.file(said.files[0], MOST) == PNG
