"""Pure: how private news are put in words, and what can be said to them by a press."""

from __future__ import annotations

import msgspec

from bot import markup
from bot.commands.words import linked, said
from bot.markup import clean_name
from bot.model import Offer
from bot.reading.digest import Shown, shortened
from bot.store.digests import Contents
from bot.store.news import MOST, Due, Glimpse, Hit, ThreadNews
from bot.texts import say

THREADS = 5
HITS = 5
"""Threads, and posts with words that somebody waits for, that one message names."""

OFFERED = 3
"""Threads about which something can be said by a press."""

FIRST_WORDS = 100
"""Characters of a post."""

TITLE = 80
CALLED = 30
"""Characters of a title, and of one on a button."""


class Tidings(msgspec.Struct, frozen=True):
    """A private message; empty where there is nothing to say."""

    text: str = ""
    offers: tuple[Offer, ...] = ()


def of_news(due: Due) -> Tidings:
    """What is new in threads that somebody follows, and what holds words that they wait for."""
    told = {glimpse.post for thread in due.threads for glimpse in thread.posts[:1]}
    hits = [hit for hit in due.hits if hit.post.post not in told]
    lines = [_thread(thread) for thread in due.threads[:THREADS]] + [_hit(hit) for hit in hits[:HITS]]
    left = len(due.threads[THREADS:]) + len(hits[HITS:])
    if left:
        lines.append(say("personal.more_news", left))
    if not lines:
        return Tidings()
    offered = due.threads[:OFFERED]
    offers = [offer for thread in offered for offer in _offers(thread, len(due.threads) > 1)]
    return Tidings("\n\n".join(lines), tuple(offers))


def _thread(news: ThreadNews) -> str:
    names = list(dict.fromkeys(glimpse.author for glimpse in news.posts))
    who = say("personal.comma").join(said(name, 30) for name in names[:3])
    first = _first_words(news.posts[0])
    number = say("personal.many", most=MOST) if news.count >= MOST else say("personal.new", news.count)
    return say("personal.thread_news", title=linked(news.title, news.link, TITLE), new=number, who=who, words=first)


def _hit(hit: Hit) -> str:
    post = hit.post
    return say(
        "personal.hit",
        words=said(hit.words, 60),
        title=linked(hit.title, post.link, TITLE),
        who=said(post.author, 30),
        first=_first_words(post),
    )


def _first_words(post: Glimpse) -> str:
    words = markup.words(markup.read(post.body, post.format)) if post.body else ""
    return said(words or post.title, FIRST_WORDS) or say("personal.no_words")


def _offers(news: ThreadNews, several: bool) -> tuple[Offer, Offer]:
    which = f"thread:{news.thread}"
    of = f" ({clean_name(news.title, CALLED)})" if several else ""
    return (
        Offer(f"{say('personal.mark_read')}{of}", "forum", ("markread", which, "--shown", str(news.upto))),
        Offer(f"{say('personal.mute_it')}{of}", "forum", ("mute", which)),
    )


def of_digest(contents: Contents) -> Tidings:
    """What a digest says."""
    shown, left = shortened(contents.sections)
    if not shown:
        return Tidings()
    lines = [say("personal.digest_title"), *(_board(one) for one in shown)]
    if left:
        lines.append(say("personal.more_boards", left))
    return Tidings("\n\n".join(lines), (Offer(say("personal.unread"), "forum", ("unread",)),))


def _board(shown: Shown) -> str:
    section = shown.section
    begun = sum(line.begun for line in section.threads)
    fresh = say("personal.begun", begun) if begun else ""
    head = say("personal.board", section.posts, board=linked(section.name, section.link, TITLE), begun=fresh)
    lines = [
        say("personal.line", title=linked(line.title, line.link, TITLE), new=say("personal.new", line.posts))
        for line in shown.threads
    ]
    if shown.left or section.more:
        lines.append(say("personal.more_threads", shown.left) if not section.more else say("personal.others"))
    return "\n".join([head, *lines])
