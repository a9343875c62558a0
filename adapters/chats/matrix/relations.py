"""Pure: how one event stands to others, and what of it counts now."""

from __future__ import annotations

from adapters.chats.matrix import names
from adapters.chats.matrix.client import Object

THREAD, EDIT, ANNOTATION = "m.thread", "m.replace", "m.annotation"

KEY = "org.threadline.key"
"""Holds the key of a message beside its words: by it also another device of ours knows what was sent."""


def relation(thread: str, reply_to: str) -> Object:
    """How a message stands in its thread, and what it answers.

    Where it answers nothing in particular, clients that know no threads show it as an answer to the root: that is the
    same for every try.
    """
    answered = {"m.in_reply_to": {"event_id": reply_to}} if names.is_event(reply_to) else {}
    if not thread:
        return answered
    root = names.event_of(thread)
    return {
        "rel_type": THREAD,
        "event_id": root,
        "is_falling_back": not answered,
        **(answered or {"m.in_reply_to": {"event_id": root}}),
    }


def relates(event: Object) -> Object:
    """What an event says of its relation to another; nothing where it says none."""
    content = event.get("content")
    related = content.get("m.relates_to") if isinstance(content, dict) else None
    return related if isinstance(related, dict) else {}


def _unsigned(event: Object) -> Object:
    unsigned = event.get("unsigned")
    return unsigned if isinstance(unsigned, dict) else {}


def is_redacted(event: Object) -> bool:
    """Whether what an event said was taken away."""
    return bool(_unsigned(event).get("redacted_because")) or not event.get("content")


def key_of(event: Object) -> str:
    """The key under which an event was sent: what it holds itself, else what the homeserver tells this device."""
    return str(event["content"].get(KEY) or _unsigned(event).get("transaction_id") or "")


def standing(event: Object) -> Object:
    """What an event says now, its last change counted."""
    related = _unsigned(event).get("m.relations")
    change = related.get(EDIT) if isinstance(related, dict) else None
    content = change.get("content") if isinstance(change, dict) else None
    new = content.get("m.new_content") if isinstance(content, dict) else None
    said = new if isinstance(new, dict) else event["content"]
    return {name: value for name, value in said.items() if name not in ("m.relates_to", KEY)}
