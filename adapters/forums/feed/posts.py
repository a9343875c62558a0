"""Pure: entries → posts: those that begin a thread, those that answer something, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.forums.feed import noise
from adapters.forums.feed.identity import Reading, Seen
from adapters.forums.feed.items import Feed, Item
from adapters.forums.feed.memory import Known, mark
from bot import markup
from bot.model import Author, Parent, ParentState, Post, PostKey, PostState, body

NOBODY = "Anonymous"
_TITLE = 80
"""Characters of an entry's words that stand for a title that it does not have."""


class Answers:
    """Finds the post that another one answers, among all that are remembered."""

    def __init__(self, reading: Reading) -> None:
        ids = {seen.item.id: seen.known for seen in reading.seen if seen.item.id}
        self._ids: Mapping[str, Known] = ids
        self._links = {one.link: one for one in reading.memory.known}

    def parent(self, item: Item, own: str) -> Parent:
        """What an entry answers, as far as that is known."""
        named = [(ref.id, ref.link) for ref in item.refs] or [("", item.leads)]
        answered = [one for id, link in named if (one := self._found(id, link)) is not None and one.own != own]
        if not answered:
            return Parent(ParentState.THREAD)
        # Of several the newest: an entry may name the thread's first post besides what it answers in it.
        return Parent(ParentState.KNOWN, PostKey(max(answered, key=lambda one: one.at).own))

    def _found(self, id: str, link: str) -> Known | None:
        return self._ids.get(id) or (self._links.get(mark(link)) if link else None)


def opening(seen: Seen, key: PostKey, feed: Feed) -> Post:
    """The post of an entry that begins a thread."""
    item = seen.item
    return Post(
        key=key,
        author=Author(item.author or feed.author or feed.title, avatar=item.avatar),
        created=seen.dated.created,
        body=body(item.lead + item.text, item.format),
        link=item.link or feed.link,
        title=heading(item),
        position=seen.known.at,
        parent=Parent(ParentState.NONE),
        op=True,
        version=seen.known.words,
    )


def reply(seen: Seen, thread: str, answers: Answers) -> Post:
    """The post of an entry that answers something."""
    item = seen.item
    parent = answers.parent(item, seen.known.own)
    # Whom it answers is said in words where it cannot be shown otherwise.
    text = item.text if parent.state is ParentState.KNOWN else item.lead + item.text
    return Post(
        key=PostKey(seen.known.own),
        author=Author(item.author or NOBODY, avatar=item.avatar),
        created=seen.dated.created,
        body=body(text, item.format),
        link=item.link,
        title=noise.own_title(item.title, item.author, item.tags, thread),
        position=seen.known.at,
        parent=parent,
        state=PostState.DELETED if item.deleted else PostState.LIVE,
        version=seen.known.words,
    )


def heading(item: Item) -> str:
    """The title of an entry that begins a thread; without the name of its board, where an engine of boards wrote it."""
    return noise.subject(item.title, "", item.tags) if item.trailed else item.title


def first_words(item: Item) -> str:
    """What an entry without a title is called."""
    return markup.excerpt(markup.read(item.text[:4_000], item.format), _TITLE)
