"""What a message in a room tells of the file that it is."""

import pytest

from adapters.chats.matrix.media.downloads import opened
from adapters.chats.matrix.receiving.events import Known
from adapters.chats.matrix.receiving.files import Sealed, attached, source
from bot.errors import Refused
from bot.model import Edited, Said
from tests.unit.matrix_receiving.test_events import ANN, ONE, TWO, event, read, relates

PICTURE = {"msgtype": "m.image", "body": "cat.png", "url": "mxc://x.example/abc", "info": {"mimetype": "image/png"}}
SEALED = {"key": {"k": "a-key"}, "iv": "an-iv", "hashes": {"sha256": "a-hash"}, "url": "mxc://x.example/abc"}


def test_a_file_alone_is_said_without_words():
    """It goes to the forum, and its name is no caption."""
    said = read(event(**PICTURE))
    assert isinstance(said, Said)
    assert said.text == ""
    [file] = said.files
    assert (file.name, file.kind) == ("cat.png", "image/png")
    assert file.link.startswith("https://matrix.to/#/%21")
    assert file.link.endswith("?via=x.example")


def test_a_caption_goes_with_its_file():
    said = read(event(**PICTURE | {"body": "Look", "filename": "cat.png"}))
    assert isinstance(said, Said)
    assert (said.text, said.files[0].name) == ("Look", "cat.png")


def test_where_a_file_lies_and_its_key_are_not_told():
    """It is found by its message; who reads our database reads no encrypted file by it."""
    [file] = attached({"msgtype": "m.file", "body": "a", "file": SEALED}, "!r:x.example", TWO, ANN)
    assert file.address == f"!r:x.example/{TWO}"


def test_a_caption_that_is_taken_away_is_an_edit():
    new = PICTURE | {"m.new_content": PICTURE}
    known = read(event(**new | relates(rel_type="m.replace", event_id=ONE)), Known(ANN))
    assert isinstance(known, Edited)
    assert known.text == ""


def test_how_a_file_is_decrypted_is_read():
    found = source({"msgtype": "m.file", "body": "a", "file": SEALED})
    assert found is not None
    assert found.sealed == Sealed("a-key", "a-hash", "an-iv")


@pytest.mark.parametrize(
    "content",
    [
        {"msgtype": "m.image", "body": "a.png"},
        {"msgtype": "m.image", "body": "a.png", "url": "https://evil.example/a.png"},
        {"msgtype": "m.image", "body": "a.png", "url": "mxc://x.example/../../a"},
        {"msgtype": "m.image", "body": "a.png", "url": 7},
        {"msgtype": "m.image", "body": "a.png", "file": {"url": "mxc://x.example/a"}},
        {"msgtype": "m.image", "body": "a.png", "file": {**SEALED, "key": "k"}},
        {"msgtype": "m.text", "body": "a", "url": "mxc://x.example/a"},
    ],
)
def test_what_names_no_file_has_none(content):
    """A stranger may send anything."""
    assert attached(content, "!r:x.example", TWO, ANN) == ()


def test_what_a_stranger_says_of_a_file_is_bounded():
    [file] = attached(PICTURE | {"filename": 7, "info": {"mimetype": "x\n", "size": -1}}, "!r:x.example", TWO, ANN)
    assert (file.name, file.kind, file.size) == ("", "", 0)


def test_a_file_that_is_not_what_was_encrypted_is_refused():
    for key in ("a-key", "A" * 43, "", "💥"):
        with pytest.raises(Refused):
            opened(b"anything", Sealed(key, "A" * 43, "A" * 22))
