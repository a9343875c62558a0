"""What it costs to read the HTML of a post and to write it for each chat, and what the worst posts cost.

The baseline parses the same HTML with lexbor and takes its text: the least that anybody does who shows a post. Read and
written are a post of 1.4 KB with as many tags as a usual one has; hostile posts are made of what parsers take longest
over. Times are CPU times, and the best of several rounds, since other programs only ever add to them.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from functools import partial

from selectolax.lexbor import LexborHTMLParser

from bot import markup
from bot.markup.nodes import MAX_SOURCE

CHATS = ("web", "plain", "markdown", "discord", "matrix")
BASE = "https://forum.example/t/drift/311"
ROUNDS = 7

POST = """<aside class="quote no-group" data-username="maria" data-post="4" data-topic="311">
<div class="title">
<div class="quote-controls"></div>
<img alt="" width="24" height="24" src="/user_avatar/maria/48/3_2.png" class="avatar"> maria:</div>
<blockquote>
<p>The second reading is the one that surprised me.</p>
</blockquote>
</aside>
<p>I measured it again this morning, with the <strong>new</strong> sensor and the old one side by side. They agree to \
within half a degree, so the drift that we saw in March was not the sensor but the cable. It had lain in the sun for \
two summers, and where it goes through the wall the shield was open. I should have looked there first, but the \
readings were so even that nobody thought of it.</p>
<p>What I did: took the <a href="/t/calibration/298/7" class="inline-onebox">calibration table</a> from last year, \
let both run for half an hour in the shade, and wrote down every value &amp; its time. Then the same again with a new \
cable. The difference is in every single reading, it has the same sign everywhere, and it grows with the temperature \
of the wall and not with that of the air. That is all there is to it.</p>
<p>I will do it once more in the evening, when the wall has cooled down, and put the numbers here. If anybody has a \
spare cable of the long kind, please say so; ours are all in use, and the shop needs two weeks.</p>
"""

DEEP = 128 * 1024
HOSTILE: dict[str, tuple[str, str]] = {
    "nested div": ("html", "<div>" * (DEEP // 5)),
    "nested lists": ("html", "<ul><li>" * (DEEP // 8)),
    "reopened formatting": ("html", "<b c=1><p>" * (DEEP // 10)),
    "open attributes": ("html", '<a "' * (DEEP // 4)),
    "open comments": ("html", "<!--" * (DEEP // 4)),
    "brackets": ("bbcode", "[" * 1024 * 1024),
    "nested quotes": ("bbcode", "[quote]" * (DEEP // 7)),
    "bold brackets": ("bbcode", "[b]" * (DEEP // 3)),
    "brackets in Markdown": ("markdown", "[" * 1024 * 1024),
    "underscores in Markdown": ("markdown", "_a " * (DEEP // 3)),
    "nested lists in Markdown": ("markdown", "- " * (DEEP // 2)),
    "angle brackets in Markdown": ("markdown", "<" * DEEP),
}
"""What parsers take longest over: its name to the format and the text."""


def posts(rounds: int = ROUNDS) -> dict[str, float]:
    """CPU µs to read the post and to write it, for each of the `CHATS`, and to read it alone ("read")."""
    tree = markup.read(POST, "html", BASE)
    reading = best(partial(markup.read, POST, "html", BASE), rounds)
    figures = {"read": reading}
    for chat in CHATS:
        figures[chat] = reading + best(partial(markup.write, tree, chat), rounds)
    return figures


def bare_posts(rounds: int = ROUNDS) -> dict[str, float]:
    """CPU µs to parse the same post and to take its text, under each of the same names."""
    taken = best(lambda: LexborHTMLParser(POST, is_fragment=True).text(), rounds)
    return dict.fromkeys(("read", *CHATS), taken)


def hostile(share: float = 1.0) -> dict[str, float]:
    """The worst of the `HOSTILE` posts: CPU ms to read it, and to write it for a chat; MiB that either needs.

    Of each so large a `share` is taken: a smaller one proves nothing.
    """
    worst = {"read": 0.0, "write": 0.0, "memory": 0.0}
    for format, whole in HOSTILE.values():
        source = whole[: int(len(whole) * share)]
        tree = markup.read(source, format)
        acts: list[tuple[str, Callable[[], object]]] = [("read", partial(markup.read, source, format))]
        acts += [("write", partial(markup.write, tree, chat)) for chat in markup.WRITERS]
        for kind, act in acts:
            worst[kind] = max(worst[kind], best(act, 3, 1) / 1000)
            worst["memory"] = max(worst["memory"], _peak(act))
    return worst


def bare_hostile() -> dict[str, float]:
    """The same for lexbor and the hostile HTML, as far as it can be told: its time, and the size of the source."""
    sources = [source[:MAX_SOURCE] for format, source in HOSTILE.values() if format == "html"]
    worst = max(best(partial(LexborHTMLParser, source, is_fragment=True), 3, 1) / 1000 for source in sources)
    return {"read": worst, "write": worst, "memory": max(map(len, sources)) / 1024**2}


def best(act: Callable[[], object], rounds: int, times: int = 200) -> float:
    """CPU µs of one act."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(times):
            act()
        best = min(best, (time.process_time() - begun) / times)
    return best * 1_000_000


def _peak(act: Callable[[], object]) -> float:
    """MiB that are allocated at once while it acts."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1] / 1024**2
    finally:
        tracemalloc.stop()
