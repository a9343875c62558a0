"""What the environment hands over: a variable of ours, else the file that its …_FILE variable names."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from pathlib import Path

from bot.errors import SettingsError
from bot.settings.values import Wrong

OWN = "THREADLINE_"
"""How the names of our environment variables begin."""

LARGEST = 64 * 1024
"""Bytes of a file that hands something over."""


def variable(*steps: str) -> str:
    """The variable that sets something: ("chats", "my-room", "token") is THREADLINE_CHATS_MY_ROOM_TOKEN."""
    return OWN + "_".join(map(spelled, steps))


def spelled(step: str) -> str:
    """A name as it stands in that of a variable: capital letters, digits and _."""
    return re.sub(r"[^A-Z0-9]", "_", step.upper())


def given(environ: Mapping[str, str], name: str, what: str) -> str:
    """What a variable says, else what stands in the file that its …_FILE names, else nothing.

    A relative path starts where the program was started. Raises `SettingsError` naming the variable.
    """
    file = environ.get(f"{name}_FILE", "")
    if environ.get(name) or not file:
        return environ.get(name, "")
    try:
        return text_of(Path(file), what)
    except Wrong as error:
        raise SettingsError(f"environment: {name}_FILE: {error}") from error


_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def text_of(file: Path, what: str) -> str:
    """The text of a file that holds `what` and nothing else; raises `Wrong`, which repeats none of it."""
    try:
        with file.expanduser().open("rb") as source:
            raw = source.read(LARGEST + 1)
        text = raw.decode().strip("\r\n")
    except OSError as error:
        if error.errno in _NO_FILE:  # perhaps it is no file that stands there, but the secret itself
            why = f"what it names cannot be read ({error.strerror})"
            raise Wrong(f"{why}; it has to name a file that holds {what}") from None
        raise Wrong(f"{file} cannot be read ({error.strerror}); it has to hold {what}") from error
    except (UnicodeDecodeError, ValueError, RuntimeError) as error:
        raise Wrong(f"{file} holds no text; it has to hold {what} and nothing else") from error
    if not text or len(raw) > LARGEST:
        raise Wrong(f"{file} is {'too large' if text else 'empty'}; it has to hold {what} and nothing else")
    return text
