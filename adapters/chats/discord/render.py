"""Pure: a card → messages as Discord shows them; a payload → plain text for a terminal.

All of a card stands in an embed, whose words call nobody. Its title is the first line of the description: so the
embed's own address is not seen, and can hold the key under which the message was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.chats.discord import buttons
from bot import markup
from bot.markup.addresses import shows
from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.model import Card, CardKind, Offer, Payload
from bot.model import calendar as moment
from bot.ports import Attachment, in_words, media_of

DESCRIPTION = 4096
"""Characters of an embed's description; 6000 are allowed of all texts of a message together."""

SLACK = 96
"""Characters that are left free, for what two texts need to stand below each other."""

ANSWERS = 160
"""Characters that a webhook's message keeps free for the line that says what it answers."""

LONGEST_NAME = 80
LONGEST_LINE = 240
"""Characters of a title, a way, a note."""

LONGEST_ALT = 200
MOST_IMAGES = 10
"""Images of one message that its payload names; how many are uploaded is a setting."""

SEPARATOR = " · "
SIGN = "/"
"""What stands before a command."""

COLOURS = {
    CardKind.POST: 0x4F6D8F,
    CardKind.TOMBSTONE: 0x80848E,
    CardKind.NOTICE: 0xE0A030,
    CardKind.REMARK: 0xB5BAC1,
}

EMPTY = "…"
"""What stands in a message that says nothing: Discord takes none that is empty."""


class Picture(msgspec.Struct, frozen=True):
    """An image of a card, as its payload names it."""

    address: str
    alt: str = ""


def render(card: Card, most: int | None = None, webhook: bool = False) -> tuple[Payload, ...]:
    """The messages that show a card.

    Who wrote it, which post it is and when stands on each, what stands above a text on the first, what stands below it
    on the last. `embed` is the message itself, but for images; where a `webhook` speaks, `speaker` says under which
    name. `title` and `tags` (the likeliest first) are for places whose messages have them; `part` counts the messages.
    `components` are the buttons, below the last one.
    """
    said = card.body if card.kind is not CardKind.TOMBSTONE else None
    said = in_words(said, [one for one in card.offers if not buttons.fits(one)], SIGN)
    media = media_of(said, MOST_IMAGES)
    body = _with_links(said, media)
    frame = _Frame(card, webhook)
    whole = frame.description(body, first=True, last=True)
    if units(whole) <= frame.longest:
        return (frame.message(whole, 0, *_shared_out(media, (body,)), last=True),)
    bodies = markup.in_messages(
        body,
        _size,
        frame.longest,
        head=_size(document(*frame.above)),
        foot=_size(document(*frame.below)),
        most=most,
        link=card.link if shows(card.link) else "",
    )
    last, pictures = len(bodies) - 1, _shared_out(media, bodies)
    words = [frame.description(part, first=n == 0, last=n == last) for n, part in enumerate(bodies)]
    return tuple(frame.message(part, n, pictures[n], last=n == last) for n, part in enumerate(words))


def notice(words: str, offers: Sequence[Offer] = ()) -> tuple[str, ...]:
    """What the house says to one person, from Markdown, as texts of messages; `offers` are told in words."""
    body = in_words(markup.read(words, "markdown"), offers, SIGN)
    bodies = markup.in_messages(body, _size, 2000 - SLACK)
    return tuple(markup.write(body, "discord") or EMPTY for body in bodies)


def sketch(payload: Payload) -> str:
    """A payload as a person would see it, in plain text for a terminal."""
    embed = msgspec.convert(payload["embed"], dict[str, Any])
    speaker = msgspec.convert(payload.get("speaker", {}), dict[str, str])
    head = SEPARATOR.join(filter(None, (speaker.get("name", ""), embed.get("author", {}).get("name", ""))))
    foot = embed.get("footer", {}).get("text", "")
    return "\n".join(filter(None, (head, embed.get("description", ""), foot)))


def units(words: str) -> int:
    """How long Discord takes a text to be: signs beyond the first 65,536 count twice."""
    return len(words) if words.isascii() else len(words.encode("utf-16-le", "surrogatepass")) // 2


