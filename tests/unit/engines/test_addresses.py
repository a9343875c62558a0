"""What of an address stands below the root of a site."""

from __future__ import annotations

import pytest

from adapters.engines.addresses import LONGEST_NAME, Below, below, completed, named, origin, rooted


@pytest.mark.parametrize(
    ("address", "root"),
    [
        ("https://Talk.Example/", "https://talk.example"),
        (" http://example.org:4567/forum/ ", "http://example.org:4567/forum"),
        ("https://ann@talk.example", ""),
        ("https://talk.example/?a=1", ""),
        ("https://talk.example:70000", ""),
        ("ftp://talk.example", ""),
        ("talk.example", ""),
        ("", ""),
    ],
)
def test_a_root_stands_in_front_of_paths(address: str, root: str) -> None:
    """Keys and links are made of it, so it is always written the same."""
    assert rooted(address) == root


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://talk.example/forum/t/1?page=2#p3", Below("/t/1", "page=2", "p3")),
        ("http://TALK.example/forum/t/1", Below("/t/1")),
        ("talk.example/forum/t/1", Below("/t/1")),
        ("/forum/t/1", Below("/t/1")),
        ("https://talk.example/forum", Below("")),
        ("https://talk.example:443/forum/", Below("/")),
        ("https://talk.example/forums/t/1", None),
        ("https://talk.example:8443/forum/t/1", None),
        ("https://elsewhere.example/forum/t/1", None),
        ("//[/forum", None),
        ("ftp://talk.example/forum/t/1", None),
        ("https://talk.example/forum/" + "x" * 2000, None),
        ("", None),
    ],
)
def test_what_stands_elsewhere_is_not_below(address: str, found: Below | None) -> None:
    """People paste addresses as they find them."""
    assert below(address, "https://talk.example/forum") == found


def test_a_forum_is_called_by_its_host_as_far_as_names_allow() -> None:
    """The name stands in settings, commands and folders; two long hosts do not share one."""
    assert named("talk.example:8443", "discourse") == "talk.example-8443"
    assert named("[::1]", "discourse") == "1"
    assert named("例え.例", "discourse") == "discourse"
    long = [named(f"{'a' * 200}{n}.example", "discourse") for n in range(2)]
    assert len(set(long)) == 2
    assert {len(name) <= LONGEST_NAME for name in long} == {True}


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        (" talk.example/t/1 ", "https://talk.example/t/1"),
        ("http://talk.example", "http://talk.example"),
        ("/t/1", "/t/1"),
        ("", ""),
    ],
)
def test_a_scheme_may_be_left_out(address: str, whole: str) -> None:
    """Browsers show addresses without it."""
    assert completed(address) == whole


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://talk.example:8443/t/1?a#b", "https://talk.example:8443"),
        ("ftp://talk.example/", ""),
        ("https:///t/1", ""),
        ("https://[/t/1", ""),
        ("/t/1", ""),
    ],
)
def test_a_site_is_one_of_the_web(address: str, site: str) -> None:
    """Whatever people paste, nothing is raised."""
    assert origin(address) == site
