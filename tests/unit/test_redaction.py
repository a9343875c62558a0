"""No secret reaches a log, in whatever form it stands in a text."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.redaction import LONGEST, cleaned, names_secret, redacted

CANARY = "cAnArY-0123456789_abcdefghijklmnop"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"authorization: Basic {CANARY}\nX-Other: 1",
        f"Proxy-Authorization={CANARY}",
        f"Cookie: a=b; session={CANARY}",
        f"Set-Cookie: session={CANARY}; HttpOnly",
        f"Api-Key: {CANARY}",
        f"X-API-KEY: {CANARY}",
        f"User-Api-Key: {CANARY}",
        repr(CIMultiDict({"Authorization": f"Bot {CANARY}", "Api-Key": CANARY})),
        repr([(b"Cookie", CANARY.encode())]),
        repr({"Authorization": f"Bearer {CANARY}"}),
        f"https://forum.example/x?key={CANARY}",
        f"https://forum.example/x?a=1&access_token={CANARY}&b=2",
        f"https://forum.example/x?api_key={CANARY}#frag",
        f"https://forum.example/login?code={CANARY}",
        f"https://forum.example/viewtopic.php?t=1&sid={CANARY}",
        f"user=me&password={CANARY}",
        f"https://discord.com/api/v10/webhooks/1234567890/{CANARY}?wait=true",
        f"https://discord.com/api/v10/webhooks/1234567890/{CANARY}/messages/1",
        f"https://discord.com/api/v10/interactions/1234567890/{CANARY}/callback",
        f"https://me:{CANARY}@forum.example/",
        f"got a Bearer {CANARY} back",
        f"Bot {CANARY}",
        f"syt_bWU_{CANARY}",
        f"mat_{CANARY}",
        f"mct_{CANARY}",
        f'{{"access_token": "{CANARY}", "ok": true}}',
        f"{{'password': '{CANARY}', 'x': 1}}",
    ],
)
def test_what_has_the_form_of_a_secret_is_not_written(text: str) -> None:
    """It may be one that nobody told us about: a reader's, a server's answer."""
    found = redacted(text)
    assert CANARY not in found
    assert "[redacted]" in found


@pytest.mark.parametrize(
    "text",
    [
        "https://forum.example/t/17?page=2&highlight=newest#p4",
        "bot restarted after 3 s",
        "Basic training for the bearer of news",
        "key window is over",
        "https://forum.example:8080/webhooks",
        "author: Ada, number: #3",
        "Robots and Bots: welcome",
    ],
)
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    """A log in which everything is blotted out helps nobody."""
    assert redacted(text) == text


def test_a_known_secret_is_found_wherever_it_stands() -> None:
    """Not every secret has a form of its own."""
    assert redacted("login as ada with hunter2 failed", ["hunter2"]) == "login as ada with [redacted] failed"


def test_a_long_text_is_cut_without_leaving_half_a_secret() -> None:
    """Every size has a bound; the cut goes anywhere."""
    for before in range(LONGEST // 2 - 40, LONGEST // 2 + 10):
        found = redacted("x " * (before // 2) + CANARY + " y" * LONGEST, [CANARY])
        assert len(found) < LONGEST + 100
        assert not any(CANARY[n : n + 6] in found for n in range(len(CANARY) - 6))


@given(st.text(st.sampled_from("aA0=:?&/'\"[]{}., \n-_~%"), max_size=200))
def test_whatever_is_logged_can_be_written(text: str) -> None:
    """Hostile text is logged too."""
    msgspec.json.encode(cleaned({"a": text}))


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError("canary")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (2**70, str(2**70)),
        ({"Authorization": "x", "n": 1}, {"Authorization": "[redacted]", "n": 1}),
        ({"refresh_token": ["x"], "token": ""}, {"refresh_token": "[redacted]", "token": ""}),
        ((1, {"a": {2}}), [1, {"a": [2]}]),
        (b"Bearer abcdefgh", "b'Bearer [redacted]'"),
        ("\ud800", "?"),
        (Odd(), "<Odd: cannot be shown, RuntimeError>"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}, {"a": {"b": {"c": {"d": {"e": {"f": "{'g': 1}"}}}}}}),
    ],
)
def test_values_of_every_kind_become_json(value: Any, written: Any) -> None:
    """A line that cannot be written is a line that is missing."""
    assert cleaned(value) == written
    msgspec.json.encode(cleaned(value))


def test_a_number_without_end_is_not_spelled_out() -> None:
    """Python refuses to, and the line would be missing."""
    assert cleaned(10**5000) == "a very large number"


def test_names_tell_that_a_value_is_a_secret() -> None:
    """Whatever it looks like."""
    assert names_secret("X-API-Key")
    assert names_secret("bot_token")
    assert not names_secret("key")
    assert not names_secret("tokens")


@pytest.mark.parametrize(
    "piece",
    ["a", "[", " ", "'", '"', "a=", "&", "://", "key=", "/webhooks/a/", "a.", "Bearer ", "'token': ", "_", "://a:"],
)
def test_no_pattern_takes_forever(piece: str) -> None:
    """What is logged may be written to stop us: the work grows with the length and not with its square."""
    redacted(piece * (LONGEST // len(piece)))
