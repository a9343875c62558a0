"""How the adapter recognises what is of its site, and what it says of wrong settings."""

import pytest

from adapters.forums.democratic_underground import adapter
from adapters.forums.democratic_underground.settings import Settings, checked
from bot.errors import SettingsError, Unparsable
from bot.ports import ForumAdapter


def test_it_has_what_the_entry_point_promises():
    """The registry knows it by these names alone."""
    known: ForumAdapter = adapter
    assert known.name == "democratic_underground"
    assert known.settings is Settings
    assert "new reply since forum marked as read" in known.looked_for
    assert "Original message" in known.looked_for


@pytest.mark.parametrize(
    ("address", "certainty"),
    [
        ("https://www.democraticunderground.com/10142016684", 1.0),
        ("democraticunderground.org/?com=forum&id=1002", 1.0),
        ("https://www.democraticunderground.com/?com=mysubs", 0.9),
        ("https://www.democraticunderground.com/?com=latest_threads", 1.0),
        ("https://www.democraticunderground.com/?com=rss&forum=latest", None),
        ("https://example.org/10142016684", None),
        ("/10142016684", None),
        ("not an address", None),
    ],
)
def test_an_address_is_recognised_by_its_host(address, certainty):
    """A path of digits is nobody's."""
    match = adapter.recognise(address)
    assert (match.certainty if match else None) == certainty


def test_a_saved_page_is_recognised_by_what_stands_on_it(text, data):
    """People save pages without their addresses."""
    for page in (text.encode(), (data / "thread.html").read_bytes(), (data / "old.txt").read_bytes()):
        match = adapter.recognise("", page)
        assert match is not None
        assert match.certainty >= 0.7
        assert match.why
    assert adapter.recognise("", b"4 replies to a recipe") is None


def test_the_surest_sign_counts(data):
    """An address of the site beats what stands on the page."""
    match = adapter.recognise("https://democraticunderground.com/10142016684", b"a page")
    assert match is not None
    assert match.certainty == 1.0


@pytest.mark.parametrize(
    "address",
    ["nonsense", "https://forum.example/thread/1", "https://www.democraticunderground.com/", "/?com=forum&id=1002"],
)
def test_an_address_that_is_no_thread_s_is_not_left_out(read, text, address):
    """The thread would get another key and no links, and nobody would know why."""
    with pytest.raises(Unparsable, match="is no address of a thread here: looked for '/10142016684'"):
        read(text, address)
    assert read(text, "/10142016684").thread.key == "10142016684"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Settings(timezone="America/New_Yrok"), r"timezone: .*did you mean 'America/New_York'\?"),
        (Settings(timezone=""), "timezone: ''"),
        (Settings(timezone="../etc/passwd"), "timezone: "),
        (Settings(timezone="America"), "timezone: "),
        (Settings(address="democraticunderground.com"), "address: 'democraticunderground.com'"),
        (Settings(address="https://www.democraticunderground.com/10142016684"), "address: "),
        (Settings(address="https://[::1"), "address: "),
        (Settings(min_interval=0), "min_interval: 0"),
        (Settings(min_interval=float("nan")), "min_interval: nan"),
    ],
)
def test_a_wrong_setting_is_named_with_a_way_out(settings, told):
    """Settings are written by hand."""
    with pytest.raises(SettingsError, match=told):
        checked(settings)


def test_every_wrong_setting_is_told_at_once():
    """Nobody wants to start the program three times."""
    with pytest.raises(SettingsError) as caught:
        checked(Settings(timezone="x", address="x", min_interval=0))
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "timezone",
        "address",
        "min_interval",
    ]


def test_a_slash_at_the_end_of_the_address_does_not_matter():
    """Links would get two."""
    assert checked(Settings(address="http://localhost:8000/")).base == "http://localhost:8000"
