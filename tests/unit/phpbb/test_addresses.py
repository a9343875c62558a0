"""What addresses of a board name, whatever form they have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forums.phpbb import adapter, addresses
from adapters.forums.phpbb.addresses import Place
from adapters.forums.phpbb.settings import Settings, checked
from bot.errors import SettingsError
from bot.model import BoardKey, PostKey, ThreadKey
from bot.ports import Secret

BASE = "https://bees.example/forum"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (f"{BASE}/viewtopic.php?f=9&t=271", Place(thread=ThreadKey("271"))),
        (f"{BASE}/viewtopic.php?t=271&start=10", Place(thread=ThreadKey("271"))),
        (f"{BASE}/viewtopic.php?p=1404#p1404", Place(post=PostKey("1404"))),
        (f"{BASE}/viewtopic.php?f=9&t=271&p=1404#p1404", Place(thread=ThreadKey("271"), post=PostKey("1404"))),
        (f"{BASE}/viewtopic.php?t=271#p1404", Place(thread=ThreadKey("271"), post=PostKey("1404"))),
        (f"{BASE}/viewforum.php?f=9&sid=0123456789abcdef0123456789abcdef", Place(BoardKey("9"))),
        ("http://www.bees.example/forum/viewforum.php?f=9", Place(BoardKey("9"))),
        ("bees.example/forum/viewforum.php?f=9", Place(BoardKey("9"))),
        (f"{BASE}/app.php/feed/forum/9", Place(BoardKey("9"))),
        (f"{BASE}/feed/topic/271", Place(thread=ThreadKey("271"))),
        (f"{BASE}/feed.php?t=271", Place(thread=ThreadKey("271"))),
        (BASE, Place()),
        (f"{BASE}/", Place()),
        (f"{BASE}/index.php", Place()),
    ],
)
def test_an_address_names_a_place(address: str, place: Place) -> None:
    """People paste what they see."""
    assert addresses.read(address, BASE) == place


@pytest.mark.parametrize(
    "address",
    [
        "https://bees.example/viewtopic.php?t=1",
        "https://wasps.example/forum/viewtopic.php?t=1",
        "https://bees.example.evil.example/forum/viewtopic.php?t=1",
        "https://bees.example/forums/viewtopic.php?t=1",
        f"{BASE}/viewtopic.php",
        f"{BASE}/viewtopic.php?t=x",
        f"{BASE}/viewtopic.php?t=0",
        f"{BASE}/memberlist.php?mode=viewprofile&u=3",
        "ftp://bees.example/forum/viewtopic.php?t=1",
        "https://user@bees.example/forum/viewtopic.php?t=1",
        "",
    ],
)
def test_what_is_of_no_place_here_names_none(address: str) -> None:
    """Else somebody would follow another thread than the one he meant."""
    assert addresses.read(address, BASE) is None


def test_a_session_is_taken_out_of_every_address() -> None:
    """Whatever stands before and behind it."""
    sid = "sid=0123456789abcdef0123456789abcdef"
    page = f'"a.php?{sid}" "a.php?{sid}&amp;t=1" "a.php?t=1&amp;{sid}#p1" "a.php?t=1&{sid}" "a.php?{sid}&{sid}"'
    assert addresses.without_session(page) == '"a.php" "a.php?t=1" "a.php?t=1#p1" "a.php?t=1" "a.php"'


@given(st.text(max_size=80))
def test_no_address_breaks_the_reading(text: str) -> None:
    """Commands hand on what people type."""
    for address in (text, f"{BASE}/{text}", f"{BASE}/viewtopic.php?{text}"):
        addresses.read(address, BASE)
        addresses.shaped(address)
        adapter.recognise(address)


@pytest.mark.parametrize(
    ("address", "certainty", "base"),
    [
        ("https://bees.example/forum/viewtopic.php?f=9&t=271", 0.6, BASE),
        ("https://bees.example/viewforum.php?f=9", 0.6, "https://bees.example"),
        ("bees.example/viewtopic.php?p=3#p3", 0.6, "https://bees.example"),
        ("https://bees.example/forum/feed.php?f=9", 0.4, BASE),
    ],
)
def test_an_address_of_this_form_is_likely_of_this_engine(address: str, certainty: float, base: str) -> None:
    """A feed's address asks for the feed."""
    found = adapter.recognise(address)
    assert found is not None
    assert (found.certainty, found.settings) == (certainty, {"address": base})
    assert found.forum == "bees.example"


@pytest.mark.parametrize(
    "address",
    [
        "https://bees.example/",
        "https://bees.example/index.php",
        "https://x.example/viewtopic.php?id=3",
        "saved.html",
        "",
    ],
)
def test_an_address_that_many_engines_have_is_no_sign(address: str) -> None:
    """The page has to tell; FluxBB calls its files alike and its fields otherwise."""
    assert adapter.recognise(address) is None


def test_a_page_of_another_engine_is_not_ours() -> None:
    """Whatever its address looks like."""
    link = b'<p>We left <a href="https://www.phpbb.com/">phpBB</a> last year'
    for page in (b"", b"{}", b"<html><body id='nodebb'>", b"\x00\xff" * 100, link):
        assert adapter.recognise("https://bees.example/viewtopic.php?t=1", page) is None


def test_wrong_settings_are_named() -> None:
    """Each on a line of its own."""
    wrong = Settings("nowhere", "bridge", Secret(""), "Mars/Olympus", "tlh", 0.0)
    with pytest.raises(SettingsError) as caught:
        checked(wrong)
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "timezone",
        "dates",
        "address",
        "password",
        "min_interval",
    ]
    assert checked(Settings("https://bees.example/forum/index.php")).base == BASE


@pytest.mark.parametrize(
    ("address", "canonical", "base"),
    [
        ("https://bees.example/forum", "https://bees.example/forum/", BASE),
        ("https://bees.example/forum", "", BASE),
        ("https://bees.example/forum/app.php/help/faq", "", BASE),
        ("https://bees.example/go/271", "https://bees.example/forum/viewtopic.php?t=271", BASE),
        ("https://bees.example/forum/", "https://wasps.example/viewtopic.php?t=1", BASE),
        ("", "https://bees.example/forum/viewforum.php?f=2&amp;start=25", BASE),
    ],
)
def test_a_page_tells_where_its_board_stands(address: str, canonical: str, base: str) -> None:
    """A board may be in a folder; what a page says of another host is not believed."""
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    page = f'<html><head>{link}</head><body id="phpbb" class="nojs notouch section-faq ltr">'.encode()
    found = adapter.recognise(address, page)
    assert found is not None
    assert found.settings == {"address": base}
    assert found.certainty >= 0.9
