"""What may be reached, and what an address shows of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.errors import NotAllowed, SettingsError
from bot.net import is_public, shown
from bot.net.guard import LONGEST, Rules, parsed, redirected

# fmt: off
OPEN = [
    "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1",
    "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
]
MISREAD = ["", "localhost", "example.org", "127.1", "2130706433", "0x7f.0.0.1", "8.8.8.8.8"]
REFUSED = [
    "ftp://example.org/", "file:///etc/hosts", "javascript:alert(1)", "data:text/plain,x", "//example.org/x",
    "example.org", "", "http://", "http:///x", "http://user@example.org/", "http://user:s3cr3t@example.org/",
    "http://:s3cr3t@example.org/", "http://good.example\\@evil.example/", "http://h:99999/", "http://h:0/",
    "http://[::1", "http+unix://%2Fsock/", "http://h/" + "a" * LONGEST,
]
MISTAKES = [
    "https://forum.lan", "forum.lan:", "forum.lan:99999", "a b", "", "[::1", "[::1]:", "10.0.0.0/99", ":80",
    "*.lan", "a:b:c", "forum.lan:８０",
]
# fmt: on


def test_an_address_outside_the_public_internet_is_not_public(blocked: list[str]) -> None:
    """Several of these are global by `ipaddress`: translated, tunnelled and reserved forms reach inside."""
    assert [address for address in blocked if is_public(address)] == []
    assert len(blocked) == 39


@pytest.mark.parametrize("address", OPEN)
def test_a_public_address_is_public_in_every_wrapping(address: str) -> None:
    """A guard that refuses the public internet is switched off by its owner."""
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "example.org", "127.1", "2130706433", "0x7f.0.0.1", "8.8.8.8.8"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    """The guard knows addresses; what it does not know it does not let through."""
    assert not is_public(text)


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_does_not_change_the_verdict(address: object) -> None:
    """Whoever can wrap a private address in IPv6 must not get further than with the address itself."""
    verdict = is_public(str(address))
    assert is_public(f"::ffff:{address}") == verdict
    assert is_public(f"64:ff9b::{address}") == verdict


def rules(*allow: str) -> Rules:
    return Rules.read(allow, (80, 443))


@pytest.mark.parametrize(
    ("allow", "host", "address", "port", "passes"),
    [
        ([], "example.org", "8.8.8.8", 443, True),
        ([], "example.org", "8.8.8.8", 8080, False),
        ([], "example.org", "10.0.0.5", 443, False),
        (["forum.lan"], "forum.lan", "10.0.0.5", 8080, True),
        (["Forum.LAN."], "FORUM.lan.", "10.0.0.5", 80, True),
        (["forum.lan"], "evil.example", "10.0.0.5", 80, False),
        (["forum.lan"], "sub.forum.lan", "10.0.0.5", 80, False),
        (["forum.lan:8080"], "forum.lan", "10.0.0.5", 8080, True),
        (["forum.lan:8080"], "forum.lan", "10.0.0.5", 80, False),
        (["10.0.0.5"], "10.0.0.5", "10.0.0.5", 80, True),
        (["10.0.0.5"], "evil.example", "10.0.0.5", 80, False),
        (["10.0.0.0/24"], "any.example", "10.0.0.5", 8080, True),
        (["10.0.0.0/24"], "any.example", "::ffff:10.0.0.5", 80, True),
        (["10.0.0.0/24"], "any.example", "10.0.1.5", 80, False),
        (["fd00::/8"], "any.example", "fd00::7", 80, True),
        (["::1"], "[::1]", "::1", 8008, True),
        (["[::1]:8008"], "::1", "::1", 8008, True),
        (["[::1]:8008"], "::1", "::1", 8009, False),
        (["0:0:0:0:0:0:0:1"], "::1", "::1", 80, True),
        (["münchen.example"], "xn--mnchen-3ya.example", "10.0.0.5", 80, True),
        (["forum.example:8080"], "forum.example", "8.8.8.8", 8080, True),
    ],
)
def test_only_what_the_settings_name_is_reached_besides_the_public_internet(
    allow: list[str], host: str, address: str, port: int, passes: bool
) -> None:
    """A host is opened by its own name: else a name that a stranger points at it would be opened with it."""
    assert (rules(*allow).refusal(host, address, port) is None) == passes


def test_a_refusal_names_the_setting_and_not_the_address() -> None:
    """The operator has to know what to set; a stranger must not learn what stands in the local network."""
    refusal = rules().refusal("intern.lan", "10.1.2.3", 8080)
    assert refusal is not None
    assert '[net] allow = ["intern.lan:8080"]' in refusal
    assert "10.1.2.3" not in refusal
    assert '["[fd00::1]:80"]' in str(rules().refusal("fd00::1", "fd00::1", 80))


def test_every_mistake_in_the_settings_is_named() -> None:
    """Corrections one at a time cost an evening."""
    with pytest.raises(SettingsError) as caught:
        Rules.read([*MISTAKES, "forum.lan"], (80, 0))
    lines = str(caught.value).splitlines()
    assert len(lines) == len(MISTAKES) + 1
    for entry, line in zip(MISTAKES, lines, strict=False):
        assert f'"{entry}"' in line


@pytest.mark.parametrize("address", REFUSED)
def test_only_plain_web_addresses_are_asked_for(address: str) -> None:
    """Other schemes read files and run code; a login in an address ends in logs."""
    with pytest.raises(NotAllowed) as caught:
        parsed(address)
    assert "s3cr3t" not in str(caught.value)


def test_parameters_join_those_of_the_address_and_the_fragment_stays_here() -> None:
    """A fragment is for the reader's browser; a server that echoes it would make two threads of one."""
    assert str(parsed(" https://h/x?a=1#top ", {"b": "ü"})) == "https://h/x?a=1&b=%C3%BC"
    assert str(parsed("https://h/x", [("a", "1"), ("a", "2")])) == "https://h/x?a=1&a=2"


def test_a_redirect_leads_anywhere_but_down_to_http() -> None:
    """What was asked for encrypted is not sent in the clear because a server says so."""
    here = URL("https://h.example/a/b")
    assert str(redirected(here, "../c")) == "https://h.example/c"
    assert str(redirected(here, "//other.example/x#y")) == "https://other.example/x"
    assert str(redirected(URL("http://h.example/"), "https://h.example/")) == "https://h.example/"
    for location in (
        "http://h.example/",
        "ftp://h.example/",
        "file:///etc/passwd",
        "https://u:p@h.example/",
        "//h:x",
    ):
        with pytest.raises(NotAllowed):
            redirected(here, location)


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    """Feed keys stand in queries, webhook tokens in paths, logins before the host."""
    token = "aB3" * 10
    assert shown(f"https://u:p@h.example:8443/hook/{token}/x?key={token}#f") == "https://h.example:8443/hook/…/x?…"
    assert shown("https://h.example/board/general-discussion-and-talk") == (
        "https://h.example/board/general-discussion-and-talk"
    )
    assert shown("http://[::1]:80/") == "http://[::1]:80/"
    assert shown("not an address") == shown("http://[") == "The given address"


@given(st.text(alphabet="abcXYZ019-_", min_size=20, max_size=80), st.text(max_size=30))
def test_no_token_is_shown(token: str, around: str) -> None:
    """Canary: whatever stands around it."""
    secret = "a1" + token
    for address in (
        f"https://h/{around}/{secret}",
        f"https://h/?{around}={secret}",
        f"https://{secret}:x@h/{around}",
    ):
        assert secret not in shown(address)
