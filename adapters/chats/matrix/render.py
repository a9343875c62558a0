"""Pure: a card → what stands in a room, as events have it; a payload → plain text for a terminal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.chats.matrix.media.attachments import LONGEST_ALT, Picture, apart, link_to
from adapters.chats.matrix.receiving.commands import PREFIX
from bot import markup
from bot.markup.addresses import shows
from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.model import Card, CardKind, Offer, Payload
from bot.ports import in_words, media_of

LONGEST = 28_000
"""Bytes that `body` and `formatted_body` of one message may have together: an edit carries both twice, and an event has
at most 65,536 with all that belongs to it."""

PICTURE = 400
"""Bytes that an image adds to a text, beyond its description."""

LONGEST_NAME = 80
LONGEST_LINE = 300
"""Characters of a title, a way, a note."""

SEPARATOR = " · "
PROFILE = "com.beeper.per_message_profile"
"""Who spoke, for clients that show a name and a picture of each message's own (MSC4144); others ignore it."""


def render(
    card: Card, most: int | None = None, ghosts: bool = False, alone: int = 0, sign: str = PREFIX
) -> tuple[Payload, ...]:
    """The messages that show a card; what a notice offers stands in its text, with `sign` before the commands.

    Who wrote it stands on each, what stands above a text on the first, what stands below it on the last. `content` is
    the event's own, but for what depends on the place and for pictures; `gone` says why a tombstone's text is taken
    away where it stands. Where authors have `ghosts`, `ghost` says which one speaks and in which words, without the
    name that stands beside them then; `at` is the time of the post, where that is known.

    So many images and recordings as `alone` says are messages of their own behind the text: `file` names one, and
    `content` has the link for the case that it cannot be had. Those for which `most` leaves no room stand in the text.
    """
    offers = card.offers if card.kind is CardKind.NOTICE else ()
    body = in_words(card.body if card.kind is not CardKind.TOMBSTONE else None, offers, sign)
    frame = _Frame(card, ghosts)
    whole = frame.message(body, first=True, last=True)
    if _length(whole) <= LONGEST:  # nearly always, and nothing tells it faster
        return _beside((whole,), frame, body, most, alone) if alone else (whole,)
    bodies = markup.in_messages(
        body,
        _size,
        LONGEST - frame.byline_size,
        head=_size(frame.above),
        foot=_size(frame.below.plain),
        most=most,
        link=card.link if shows(card.link) else "",
    )
    messages = tuple(frame.message(part, n == 1, n == len(bodies)) for n, part in enumerate(bodies, 1))
    return _beside(messages, frame, body, most, alone) if alone else messages


def _beside(
    messages: tuple[Payload, ...], frame: _Frame, body: Node, most: int | None, alone: int
) -> tuple[Payload, ...]:
    """The messages of a text, and behind them those of its images and recordings; no image stands in both."""
    files = apart(media_of(body), alone)
    room = len(files) if most is None else most - len(messages)
    inside = {one.address for one in files[room:]}
    texts = [
        {**message, "images": [one for one in _named(message) if one["address"] in inside]} for message in messages
    ]
    return (*texts, *map(frame.attachment, files[:room]))


def _named(message: Payload) -> list[dict[str, str]]:
    return msgspec.convert(message["images"], list[dict[str, str]])


def notice(words: str, offers: Sequence[Offer] = (), sign: str = PREFIX) -> tuple[Payload, ...]:
    """What the house says to one person, from Markdown, as events of a kind that bots do not answer."""
    bodies = markup.in_messages(in_words(markup.read(words, "markdown"), offers, sign), _size, LONGEST)
    return tuple(content("m.notice", part, part) for part in bodies)


def content(kind: str, formatted: Node, plain: Node) -> Payload:
    """A text as an event has it; it mentions nobody, whatever names stand in it."""
    return {
        "msgtype": kind,
        "body": markup.write(plain, "plain"),
        "format": "org.matrix.custom.html",
        "formatted_body": markup.write(formatted, "matrix"),
        "m.mentions": {},
    }


def sketch(payload: Payload) -> str:
    """A payload as a person would see it, in plain text for a terminal."""
    said = payload["content"]
    return str(said["body"]) if isinstance(said, dict) else ""


def spoken(payload: Payload) -> Payload:
    """A payload as its author's ghost says it: the name and picture stand beside it, and so not in it."""
    said = {
        name: value for name, value in msgspec.convert(payload["content"], dict[str, Any]).items() if name != PROFILE
    }
    ghost = msgspec.convert(payload["ghost"], Ghost)
    return {**payload, "content": said | ghost.said, "avatar": ""}


class Ghost(msgspec.Struct, frozen=True):
    """The author of a card as somebody who speaks, and what they say."""

    author: str
    """What never changes of them."""
    name: str
    avatar: str
    said: dict[str, str]
    """The fields of the event's content in the place of those that name the author."""


class _Lines(msgspec.Struct, frozen=True):
    """Lines of the house, with addresses behind their words, and with addresses written out where that reads well."""

    linked: Node
    plain: Node


NOTHING = document()


