"""What looks for secrets finds them: in every form, and in every file."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from tests.canaries.gathering import Canaries, Outputs, forms

HARD = 'two "words" & a/slash+{}%'


@pytest.mark.parametrize(
    "coded",
    [
        lambda s: s,
        lambda s: f"Authorization: Basic {base64.b64encode(f'user:{s}'.encode()).decode()}",
        lambda s: f"Authorization: Basic {base64.b64encode(f'somebody:{s}'.encode()).decode()}",
        lambda s: f"password={quote_plus(s)}&more",
        lambda s: s.encode().hex(),
        lambda s: f"<b>{s.replace('&', '&amp;').replace(chr(34), '&quot;')}</b>",
        repr,
    ],
)
def test_a_secret_is_found_in_every_form(coded) -> None:
    """A test that looks for one form alone passes while another one leaks."""
    canaries, outputs = Canaries(), Outputs()
    outputs.add("somewhere", f"before {coded(canaries.mint('a token', HARD))} after")
    assert outputs.leaks(canaries)
    with pytest.raises(AssertionError, match="somewhere: a token"):
        outputs.assert_clean(canaries, "somewhere")


def test_what_gave_nothing_out_shows_nothing() -> None:
    """An output that is empty because nothing was driven there is no proof."""
    canaries, outputs = Canaries(), Outputs()
    canaries.mint("a token")
    outputs.add("the log", " \n")
    with pytest.raises(AssertionError, match="nothing was given out"):
        outputs.assert_clean(canaries, "the log")


def test_every_file_is_looked_through(tmp_path: Path) -> None:
    """Also those that nobody thought of."""
    canaries, outputs = Canaries(), Outputs()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "database-wal").write_bytes(b"\0\xff" + canaries.mint("a token").encode())
    (tmp_path / "own.key").write_text(canaries.kept["a token"])
    outputs.files("home", tmp_path, but=("own.key",))
    assert {leak.rpartition(" (")[0] for leak in outputs.leaks(canaries)} == {"home: deep: a token"}


def test_no_two_secrets_are_alike() -> None:
    canaries = Canaries()
    assert not set(dict(forms(canaries.mint("a")))) - set(dict(forms(canaries.mint("b"))))
    assert not canaries.in_(Canaries().mint("c").encode())
