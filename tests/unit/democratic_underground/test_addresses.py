"""Addresses of both generations of pages, under any host, lead to the same keys."""

import pytest

from adapters.forums.democratic_underground.addresses import Place, link, ours, place_of, read
from bot.model import BoardKey, ThreadKey

BASE = "https://www.democraticunderground.com"
OLD = Place(BoardKey("389"), ThreadKey("389x3687590"))
NEW = Place(BoardKey("1014"), ThreadKey("10142016684"))


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/discuss/duboard.php?az=view_all&address=389x3687590", OLD),
        ("/discuss/duboard.php?address=389x3687590&az=view_all", OLD),
        ("/discuss/duboard.php?az=show_mesg&forum=389&topic_id=3687590&mesg_id=3687600", OLD),
        ("/discuss/duboard.php?az=show_topics&forum=389", Place(BoardKey("389"))),
        ("/10142016684", NEW),
        ("/10142016684#post12", NEW),
        ("/?com=view_post&forum=1014&pid=2016684", NEW),
        ("/?com=forum&id=1002", Place(BoardKey("1002"))),
        ("/?com=forum&id=1002&page=19", Place(BoardKey("1002"))),
        ("/index.php?com=forum&id=1002", Place(BoardKey("1002"))),
        ("/?com=latest_threads", Place(BoardKey("latest_threads"))),
        ("/index.php?com=greatest_threads", Place(BoardKey("greatest_threads"))),
    ],
)
@pytest.mark.parametrize(
    "host",
    [
        "https://www.democraticunderground.com",
        "http://democraticunderground.com",
        "https://ww.democraticunderground.org",
        "https://en.democraticunderground.net",
        "https://upload.democraticunderground.com:443",
        "HTTPS://WWW.DemocraticUnderground.COM",
        "www.democraticunderground.com",
        "",
    ],
)
def test_every_form_under_every_host_names_one_place(host, path, place):
    """The site serves a thread under many hosts; two keys for it would show every post twice."""
    assert read(host + path) == place


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "https://example.org/10142016684",
        "https://democraticunderground.com.example.org/10142016684",
        "https://notdemocraticunderground.com/10142016684",
        "ftp://democraticunderground.com/10142016684",
        "https://democraticunderground.com/",
        "https://democraticunderground.com/?com=forum&id=general",
        "https://democraticunderground.com/?com=journals&uid=125237",
        "https://democraticunderground.com/1014",
        "https://democraticunderground.com/discuss/duboard.php?az=view_all&address=389x",
        "https://democraticunderground.com:port/10142016684",
        "https://[democraticunderground.com/10142016684",
        "/" + "1" * 4000,
        "https://democraticunderground.com/?" + "&".join("a=1" for _ in range(20)),
    ],
)
def test_other_addresses_name_nothing(address):
    """A guess would make a mirror of something that is not there."""
    assert read(address) is None


def test_a_query_with_very_many_fields_is_refused_without_an_error():
    """Addresses come from commands; none may raise."""
    assert read("https://democraticunderground.com/?com=forum&id=1002" + "&a=1" * 100) is None


@pytest.mark.parametrize("place", [OLD, NEW, Place(BoardKey("389")), Place(BoardKey("1002"))])
def test_a_written_address_reads_back_as_the_same_place(place):
    """Links on cards are pasted back into commands."""
    assert read(link(BASE, place)) == place


@pytest.mark.parametrize("place", [OLD, NEW])
def test_a_native_key_leads_back_to_its_place(place):
    """The poller has nothing but the key."""
    assert place_of(place.thread) == place


def test_the_key_of_a_saved_page_has_no_place():
    """There is nothing to be fetched for it."""
    assert place_of(ThreadKey("saved-0123456789abcdef01234567")) is None


def test_only_pages_before_2011_are_old():
    """Old boards are archives: they cannot be listed."""
    assert OLD.old
    assert Place(BoardKey("389")).old
    assert not NEW.old
    assert not Place(BoardKey("1002")).old


def test_the_configured_host_is_one_of_the_sites_own():
    """A test server or a mirror of the site has its own name."""
    assert read("http://127.0.0.1:8000/10142016684", "http://127.0.0.1:8000") == NEW
    assert read("http://127.0.0.1:9000/10142016684", "http://127.0.0.1:8000") is None
    assert not ours("http://127.0.0.1:8000/10142016684")