class _Frame:
    """What stands around the text of a card."""

    def __init__(self, card: Card, ghosts: bool) -> None:
        self._card = card
        self._ghosts = ghosts
        self._author = markup.clean_name(card.author, LONGEST_NAME)
        self._byline = _byline(card, self._author)
        self._signs = _byline(card, "")
        self.above = _above(card)
        self.below = _below(card)

    @property
    def byline_size(self) -> int:
        """Bytes of what stands on every message."""
        return _size(document(self._byline.linked))

    def message(self, part: Node, first: bool, last: bool) -> Payload:
        """One message with a part of the text."""
        card = self._card
        above = self.above.children if first else ()
        below = self.below if last else _Lines(NOTHING, NOTHING)

        def under(line: _Lines) -> Payload:
            linked = document(*_said(line.linked), *above, *part.children, *below.linked.children)
            plain = document(*_said(line.plain), *above, *part.children, *below.plain.children)
            return content("m.notice" if card.kind is CardKind.REMARK else "m.text", linked, plain)

        alone = under(self._signs) if self._has_ghost else {}
        words = {field: str(alone[field]) for field in alone if field in ("body", "formatted_body")}
        return {
            **self._signed(under(self._byline), words),
            "reply_to": str(card.reply_to) if first else "",
            "gone": (card.note or "deleted") if card.kind is CardKind.TOMBSTONE else "",
            "images": [{"address": one.address, "alt": one.alt} for one in _images(part)],
        }

    def attachment(self, one: Picture) -> Payload:
        """One message with an image or recording alone."""
        said = self._signed(content("m.text", *link_to(one)), {})
        return {**said, "reply_to": "", "gone": "", "images": [], "file": {"address": one.address, "alt": one.alt}}

    @property
    def _has_ghost(self) -> bool:
        return self._ghosts and bool(self._author and self._card.author_key)

    def _signed(self, said: Payload, alone: dict[str, str]) -> Payload:
        """What a message says, and who says it; `alone` are the words of a ghost, where they are others."""
        card = self._card
        avatar = card.avatar if self._author and shows(card.avatar) else ""
        more: Payload = {}
        if self._ghosts and card.when is not None and card.when.exact:
            more["at"] = card.when.earliest
        if self._has_ghost:
            more["ghost"] = msgspec.to_builtins(Ghost(card.author_key, self._author, avatar, alone))
        if self._author:
            id = hashlib.sha256(self._author.encode()).hexdigest()[:16]
            said[PROFILE] = {"id": id, "displayname": self._author}
        return {"content": said, "avatar": avatar, **more}


def _byline(card: Card, author: str) -> _Lines:
    """Who wrote it, which post it is, and when; the last of these that is there leads to the post."""
    signs = [sign for sign in dict.fromkeys((card.badge, card.number)) if sign]
    parts = [markup.clean_name(sign, LONGEST_NAME) for sign in signs]
    if card.when is not None:
        parts.append(f"{card.when.stated()}{' UTC' if card.when.exact else ''}")
    words: list[Node] = [Node(Kind.BOLD, children=(text(author),))] if author else []
    words += [text(part) for part in parts if part]
    linked = list(words)
    if shows(card.link):
        last = linked.pop() if parts else text("open")
        linked.append(Node(Kind.LINK, target=card.link, children=(last,)))
    return _Lines(_joined(linked), _joined(words))


def _said(line: Node) -> tuple[Node, ...]:
    """The line, where it says anything."""
    return (line,) if line.children else ()


def _joined(words: list[Node]) -> Node:
    between: list[Node] = []
    for word in words:
        between += [text(SEPARATOR), word] if between else [word]
    return paragraph(*between)


def _above(card: Card) -> Node:
    """The board's path, the title, and what is answered where the chat cannot show that by itself."""
    lines: list[Node] = []
    way = " › ".join(filter(None, (markup.clean_name(step, LONGEST_NAME) for step in card.path)))
    if way:
        lines.append(paragraph(_short(way)))
    if card.title.strip():
        lines.append(paragraph(Node(Kind.BOLD, children=(text(_short(card.title)),))))
    quote = card.quote
    if quote is not None and not card.reply_to:
        who = " ".join(filter(None, (markup.clean_name(quote.author, LONGEST_NAME), quote.number)))
        link = quote.link if shows(quote.link) else ""
        lines.append(Node(Kind.QUOTE, label=who, target=link, children=(paragraph(_short(quote.excerpt)),)))
    return document(*lines)


def _below(card: Card) -> _Lines:
    """The note; in plain text the address of the post too, which has no other place there."""
    lines: list[Node] = []
    if card.note.strip():
        lines.append(paragraph(Node(Kind.ITALIC, children=(text(_short(card.note)),))))
    address = [paragraph(card.link)] if shows(card.link) else []
    return _Lines(document(*lines), document(*lines, *address))


def _short(words: str) -> str:
    """One line of them."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1].rstrip() + "…"


def _size(node: Node) -> int:
    """Bytes of a text as an event has it, both ways, with room for the pictures that it may get."""
    words = _bytes(markup.write(node, "matrix")) + _bytes(markup.write(node, "plain"))
    return words + sum(PICTURE + 2 * _bytes(one.alt) for one in _images(node))


def _length(payload: Payload) -> int:
    """The same of a message that is made already."""
    said = msgspec.convert(payload["content"], dict[str, Any])
    images = msgspec.convert(payload["images"], tuple[Picture, ...])
    words = _bytes(said["body"]) + _bytes(said["formatted_body"])
    return words + sum(PICTURE + 2 * _bytes(one.alt) for one in images)


def _images(node: Node) -> list[Picture]:
    """The images of a text that may be shown in it."""
    found = (one for one in media_of(node) if not one.plays and not one.hidden)
    return [Picture(one.address, one.alt[:LONGEST_ALT]) for one in found]


def _bytes(words: str) -> int:
    return len(msgspec.json.encode(words))
