"""Pure: what befell a discussion, in words, as Flarum tells it among the posts ("event posts")."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SWITCHED = {
    "discussionLocked": ("locked", "locked the discussion", "unlocked the discussion"),
    "discussionStickied": ("sticky", "stickied the discussion", "unstickied the discussion"),
    "discussionSuperStickied": ("sticky", "stickied the discussion everywhere", "unstickied the discussion"),
}
"""Which field of its content says that it is so now, and what is said then, and else."""

_WORDS = {
    "bestAnswerSet": "set a best answer",
    "bestAnswerUnset": "took the mark of the best answer away",
    "discussionMerged": "merged other discussions into this one",
    "discussionSplit": "split posts off to another discussion",
    "recipientLeft": "left the discussion",
    "recipientsModified": "changed who takes part in the discussion",
}

LONGEST = 200
"""Characters of a name that stands in the words."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def words(kind: str, content: object, tags: Mapping[str, str]) -> str:
    """What was done, as it is said of whoever did it; `tags` are the names of tags by their ids.

    A kind that is not known is said as it is written.
    """
    if kind in _SWITCHED:
        field, on, off = _SWITCHED[kind]
        return on if not isinstance(content, dict) or content.get(field) else off
    if kind == "discussionRenamed" and isinstance(content, list) and len(content) == 2:
        before, after = (_named(title) for title in content)
        return f"renamed the discussion from “{before}” to “{after}”"
    if kind == "discussionTagged" and isinstance(content, list) and len(content) == 2:
        return _tagged(content[0], content[1], tags)
    known = _WORDS.get(kind)
    return known or " ".join(_HUMP.sub(" ", kind[:80]).lower().split()) or "changed the discussion"


def _tagged(before: object, after: object, tags: Mapping[str, str]) -> str:
    old, new = (_ids(one) for one in (before, after))
    added = [tags[id] for id in new if id not in old and id in tags]
    taken = [tags[id] for id in old if id not in new and id in tags]
    told = [
        *([f"added the {_tag(added)}"] if added else []),
        *([f"removed the {_tag(taken)}"] if taken else []),
    ]
    return " and ".join(told) or "changed the tags of the discussion"


def _ids(told: object) -> list[str]:
    return [str(id) for id in told if isinstance(id, int | str)] if isinstance(told, list) else []


def _tag(names: list[str]) -> str:
    return ("tag " if len(names) == 1 else "tags ") + ", ".join(_named(name) for name in names[:20])


def _named(title: object) -> str:
    told = " ".join(str(title).split())
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"
