"""Pure: what a mirror's filters leave out, and why in words.

A word or phrase is found as it is written, at the borders of words, in small and capital letters alike; `*` stands for
any letters of one word. Names and tags are compared whole; there `*` stands for anything. However long a text is, it
is walked through once for each pattern.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from bot import markup
from bot.mirroring import Options
from bot.model import Body, BodyState
from bot.texts import say

_WORD = re.compile(r"\w+|[^\w\s]")
"""What a text is taken apart into; a sign stands alone, so that "c++" is found and is no "c"."""
_PATTERN = re.compile(r"[\w*]+|[^\w\s]")


class Facts(msgspec.Struct, frozen=True):
    """What filters look at of a post; the tags are its thread's."""

    op: bool
    author: str
    author_id: str
    text: str
    """Title and words."""
    seen: bool = True
    """Whether its words are known, or known to be none."""
    passed: bool = False
    """Its words were let through while they were known; they are not judged again."""
    tags: tuple[str, ...] = ()
    event: bool = False


class Hide(msgspec.Struct, frozen=True):
    """What a community does not show: one post, or whatever somebody writes on a forum."""

    community: int
    by: str
    post: int | None = None
    author: str = ""
    author_id: str = ""

    def wrote(self, post: Facts) -> bool:
        """Whether a post is of the author that is hidden: told by what the forum knows them as, else by their name."""
        if self.post is not None:
            return False
        return post.author_id == self.author_id if self.author_id else folded(post.author) == folded(self.author)


def hidden(hides: Sequence[Hide], community: int, id: int, post: Facts, opening: Facts | None) -> str:
    """Why a community hides a post, in words; empty: it does not. With somebody's OP its replies are hidden."""
    for hide in hides:
        if hide.community != community:
            continue
        if hide.post == id:
            return say("mirrors.hidden_by", who=hide.by)
        if hide.wrote(post):
            return say("mirrors.author_hidden_by", who=hide.by, author=hide.author)
        if opening is not None and not post.op and hide.wrote(opening):
            return say("mirrors.op_hidden_by", who=hide.by, author=hide.author)
    return ""


def facts(
    op: bool, author: str, author_id: str, title: str, body: Body, tags: Sequence[str], event: bool = False
) -> Facts:
    """What filters look at, from a post as it is stored: one with a text that is not there any more is not known."""
    words = markup.words(markup.read(body.text, body.format)) if body.text else ""
    seen = bool(body.text) or body.state is BodyState.EMPTY
    return Facts(op, author, author_id, f"{title}\n{words}", seen, tags=tuple(tags), event=event)


def left_out(options: Options, post: Facts, opening: Facts | None) -> str:
    """Why a post is left out, in words; empty: it is shown.

    `opening` is the thread's OP where it is known, be it this post. It alone decides what is chosen, and what leaves it
    out leaves out its replies.
    """
    if not options.filters:
        return ""
    if not options.with_replies and not post.op:
        return say("filters.event") if post.event else say("filters.reply")
    if opening is None or post.op:
        return _not_chosen(options, post) or _unwanted(options, post)
    return (
        _not_chosen(options, opening, of_op=True) or _unwanted(options, opening, of_op=True) or _unwanted(options, post)
    )


def _not_chosen(options: Options, post: Facts, of_op: bool = False) -> str:
    """Why a post is none of what is chosen; `of_op`: in words about one of its replies."""
    if options.authors and not _named(options.authors, post):
        name = post.author
        return say("filters.op_not_chosen", author=name) if of_op else say("filters.not_chosen", author=name)
    if options.tags and not _tagged(options.tags, post):
        return say("filters.no_tag")
    if options.words and not post.passed and not holds(options.words, post.text):
        if not post.seen:
            return _unseen(of_op)
        return say("filters.op_no_word") if of_op else say("filters.no_word")
    return ""


def _unwanted(options: Options, post: Facts, of_op: bool = False) -> str:
    """Why a post is not wanted, in the same way."""
    if _named(options.not_authors, post):
        return say("filters.op_author", author=post.author) if of_op else say("filters.author", author=post.author)
    if tag := _tagged(options.not_tags, post):
        return say("filters.tag", tag=tag)
    if post.passed:
        return ""
    if word := holds(options.not_words, post.text):
        return say("filters.op_word", word=word) if of_op else say("filters.word", word=word)
    return _unseen(of_op) if options.not_words and not post.seen else ""


def _unseen(of_op: bool) -> str:
    return say("filters.op_unseen") if of_op else say("filters.unseen")


def _named(patterns: Sequence[str], post: Facts) -> str:
    names = [folded(post.author), *([folded(post.author_id)] if post.author_id else [])]
    return next((pattern for pattern in patterns if any(like(folded(pattern), name) for name in names)), "")


def _tagged(patterns: Sequence[str], post: Facts) -> str:
    tags = [folded(tag) for tag in post.tags]
    return next((pattern for pattern in patterns if any(like(folded(pattern), tag) for tag in tags)), "")


# ------------------------------------------------------------------------------------------------------------ patterns


def holds(patterns: Sequence[str], text: str) -> str:
    """The first of some patterns that a text holds; empty where it holds none."""
    if not patterns:
        return ""
    words = _WORD.findall(folded(text))
    line = f" {' '.join(words)} "
    return next((pattern for pattern in patterns if _holds(_PATTERN.findall(folded(pattern)), words, line)), "")


def _holds(pattern: list[str], words: Sequence[str], line: str) -> bool:
    if not any("*" in piece for piece in pattern):
        return bool(pattern) and f" {' '.join(pattern)} " in line
    # Which places of the pattern each word fits, a bit for each: a phrase is found in one walk, whatever repeats in it.
    fits = {word: sum(1 << n for n, piece in enumerate(pattern) if like(piece, word)) for word in set(words)}
    reached, whole = 0, 1 << (len(pattern) - 1)
    for word in words:
        reached = (reached << 1 | 1) & fits[word]
        if reached & whole:
            return True
    return False


def like(pattern: str, word: str) -> bool:
    """Whether a word is what a pattern says; `*` in it stands for any characters, also for none."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == word
    *middle, last = rest
    end = len(word) - len(last)
    if not word.startswith(first) or not word.endswith(last) or end < len(first):
        return False
    at = len(first)
    for piece in middle:  # the first place where each fits is as good as any: one walk
        at = word.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def folded(text: str) -> str:
    """A text as patterns see it: in one spelling, capital letters or not."""
    return unicodedata.normalize("NFKC", text).casefold()
