"""Pure: what befell a thread, in words, as NodeBB tells it between the posts."""

from __future__ import annotations

WORDS = {
    "delete": "deleted the thread",
    "fork": "moved posts of the thread to another one",
    "lock": "closed the thread",
    "move": "moved the thread here",
    "pin": "pinned the thread",
    "restore": "put the thread up again",
    "unlock": "opened the thread",
    "unpin": "unpinned the thread",
}
"""By the forum's own names. That somebody shared or linked to a thread did not befall it; what waits for a moderator is
told to moderators alone."""


def words(type: str, came_from: str = "") -> str:
    """What was done, as it is said of whoever did it; empty where it is nothing that befell the thread."""
    if type == "move" and came_from:
        return f"moved the thread here from {came_from}"
    return WORDS.get(type, "")