class _Frame:
    """What stands around the text of a card."""

    def __init__(self, card: Card, webhook: bool) -> None:
        self._card = card
        self._webhook = webhook
        self._author = markup.clean_name(card.author, LONGEST_NAME)
        self._link = card.link if shows(card.link) else ""
        self._avatar = card.avatar if shows(card.avatar) else ""
        self.longest = DESCRIPTION - SLACK - (ANSWERS if webhook else 0)
        self.above = _above(card, self._link)
        self.below = _below(card, self._link if webhook or not self._author else "")

    def description(self, part: Node, *, first: bool, last: bool) -> str:
        """The words of one message with a part of the text."""
        above, below = self.above if first else (), self.below if last else ()
        return markup.write(document(*above, *part.children, *below), "discord")

    def message(self, words: str, number: int, images: tuple[Picture, ...], *, last: bool) -> Payload:
        """One message that says these words."""
        card = self._card
        embed: dict[str, object] = {"description": words or EMPTY, "color": COLOURS[card.kind]}
        if self._author and not self._webhook:
            author = {"name": self._author, "url": self._link, "icon_url": self._avatar}
            embed["author"] = {field: value for field, value in author.items() if value}
        if foot := SEPARATOR.join(_signs(card)):
            embed["footer"] = {"text": foot}
        if card.when is not None and card.when.exact:
            embed["timestamp"] = moment(card.when.earliest).isoformat(timespec="milliseconds")
        payload: Payload = {
            "embed": embed,
            "images": [{"address": one.address, "alt": one.alt} for one in images],
            "reply_to": str(card.reply_to) if number == 0 else "",
            "title": card.title or self._author,
            "tags": [*card.tags, *reversed(card.path)],
            "part": number,
            "components": buttons.of_card(card) if last else [],
        }
        if self._webhook:
            payload["speaker"] = {"name": self._author, "avatar": self._avatar}
        return payload


def _signs(card: Card) -> list[str]:
    """Which post it is, and when it was written where Discord cannot show that as a time."""
    signs = [markup.clean_name(sign, LONGEST_NAME) for sign in dict.fromkeys((card.badge, card.number)) if sign]
    if card.when is not None and not card.when.exact:
        signs.append(card.when.stated())
    return [sign for sign in signs if sign]


def _above(card: Card, link: str) -> tuple[Node, ...]:
    """The board's path, the title, and what is answered where the chat cannot show that by itself."""
    lines: list[Node] = []
    way = " › ".join(filter(None, (markup.clean_name(step, LONGEST_NAME) for step in card.path)))
    if way:
        lines.append(paragraph(_short(way)))
    if title := _short(card.title):
        words = text(title)
        said = Node(Kind.LINK, target=link, children=(words,)) if link else words
        lines.append(Node(Kind.HEADING, level=3, children=(said,)))
    quote = card.quote
    if quote is not None and not card.reply_to:
        who = " ".join(filter(None, (markup.clean_name(quote.author, LONGEST_NAME), quote.number)))
        target = quote.link if shows(quote.link) else ""
        lines.append(Node(Kind.QUOTE, label=who, target=target, children=(paragraph(_short(quote.excerpt)),)))
    return tuple(lines)


def _below(card: Card, link: str) -> tuple[Node, ...]:
    """The note, and the address of the post where nothing else leads there."""
    lines: list[Node] = []
    if note := _short(card.note):
        lines.append(paragraph(Node(Kind.ITALIC, children=(text(note),))))
    if link:
        lines.append(paragraph(Node(Kind.LINK, target=link, children=(text("on the forum"),))))
    return tuple(lines)


def _short(words: str) -> str:
    """One line of them."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1].rstrip() + "…"


def _size(node: Node) -> int:
    return units(markup.write(node, "discord"))


def _with_links(node: Node, media: Sequence[Attachment]) -> Node:
    """The tree with its images as links, since an embed shows none of them in its text."""
    return _linked(node, False) if any(not one.plays for one in media) else node


def _linked(node: Node, inside: bool) -> Node:
    if node.kind is Kind.IMAGE:
        words = text(" ".join(node.label.split()) or "image")
        return words if inside or not shows(node.target) else Node(Kind.LINK, target=node.target, children=(words,))
    if not node.children:
        return node
    within = inside or node.kind is Kind.LINK
    return msgspec.structs.replace(node, children=tuple(_linked(child, within) for child in node.children))


def _shared_out(media: Sequence[Attachment], bodies: tuple[Node, ...]) -> list[tuple[Picture, ...]]:
    """Which images each message shows: those whose links stand in it, each in the first that has it."""
    open_ = [one for one in media if not one.plays and not one.hidden]
    waiting = {one.address: Picture(one.address, one.alt[:LONGEST_ALT]) for one in open_}
    shared = []
    for body in bodies:
        targets = _targets(body) if waiting else frozenset()
        here = [address for address in waiting if address in targets]
        shared.append(tuple(waiting.pop(address) for address in here))
    return shared


def _targets(body: Node) -> frozenset[str]:
    """The addresses that a text leads to."""
    found, open_ = set(), [body]
    while open_:
        node = open_.pop()
        if node.kind is Kind.LINK:
            found.add(node.target)
        open_.extend(node.children)
    return frozenset(found)
