"""Secrets: shown by no accident, and known to whoever writes texts."""

from __future__ import annotations

import pickle

import pytest

from bot.secret import Secret, Secrets, known


@pytest.mark.parametrize(
    ("value", "shown"), [("a-long-secret-1234", "…1234"), ("short", "…"), ("", "…"), ("twelve chars", "…hars")]
)
def test_no_more_than_the_last_four_characters_are_shown(value: str, shown: str) -> None:
    """Enough to tell two tokens apart; of a short one it would be half."""
    secret = Secret(value)
    assert (repr(secret), str(secret), f"{secret}") == (shown, shown, shown)
    assert secret.reveal() == value


def test_secrets_compare_by_value() -> None:
    """Settings that hold them are compared."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert hash(Secret("a")) == hash(Secret("a"))
    assert not Secret("")


def test_a_secret_is_known_from_its_making_on() -> None:
    """Nobody has to remember to tell the log."""
    Secret("canary-made-here")
    assert "canary-made-here" in set(known)


def test_a_secret_is_known_in_every_form_in_which_texts_hold_it() -> None:
    """An address, a JSON text and a traceback write it differently."""
    secrets = Secrets()
    secrets.add('pass word/"\n%')
    assert {'pass word/"\n%', "pass%20word%2F%22%0A%25", "pass+word%2F%22%0A%25"} <= set(secrets)
    assert {'pass word/\\"\\n%', 'pass word/"\\n%', "pass word/&quot;\n%"} <= set(secrets)


def test_the_longest_is_looked_for_first() -> None:
    """Else the rest of a longer one would be left standing."""
    secrets = Secrets()
    for value in ("abcd", "abcdefgh", "abcdef"):
        secrets.add(value)
    assert list(secrets) == ["abcdefgh", "abcdef", "abcd"]


def test_what_is_too_short_is_not_looked_for() -> None:
    """It would blot out every second word."""
    secrets = Secrets()
    secrets.add("abc")
    assert list(secrets) == []


def test_a_secret_is_not_written_to_a_file_by_accident() -> None:
    """Pickle writes every attribute of what it is given."""
    with pytest.raises(TypeError):
        pickle.dumps(Secret("canary"))
