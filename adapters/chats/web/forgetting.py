"""Pure: what is left of the chat's entries once words that nobody can read any more are taken out of them.

Entries stay, each under its number and with its key: replayed, they make the same chat. What a person said is told as
it reads now, for the core may not have heard of it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from adapters.chats.web.state import State

NOT_WORDS = ("reply_to",)
"""What stays of a payload: how it hangs together with others."""


def living(state: State, dead: Collection[int]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Takes the words out of the entries that are `dead`; what they say now is asked at once, not later."""
    said = {n: state.words(n) for n in dead}

    def left(entry: dict[str, Any]) -> dict[str, Any]:
        n = entry["n"]
        if n not in said:
            return entry
        if "payload" in entry:
            kept = {name: value for name, value in entry["payload"].items() if name in NOT_WORDS}
            return {**entry, "payload": kept}
        return {name: value for name, value in entry.items() if name != "offers"} | {"text": said[n]}

    return left
