"""Pure: a post → the card that every chat can show; a chat reply → the draft that its forum takes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bot import markup
from bot.jobs import Answered, PostRow
from bot.markup.calling import CALLS_NOBODY
from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.model import (
    Author,
    BodyState,
    Card,
    CardKind,
    MessageId,
    Offer,
    Post,
    PostState,
    Thread,
)
from bot.offers import of_opening
from bot.texts import say

LONGEST_NAME = 80
"""Characters of a chat user's name in a post of an account that is shared."""

NOTHING = Answered()


def row(post: Post, thread: Thread, identity: int = 0) -> PostRow:
    """A post as a page brought it, in the form in which stored posts are rendered: for previews."""
    return PostRow(
        id=identity,
        thread=0,
        thread_title=thread.title,
        path=thread.board.path if thread.board is not None else (),
        author=post.author,
        title=post.title or (thread.title if post.op else ""),
        body=post.body,
        link=post.link,
        number=post.number,
        op=post.op,
        created=post.created,
        state=post.state,
        revision=1,
        parent=post.parent,
        live_replies=0,
        tags=thread.tags,
        event=post.event,
    )


def label(op: bool, number: int | None) -> str:
    """How a post is called where the forum numbers: "OP", "#3"; empty where it does not."""
    return "OP" if op else f"#{number}" if number is not None else ""


def author_key(forum: str, author: Author) -> str:
    """Who an author is: by the id, which stays when the name changes; by the name where the forum tells no more."""
    if not author.name:
        return ""
    return f"{forum}#{author.id}" if author.id else f"{forum}/{author.name}"


def card(
    post: PostRow,
    answered: Answered = NOTHING,
    in_thread: bool = False,
    longest: int = 0,
    answerable: bool = False,
) -> Card:
    """The card of a post as it is now, a tombstone where it is deleted.

    `answered` is what it answers, as the place shows it; `in_thread` says that the card stands in a chat thread that
    hangs on the OP, so that answering the OP needs no words. A text of more than `longest` characters (0: any) is cut.
    `answerable` says that what is said in answer goes to the forum. What befell a thread becomes a remark: it has no
    number, and who did it stands in its words.
    """
    name = "" if post.event else label(post.op, post.number)
    if post.state is not PostState.LIVE:
        return Card(
            CardKind.TOMBSTONE,
            note=say("cards.hidden") if post.state is PostState.HIDDEN else say("cards.deleted"),
            number=name,
            title=post.title if post.op else "",
            link=post.link,
            when=post.created,
            path=post.path if post.op else (),
            reply_to=answered.message,
        )
    if post.event:
        return Card(CardKind.REMARK, body=_remark(post), link=post.link, when=post.created, answerable=answerable)
    notes = []
    if post.body.state is BodyState.UNKNOWN:
        notes.append(say("cards.unseen"))
    if answered.guess:
        notes.append(say("cards.perhaps_to", post=answered.number or answered.author))
    elif not post.op and answered.number and not (answered.exact and (answered.message or in_thread)):
        notes.append(say("cards.reply_to", post=answered.number))
    body = None
    if post.body.state is BodyState.PRESENT:
        body = markup.read(post.body.text, post.body.format, post.link)
        if longest:
            body = markup.shortened(body, _characters, longest, post.link)
    return Card(
        CardKind.POST,
        author=post.author.name,
        author_key=author_key(post.forum, post.author),
        avatar=post.author.avatar,
        badge="OP" if post.op else post.author.badge,
        title=post.title,
        body=body,
        note="; ".join(notes),
        link=post.link,
        number=name,
        when=post.created,
        path=post.path if post.op else (),
        tags=post.tags if post.op else (),
        reply_to=answered.message,
        opener=post.op,
        answerable=answerable,
        offers=of_opening(post.thread) if post.op and post.thread else (),  # a post of a preview is of no thread yet
    )


def beneath(post: PostRow, about: MessageId) -> Card:
    """What stands beneath a person's message about the post that it became: its words now, or that it is gone."""
    if post.state is PostState.LIVE:
        lead, said = say("cards.changed_there"), markup.read(post.body.text, post.body.format, post.link).children
    else:
        lead, said = say("cards.hidden") if post.state is PostState.HIDDEN else say("cards.deleted"), ()
    body = document(paragraph(Node(Kind.ITALIC, children=(text(lead),))), *said)
    return Card(CardKind.REMARK, body=body, link=post.link, when=post.created, reply_to=about)


def _remark(post: PostRow) -> Node:
    """What befell a thread, with the name of who did it before the first words."""
    said = markup.read(post.body.text, post.body.format, post.link).children
    name = markup.clean_name(post.author.name, LONGEST_NAME)
    lead = (text(f"{name}: " if said else name),) if name else ()
    first, rest = (said[0].children, said[1:]) if said and said[0].kind is Kind.PARAGRAPH else ((), said)
    return document(paragraph(Node(Kind.ITALIC, children=(*lead, *first))), *rest)


def _characters(node: Node) -> int:
    return len(markup.write(node, "plain"))


def sketch(shown: Card) -> str:
    """A card in plain text, as a terminal shows it."""
    head = [
        part
        for part in (
            shown.number,
            shown.author,
            shown.when and f"{shown.when.stated()}{' UTC' if shown.when.exact else ''}",
        )
        if part
    ]
    if shown.badge and shown.badge != shown.number:
        head.insert(2, shown.badge)
    lines = [" · ".join(head)]
    if shown.path:
        lines.append(" › ".join(shown.path))
    if shown.title:
        lines.append(shown.title)
    if shown.body is not None:
        lines += ["", markup.write(shown.body, "plain").rstrip()]
    if shown.body is not None and (shown.note or shown.link):
        lines.append("")
    if shown.note:
        lines.append(f"({shown.note})")
    if shown.link:
        lines.append(shown.link)
    return "\n".join(lines)


def notice(words: str, offers: tuple[Offer, ...] = ()) -> Card:
    """The card of something that the house itself has to say, and of what can be done about it."""
    return Card(CardKind.NOTICE, body=markup.read(words, "plain"), offers=offers)


def joined(said: Iterable[tuple[str, str]]) -> Node:
    """Messages, text and format of each, as the one text that they are together."""
    return document(*(block for text, format in said for block in markup.read(text, format).children))


def words_digest(said: str, format: str, more: Iterable[tuple[str, str]] = ()) -> str:
    """Identifies the words of a text in any format, with those of `more` behind it: what an echo is recognised by."""
    words = markup.words(joined([(said, format), *more])).replace(CALLS_NOBODY, "")  # which a forum keeps or not
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:32]
