"""Which files are uploaded, and for how long that is remembered."""

import hashlib

import pytest
from aiohttp import web

from adapters.chats.matrix.media import uploads
from adapters.chats.matrix.media.uploads import FILE, Uploads
from bot.errors import RateLimited
from bot.ports import Media, Secret
from tests.unit.matrix.conftest import US, caught, error, login


@pytest.fixture
def media(tmp_path):
    """Makes files, as a cache of the program holds them."""

    def make(body: bytes) -> Media:
        digest = hashlib.sha256(body).hexdigest()
        file = tmp_path / digest
        file.write_bytes(body)
        return Media(digest, "image", "image/png", len(body), "a.png", file)

    return make


@pytest.fixture
def starts(opens, its_context, stub):
    """What a start of the program has of uploads; each upload lies somewhere else."""
    stub.says("POST", "login", login("one"))
    stub.says("POST", "upload", *(web.json_response({"content_uri": f"mxc://example.org/{n}"}) for n in range(1, 9)))
    return lambda **told: Uploads(opens(**told), its_context)


async def test_what_was_uploaded_is_known_to_the_next_start(starts, media, stub):
    """Faces of a thousand authors would go up again each time."""
    kite, hill = media(b"kite"), media(b"hill")
    first = starts()
    assert await first.of(kite) == await first.of(kite) == "mxc://example.org/1"
    assert await first.of(hill) == "mxc://example.org/2"
    assert await starts().of(kite) == "mxc://example.org/1"
    assert stub.times("POST", "upload") == 2


async def test_what_another_device_uploaded_lies_on_another_homeserver_perhaps(starts, media, stub):
    """One that was set up anew under its old name knows nothing of it."""
    assert await starts().of(media(b"kite")) == "mxc://example.org/1"
    stub.says("GET", "whoami", web.json_response({"user_id": US, "device_id": "ANOTHER"}))
    assert await starts(token=Secret("another")).of(media(b"kite")) == "mxc://example.org/2"


async def test_only_the_newest_are_remembered_and_the_file_stays_small(starts, media, stub, its_context, monkeypatch):
    """Every size has a bound."""
    monkeypatch.setattr(uploads, "MOST", 2)
    ours = starts()
    for n in range(6):
        await ours.of(media(bytes([n])))
    assert (its_context.folder / FILE).read_bytes().count(b"mxc:") <= 4
    again = starts()
    assert await again.of(media(b"\5")) == "mxc://example.org/6"
    assert await again.of(media(b"\0")) == "mxc://example.org/7"


async def test_a_line_that_was_torn_costs_one_upload_and_no_more(starts, media, its_context):
    """The power went while it was written."""
    ours = starts()
    await ours.of(media(b"kite"))
    await ours.of(media(b"hill"))
    file = its_context.folder / FILE
    file.write_bytes(file.read_bytes()[:-20])
    again = starts()
    assert await again.of(media(b"kite")) == "mxc://example.org/1"
    assert await again.of(media(b"hill")) == "mxc://example.org/3"
    last = starts()
    assert [await last.of(media(body)) for body in (b"kite", b"hill")] == ["mxc://example.org/1", "mxc://example.org/3"]


async def test_a_homeserver_that_does_not_say_what_it_takes_is_tried(starts, media, stub):
    """Older ones do not know the question."""
    stub.says("GET", "config", error(404, "M_UNRECOGNIZED"))
    assert await starts().of(media(b"kite")) == "mxc://example.org/1"


async def test_a_file_that_left_its_cache_meanwhile_is_none(starts, media):
    """It was there a moment ago."""
    kite = media(b"kite")
    kite.path.unlink()
    assert await starts().of(kite) == ""


async def test_an_upload_that_has_to_wait_is_waited_for(starts, media, stub):
    """As every other act."""
    stub.says("POST", "upload", error(429, "M_LIMIT_EXCEEDED", retry_after_ms=1000))
    await caught(RateLimited, starts().of(media(b"kite")))


@pytest.mark.parametrize("uri", ["", "https://example.org/x", "mxc://example.org/a/b", 'mxc://x/"'])
async def test_an_answer_that_names_no_file_is_none(starts, media, stub, uri):
    """It would stand in messages."""
    stub.says("POST", "upload", web.json_response({"content_uri": uri}))
    assert await starts().of(media(b"kite")) == ""
