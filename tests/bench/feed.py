"""One run of reading a large feed: by the adapter, or by feedparser alone with the same flags.

The adapter makes threads and posts of it and remembers every entry; feedparser leaves it at its dictionaries. How far
the event loop is behind while feeds are read is measured beside: the adapter reads small feeds in a thread and large
ones in a process of its own, the baseline reads both in a thread.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from pathlib import Path

import feedparser
import msgspec

from adapters.forums.feed import nouns
from adapters.forums.feed.forum import LARGE
from adapters.forums.feed.nouns import Source
from bot.workshop import Workshop

ROOT = Path(__file__).parents[2]
NOW = 1_795_500_000_000
ADDRESS = "https://site.example/feed.xml"
TICK = 0.001
"""Seconds between two looks at how late the loop is."""

SMALL = 100
"""Entries of a feed that is read in a thread."""

Figures = dict[str, float]
Read = Callable[[bytes], object]


def written(entries: int) -> bytes:
    """A feed of posts of 1.4 KB, as a blog writes it."""
    words = "<p>Some words of a post, with a <a href='https://site.example/other'>link</a> &amp; more of it.</p>" * 14
    items = "".join(
        f"<item><title>Entry {n}</title><link>https://site.example/{n}</link><guid>https://site.example/{n}</guid>"
        f"<pubDate>{formatdate(NOW / 1000 - 600 * n)}</pubDate><category>News</category>"
        f"<dc:creator>ann</dc:creator><description><![CDATA[{words} {n}]]></description></item>"
        for n in range(entries)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>A feed</title><link>https://site.example/</link>{items}</channel></rss>"
    ).encode()


def ours(raw: bytes) -> object:
    """What the adapter makes of a feed."""
    page = nouns.listing(raw, Source(ADDRESS, "application/rss+xml"), "", NOW).page
    assert len(page.pages) == raw.count(b"<item>")
    return page


def bare(raw: bytes) -> object:
    """What feedparser makes of it."""
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": ADDRESS}
    told = feedparser.parse(io.BytesIO(raw), sanitize_html=False, resolve_relative_uris=False, response_headers=headers)
    assert len(told.entries) == raw.count(b"<item>")
    return told


def seconds(read: Read, raw: bytes, times: int) -> float:
    """CPU seconds of reading a feed once, the median of some times."""
    read(raw)
    taken = []
    for _ in range(times):
        began = time.process_time()
        read(raw)
        taken.append(time.process_time() - began)
    return statistics.median(taken)


async def stall(read: Callable[[bytes], Awaitable[object]], raw: bytes, times: int) -> float:
    """Milliseconds by which the loop is late while a feed is read again and again: its 999th of thousand."""
    loop, late = asyncio.get_running_loop(), []
    reading = asyncio.ensure_future(_again(read, raw, times))
    while not reading.done():
        due = loop.time() + TICK
        await asyncio.sleep(TICK)
        late.append(loop.time() - due)
    await reading
    return sorted(late)[int(len(late) * 0.999)] * 1000


async def _again(read: Callable[[bytes], Awaitable[object]], raw: bytes, times: int) -> None:
    for _ in range(times):
        await read(raw)


async def measured(who: str, entries: int, times: int) -> Figures:
    """The figures of one side: CPU per feed, and how late the loop is with large and with small feeds."""
    read, large, small = ours if who == "ours" else bare, written(entries), written(min(SMALL, entries))
    workshop = Workshop()

    async def run(raw: bytes) -> object:
        if who == "ours" and len(raw) > LARGE:
            return await workshop.do(nouns.listing, raw, Source(ADDRESS, "application/rss+xml"), "", NOW)
        return await asyncio.to_thread(read, raw)

    try:
        await run(large)
        return {
            "cpu": seconds(read, large, times) * 1000,
            "stall_large": await stall(run, large, times),
            "stall_small": await stall(run, small, times * 5),
        }
    finally:
        await workshop.close()


def figures(who: str, entries: int, times: int) -> Figures:
    """One run in a process of its own, of `ours` or `bare`."""
    command = [sys.executable, "-m", "tests.bench.feed", who, "--entries", str(entries), "--times", str(times)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"reading a feed ({who}) failed:\n{done.stderr.decode(errors='replace')[-4000:]}")
    return msgspec.json.decode(done.stdout, type=Figures)


def main() -> None:
    """Print the figures of one side as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("who", choices=("ours", "bare"))
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--times", type=int, default=10)
    asked = parser.parse_args()
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(measured(asked.who, asked.entries, asked.times))))


if __name__ == "__main__":
    main()
