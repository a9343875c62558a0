"""Pure: what guests may read comes first, and what they were once shown is never read as anybody else afterwards.

A thread that was moved to where guests cannot follow is not carried on into a channel that they read.
"""

from __future__ import annotations

from bot.errors import AdapterError, Gone, NotAllowed

AGAIN = "so it is not followed any further. Mirror it again if its channel may show it."


def unsure(error: AdapterError) -> bool:
    """Whether a guest who was refused so may be let in with a key: sites hide from guests what they keep from them."""
    return isinstance(error, Gone | NotAllowed)


def closed(what: str) -> NotAllowed:
    """That guests are kept out of what they could read."""
    return NotAllowed(f"{what}: guests cannot read it any more, {AGAIN}")


def moved(what: str, board: str) -> NotAllowed:
    """That what is read with a key was moved to a board that other people read."""
    return NotAllowed(f"{what}: it was moved to another {board} that guests cannot read, {AGAIN}")


def keyless(what: str, key: str) -> NotAllowed:
    """That the key is gone with which something was read."""
    return NotAllowed(f"{what}: guests cannot read it, and there is no {key} any more; set one, or unmirror it.")
