"""Pure: the times in the feed of a thread, for boards whose pages print times for people alone.

Nothing else is taken of a feed: it shows the fifteen newest posts, and counts how often each was looked at behind its
words.
"""

from __future__ import annotations

import re

from adapters.forums.phpbb import dates
from adapters.forums.phpbb.parse import decoded
from bot.model import When

_ENTRY = re.compile(r"<entry>((?:[^<]++|<(?!/?entry>))*+)</entry>")
_POST = re.compile(r"<id>[^<>]{0,500}[?&;]p=([1-9][0-9]{0,11})\b[^<>]{0,100}</id>", re.ASCII)
_PUBLISHED = re.compile(r"<published>([^<>]{1,40})</published>")


def times(feed: bytes) -> dict[str, When]:
    """When the posts of a feed were written, by their keys; empty for what is no feed."""
    found = {}
    for entry in _ENTRY.finditer(decoded(feed)):
        post, published = _POST.search(entry[1]), _PUBLISHED.search(entry[1])
        if post and published and (moment := dates.exact(published[1].strip())):
            found[post[1]] = moment
    return found
