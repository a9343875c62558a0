"""What people paste names a thread, a post or a board of one Discourse, wherever it stands."""

import pytest

from adapters.forums.discourse import addresses
from adapters.forums.discourse.addresses import Place
from bot.model import BoardKey, PostKey, ThreadKey

ROOT = "https://talk.example"
FOLDER = "https://example.org/forum"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", Place(addresses.LATEST)),
        ("/", Place(addresses.LATEST)),
        ("/latest", Place(addresses.LATEST)),
        ("/categories", Place(addresses.LATEST)),
        ("/t/a-title/345", Place(thread=ThreadKey("345"))),
        ("/t/a-title/345/", Place(thread=ThreadKey("345"))),
        ("/t/a-title/345/6", Place(thread=ThreadKey("345"), number=6)),
        ("/t/a-title/345/6?u=somebody", Place(thread=ThreadKey("345"), number=6)),
        ("/t/a-title/345.rss", Place(thread=ThreadKey("345"))),
        ("/t/345", Place(thread=ThreadKey("345"))),
        ("/t/345/6", Place(thread=ThreadKey("345"), number=6)),
        ("/t/345.json", Place(thread=ThreadKey("345"))),
        ("/t/2024/345", Place(thread=ThreadKey("2024"), number=345)),
        ("/p/7890", Place(post=PostKey("7890"))),
        ("/p/7890/12", Place(post=PostKey("7890"))),
        ("/c/support/12", Place(BoardKey("c/12"))),
        ("/c/support/hosting/13/l/latest", Place(BoardKey("c/13"))),
        ("/c/13", Place(BoardKey("c/13"))),
        ("/tag/news", Place(BoardKey("tag/news"))),
        ("/tag/a%20b", None),
        ("/tag/n%C3%A9", Place(BoardKey("tag/né"))),
        ("/tag/news/14", Place(BoardKey("tag/news"))),
        ("/u/somebody", None),
        ("/t/a-title", None),
        ("/t/0", None),
        ("/c/support", None),
        ("/tag/..", None),
        ("/admin", None),
        ("/t/a/b/345", None),
    ],
)
def test_an_address_names_a_place(path: str, place: Place | None) -> None:
    for root in (ROOT, FOLDER):
        assert addresses.read(root + path, root) == place
    assert addresses.read(path or "/", ROOT) == place


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/t/a/345",
        "https://talk.example.evil.example/t/a/345",
        "https://talk.example:8443/t/a/345",
        "ftp://talk.example/t/a/345",
        "https://example.org/t/a/345",
        "https://example.org/forums/t/a/345",
        "http://[",
        "",
        "x" * 5000,
    ],
)
def test_what_stands_elsewhere_is_no_place_here(address: str) -> None:
    for root in (ROOT, FOLDER):
        assert addresses.read(address, root) is None


@pytest.mark.parametrize(
    "address", ["http://talk.example/t/a/345", "talk.example/t/a/345", "https://TALK.example/t/a/345"]
)
def test_an_address_is_taken_as_people_write_it(address: str) -> None:
    assert addresses.read(address, ROOT) == Place(thread=ThreadKey("345"))


def test_what_is_linked_is_read_again() -> None:
    for slug in ("a-title", "", "2024", "%e2%82%ac", "né"):
        for number in (0, 6):
            link = addresses.thread_link(FOLDER, "345", slug, number)
            assert addresses.read(link, FOLDER) == Place(thread=ThreadKey("345"), number=number), link
    assert addresses.read(addresses.tag_link(ROOT, "né"), ROOT) == Place(BoardKey("tag/né"))
