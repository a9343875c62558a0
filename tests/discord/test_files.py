"""What people put on their messages: told with them, and had for as long as it stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import Gone, Refused
from bot.model import Attached, Edited, Said
from tests.discord.cards import PNG, Opener
from tests.discord.hearing import Hearing, heard
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn
from tests.discord.test_two_ways import House

MOST = 1_000_000


async def one_file(hearing: Hearing, ann: Person, talk: Channel, content: bytes = PNG) -> Attached:
    """A file on a message, as the gateway tells it."""
    ears = await hearing.ears()
    ann.says(talk, "Look", files={"cat.png": content})
    [said] = await heard(ears, ann, talk)
    assert isinstance(said, Said)
    [file] = said.files
    return file


async def test_a_file_is_told_with_its_message(hearing: Hearing, ann: Person, talk: Channel, guild: Guild) -> None:
    """Its link leads to the message, for as long as that stands; the file's own address is dead in a day."""
    file = await one_file(hearing, ann, talk)
    [message, _] = ann.sees(talk)
    assert (file.name, file.kind, file.size) == ("cat.png", "image/png", len(PNG))
    assert file.link == f"https://discord.com/channels/{guild.id}/{talk.id}/{message.id}"
    assert "hm=" not in file.address


async def test_a_message_of_a_file_alone_is_told(hearing: Hearing, ann: Person, talk: Channel) -> None:
    """It has no words, and says something all the same."""
    ears = await hearing.ears()
    ann.says(talk, files={"a.png": PNG, "b.txt": b"text"})
    [said] = await heard(ears, ann, talk)
    assert isinstance(said, Said)
    assert said.text == ""
    assert [one.name for one in said.files] == ["a.png", "b.txt"]


async def test_words_that_leave_a_file_alone_are_an_edit(hearing: Hearing, ann: Person, talk: Channel) -> None:
    """The post then has no words either."""
    ears = await hearing.ears()
    message = ann.says(talk, "Look", files={"a.png": PNG})
    ann.edits(message, "")
    events = await heard(ears, ann, talk)
    assert [one.text for one in events if isinstance(one, Edited)] == [""]


async def test_a_file_can_be_had_when_its_address_has_expired(
    hearing: Hearing, ann: Person, talk: Channel, stand_in: StandIn, opened: Opener
) -> None:
    """A reply may wait for its forum for days."""
    file = await one_file(hearing, ann, talk)
    stand_in.forward(3 * 86_400)
    assert await (await opened()).file(file, MOST) == PNG


async def test_a_file_that_is_gone_is_gone(
    hearing: Hearing, ann: Person, talk: Channel, stand_in: StandIn, opened: Opener
) -> None:
    """Its message was deleted, or it alone was; nothing else is taken for it."""
    chat, file = await opened(), await one_file(hearing, ann, talk)
    for address in (f"{file.address}1", "1/2/3", "../../x", ""):
        with pytest.raises(Gone):
            await chat.file(Attached(address, "a.png"), MOST)
    stand_in.world.files.clear()
    with pytest.raises(Gone):
        await chat.file(file, MOST)
    ann.deletes(ann.sees(talk)[0])
    with pytest.raises(Gone):
        await chat.file(file, MOST)


async def test_a_file_that_is_too_large_is_refused(
    hearing: Hearing, ann: Person, talk: Channel, opened: Opener
) -> None:
    """Before anything of it is fetched, and whatever Discord says of its size."""
    file = await one_file(hearing, ann, talk, PNG * 100)
    with pytest.raises(Refused, match="file_bytes"):
        await (await opened()).file(file, len(PNG))


@pytest.mark.usefixtures("soon")
async def test_a_file_on_a_message_reaches_the_forum(
    tmp_path: Path, stand_in: StandIn, ann: Person, talk: Channel, guild: Guild
) -> None:
    """The sandbox takes no files: its posts lead to the message."""
    async with House(tmp_path, stand_in).running() as house:
        thread, inside = await house.mirror(talk)
        message = ann.says(inside, "Look", files={"cat_1.png": PNG})
        await house.until("SELECT 1 FROM reply WHERE fate='posted'")
        link = f"https://discord.com/channels/{guild.id}/{inside.id}/{message.id}"
        assert (await house.said(thread))[-1] == f"Look\n\n[cat_1.png]({link})"


async def test_files_come_from_discords_own_servers_alone(opened: Opener) -> None:
    """What a message says of its files is never led elsewhere."""
    rest = (await opened())._rest
    assert rest.serves("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1")
    for address in (
        "http://cdn.discordapp.com/a",
        "https://cdn.discordapp.com.evil.example/a",
        "https://cdn.discordapp.com@evil.example/a",
        "https://cdn.discordapp.com:444/a",
        "https://evil.example/a",
        "http://[",
        "",
    ):
        assert not rest.serves(address), address
