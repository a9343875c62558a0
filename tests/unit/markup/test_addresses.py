"""Addresses of a page, as they become links."""

from urllib.parse import urljoin

import pytest

from bot.markup import addresses

PAGE = "https://forum.example/t/drift/311?page=2"
IN_FULL = [
    "https://a.example",
    "https://a.example/",
    "http://a.example:8080/b_(c)?d=e&f=%20#g",
    "https://A.example?b",
    "mailto:bob@a.example",
]
SEEN_FROM_A_PAGE = [
    "/t/7",
    "/t/7/",
    "/",
    "/t/a.b/7?page=3&x=y#post-4",
    "/t/../u/./7",
    "/t//7",
    "//other.example/t",
    "/t/7?",
    "/t/7#",
    "/t;x/7",
    "7",
    "../7",
    "?page=3",
    "#post-4",
]


@pytest.mark.parametrize("address", IN_FULL)
def test_an_address_in_full_is_linked_as_it_stands(address):
    """It is what its author wrote."""
    assert addresses.absolute(address, PAGE) == address
    assert addresses.allowed(address)


@pytest.mark.parametrize("address", SEEN_FROM_A_PAGE)
@pytest.mark.parametrize("page", [PAGE, "http://forum.example:8080", "https://[::1]/t/1"])
def test_an_address_is_seen_from_its_page(address, page):
    """A browser that shows the page would go there."""
    assert addresses.absolute(address, page) == urljoin(page, address)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "/t/7", "https://", "https:///t", "data:,x", "", " "])
def test_what_leads_nowhere_is_no_link(address):
    """Outside of its page it has no meaning, or one that nobody should click."""
    assert addresses.absolute(address) == ""


@pytest.mark.parametrize("address", ["/" + "a" * addresses.LONGEST, "https://a.example/" + "a" * addresses.LONGEST])
def test_an_address_that_is_too_long_is_no_link(address):
    """No chat takes it."""
    assert addresses.absolute(address, PAGE) == ""
    assert addresses.absolute("/" + "a" * (addresses.LONGEST - 1), PAGE) == ""
