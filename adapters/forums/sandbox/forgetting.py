"""Pure: what is left of the sandbox's entries once words that nobody can read any more are taken out of them.

Entries stay, each in its place, with their keys and counts: replayed, they make the same forum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from adapters.forums.sandbox import entries
from adapters.forums.sandbox.state import State, Status

Replace = msgspec.structs.replace


def living(state: State) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Takes the dead words out of packed entries; to be given all that made `state`, in their order."""
    versions: Counter[str] = Counter()

    def left(entry: entries.Entry) -> entries.Entry:
        match entry:
            case entries.Opened():
                return Replace(entry, acts=tuple(left(act) for act in entry.acts))
            case entries.ThreadStarted() | entries.Replied() | entries.PostEdited():
                versions[entry.post] += 1
                row = state.posts[entry.post]
                newest = versions[entry.post] == row.version
                if newest and row.status not in (Status.DELETED, Status.REJECTED):
                    return entry
                # The list of threads goes on naming a thread whose OP was deleted.
                return Replace(entry, text="", title=entry.title if newest and row.op and row.shown else "")
            case _:
                return entry

    return lambda raw: entries.packed(left(entries.unpacked(raw)))
