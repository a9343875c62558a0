"""Pure: the tickets of what waits for the moderators of a NodeBB."""

from __future__ import annotations


def ticket(uid: str, id: str) -> str:
    """The ticket of what waits under an id; no post has a key like it."""
    return f"q/{uid}/{id}"


def named(ticket: str) -> tuple[str, str]:
    """Whose it is that waits under a ticket, and its id; both empty where it is no ticket of ours."""
    kind, _, rest = ticket.partition("/")
    uid, _, id = rest.partition("/")
    return (uid, id) if kind == "q" and uid and id and len(ticket) < 500 else ("", "")
