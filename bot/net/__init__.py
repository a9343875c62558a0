"""The one guarded HTTP client: every request that the program or an adapter makes goes through it.

`guard` decides what may be reached, `client` makes the requests, `trip` names what went wrong, `answer` holds
what came back, `charset` reads it as text.
"""

from bot.net.answer import Answer, raise_for_status, repaired, retry_after
from bot.net.client import Credential, Net
from bot.net.guard import Params, is_public, shown
from bot.net.trip import TooLarge, broken, whole

__all__ = [
    "Answer",
    "Credential",
    "Net",
    "Params",
    "TooLarge",
    "broken",
    "is_public",
    "raise_for_status",
    "repaired",
    "retry_after",
    "shown",
    "whole",
]
