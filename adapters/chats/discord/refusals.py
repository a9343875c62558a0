"""Pure: what Discord's errors mean for whoever asked, by their codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import AdapterError, Gone, LoginRejected, NotAllowed, OutcomeUnknown, Refused, Unparsable, Unreachable

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015
WEBHOOKS_FULL = 30007
NOT_OURS = 50005
BAD_WEBHOOK_TOKEN = 50027
ARCHIVED = 50083
THREAD_EXISTS = 160004
LOCKED = 160005

_PLACES = {
    30007: 'The channel has as many webhooks as may be; delete one there, or set identity = "bot"',
    40067: "The forum channel wants a tag on every post; give it a tag named like the board, or switch that off there",
    50001: "The bot may not see it; give its role “View Channels” there",
    50007: "This person takes no direct messages of the bot",
    50008: "Nothing can be said in such a channel; name a text or forum channel",
    50013: "The bot lacks a permission there; `threadline check` says which, and where to grant it",
    50024: "This cannot be done in such a channel; name a text or forum channel",
    160002: "The bot may not read what was said there; give its role “Read Message History” there",
    LOCKED: "The thread is locked; unlock it, or give the bot's role “Manage Threads”",
    160006: "There are as many active threads as may be; archive some",
}
"""What a place lacks, and what to do about it: the place is paused and its admins are told."""


class Denied(Refused):
    """Discord refuses this one act, under a code of its own."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Shut(NotAllowed):
    """Discord does not let us act in this place, under a code of its own."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Missing(Gone):
    """Discord does not know what was named, under a code of its own."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def code_of(error: AdapterError) -> int:
    """Discord's own code for an error; 0 where it gave none."""
    return error.code if isinstance(error, Denied | Shut | Missing) else 0


def refusal(status: int, said: Mapping[str, Any], write: bool, token: bool) -> AdapterError:
    """What an answer that is no success means for whoever asked, but for 429; raises nothing.

    `token` is whether our own token went with the request: else it is a webhook's or an interaction's that is refused.
    """
    code = said.get("code")
    code = code if isinstance(code, int) else 0
    words = " ".join(str(said.get("message", "")).split())[:300]
    told = f"Discord answered {status}" + (f" {code}" if code else "") + (f": {words}" if words else "")
    if status >= 500:
        if write:
            return OutcomeUnknown(f"{told}. It may have been done all the same; look before repeating it.")
        return Unreachable(f"{told}. It is out of order; it is tried again.")
    if not said:
        # A page of the front door: nothing came through to Discord.
        return Unreachable(f"{told}, with a page. Something stands between us and Discord; look at network and proxy.")
    if status == 401 and token:
        return LoginRejected(
            f"{told}. The token is not accepted: make a new one on the page “Bot” of the developer portal and set it."
        )
    if code in _PLACES:
        return Shut(f"{told}. {_PLACES[code]}.", code)
    if status == 404:
        return Missing(f"{told}.", code)
    if status == 403:
        return Denied(f"{told}.", code) if code == NOT_OURS else Shut(f"{told}.", code)
    if status < 400:
        return Unparsable(f"{told}, which was not looked for.", "an answer of Discord's API")
    if code == 200000:
        return Denied("Discord's automatic moderation of this server lets nobody say that (AutoMod).", code)
    wrong = "; ".join(_mistakes(said.get("errors")))
    return Denied(f"{told}{f' ({wrong})' if wrong else ''}.", code)


def _mistakes(errors: Any, where: str = "") -> Iterator[str]:
    """What is wrong with a form, field by field."""
    if not isinstance(errors, dict):
        return
    for field, inner in list(errors.items())[:5]:
        if field == "_errors" and isinstance(inner, list):
            yield from (f"{where}: {one.get('message', '')}"[:200] for one in inner[:2] if isinstance(one, dict))
        else:
            yield from _mistakes(inner, f"{where}.{field}" if where else str(field)[:40])
