"""Pure: what the message bus of Discourse answers, and what its messages mean.

A channel counts its messages. Of a thread's channel (`/topic/ID`) each says which post was made, changed, deleted or
recovered; it keeps a hundred of them, for a week.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from adapters.items import each
from bot.errors import Unparsable

KEPT = 100
"""Messages of one channel that the bus keeps."""

STATUS = "/__status"
"""The channel on which the bus says that it does not know the messages that we know: it began anew."""

_LEFT = frozenset({"deleted", "destroyed"})
_NOTHING = frozenset({"read", "stats", "liked", "unliked"})
"""Kinds of messages that change nothing that is shown."""


class Message(msgspec.Struct, frozen=True):
    """One message of the bus."""

    channel: str
    message_id: int = -1
    data: object = None

    @property
    def post(self) -> int | None:
        """The post that it is about, None where it is about none."""
        told = self.data if isinstance(self.data, dict) else {}
        id = told.get("id")
        return id if type(id) is int and isinstance(told.get("type"), str) else None

    @property
    def kind(self) -> str:
        """What happened, as the bus calls it."""
        told = self.data.get("type") if isinstance(self.data, dict) else None
        return told if isinstance(told, str) else ""


def messages(body: bytes) -> list[Message]:
    """What an answer holds, in pieces or whole; a message that makes no sense is left out."""
    found: list[Message] = []
    for piece in body.split(b"\r\n|\r\n"):
        if not piece.strip():
            continue
        try:
            items = msgspec.json.decode(piece, type=list[msgspec.Raw])
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise Unparsable(f"the message bus answered no messages: {error}", "a list of messages", body) from None
        found += each(items, Message, lambda one: one)[0]
    return found


def touched(found: Iterable[Message], thread: int) -> tuple[list[int], list[int]]:
    """The posts of a thread that messages say are other ones now, and those that they say have left; each once."""
    changed: dict[int, bool] = {}
    for one in found:
        if one.channel == f"/topic/{thread}" and one.post is not None and one.kind not in _NOTHING:
            changed.pop(one.post, None)
            changed[one.post] = one.kind in _LEFT
    return [id for id, left in changed.items() if not left], [id for id, left in changed.items() if left]


def began_anew(found: Iterable[Message]) -> bool:
    """Whether the bus says that it does not know what we know."""
    return any(one.channel == STATUS for one in found)
