"""What is remembered of a page between two readings: the cursor of its bookmark, opaque to everybody else."""

from __future__ import annotations

import msgspec

from adapters.forums.isso.page import Page
from adapters.forums.isso.walk import BEGIN, Stop


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of a page with comments; empty before it was read."""

    token: str = ""
    """What the board's list said of it when it was last read."""
    page: Page | None = None
    """What the page told about itself; None where it was not seen."""
    astray: bool = False
    """Whether nothing stands at the address that its comments are filed under."""
    stop: Stop = BEGIN
    """Where a reading stopped that is to go on at once."""
