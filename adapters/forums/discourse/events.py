"""Pure: what befell a thread, in words, as Discourse tells it among the posts ("small actions")."""

from __future__ import annotations

_WORDS = {
    "archived.disabled": "unarchived the thread",
    "archived.enabled": "archived the thread",
    "autobumped": "brought the thread up again",
    "autoclosed.disabled": "opened the thread, as it was set to",
    "autoclosed.enabled": "closed the thread, as it was set to",
    "banner.disabled": "took the thread's banner away",
    "banner.enabled": "made the thread a banner",
    "category_changed": "moved the thread to another category",
    "closed.disabled": "opened the thread",
    "closed.enabled": "closed the thread",
    "forwarded": "forwarded the thread",
    "invited_group": "invited the group {who}",
    "invited_user": "invited {who}",
    "open_topic": "made a personal message of the thread a thread for everybody",
    "pinned.disabled": "unpinned the thread",
    "pinned.enabled": "pinned the thread",
    "pinned_globally.disabled": "unpinned the thread",
    "pinned_globally.enabled": "pinned the thread everywhere",
    "private_topic": "made the thread a personal message",
    "public_topic": "made the thread public",
    "removed_group": "removed the group {who}",
    "removed_user": "removed {who}",
    "split_topic": "moved posts out of the thread",
    "tags_changed": "changed the thread's tags",
    "user_left": "left the thread",
    "visible.disabled": "took the thread off the lists",
    "visible.enabled": "put the thread on the lists again",
}


def words(code: str, who: str = "") -> str:
    """What was done, as it is said of whoever did it; an unknown code is said as it is written."""
    known = _WORDS.get(code)
    if known is None:
        return " ".join(code[:80].replace("_", " ").replace(".", " ").split()) or "changed the thread"
    return known.format(who=who or "somebody")
