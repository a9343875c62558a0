"""Pure: a chat reply → the draft that its forum takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot import markup
from bot.errors import Refused
from bot.jobs import OpenerRow, Quoted, ReplyRow
from bot.markup.calling import calling
from bot.markup.nodes import Kind, Node, document, paragraph, text, walk
from bot.model import Draft, ForumCapabilities, Login, Opener
from bot.rendering import LONGEST_NAME, joined
from bot.texts import say

LONGEST_TITLE = 200
"""Characters of a title; forums that take fewer cut it themselves, or say so."""

QUOTED = 200
"""Characters of a post that are quoted above an answer to it."""

# "Re:" as mail programs and forums of other languages write it, also with a count: "AW:", "Re[2]:", "Re^3:".
_ANSWERS = re.compile(
    r"(?:re|aw|antw|sv|vs|odp|ynt|res|rif|ref|bls|vá|απ|σχετ|отв|на|回复|回覆|答复|返信|회신)\s?(?:[\[(^]\s?\d{1,3}[\])]?)?\s?[:\uff1a]",
    re.IGNORECASE,
)


def draft(reply: ReplyRow, caps: ForumCapabilities) -> Draft:
    """What a forum is given for a chat message: its own format, a title where replies have one.

    A message that begins with a heading of the first level says its title itself. Where the forum knows no parents, the
    words stand below the first ones of what they answer. Under an account that several share, the first words say who
    speaks. Raises `Refused` where there is nothing to be posted.
    """
    words = joined([(reply.text, reply.format), *reply.more])
    title = ""
    if caps.titled_replies:
        title, words = titled(words)
    if not (title or reply.files or reply.gone or _shows(words)):  # what is gone is taken back without its words
        raise Refused(say("why.no_words"))
    words = calling(words, _mentions(reply.calls, caps))
    if caps.write_identity == "shared" and reply.lent is None:
        words = _spoken(words, reply.name, reply.chat)
    if caps.parents == "none" and reply.quoted is not None:
        words = document(*_quote(reply.quoted), *words.children)
    if caps.titled_replies and not title:
        title = answering(reply.parent_title)
    return Draft(
        thread=reply.thread,
        text=markup.write(words, caps.format),
        author=reply.name,
        title=title,
        parent=reply.parent,
        login=reply.lent,
        files=reply.files,
    )


def opener(row: OpenerRow, caps: ForumCapabilities) -> Opener:
    """What a forum is given for a thread that is started from the chat; as with a reply, it says who speaks."""
    words = calling(markup.read(row.text, row.format), _mentions(row.calls, caps))
    if caps.write_identity == "shared" and row.lent is None:
        words = _spoken(words, row.name, row.chat)
    return Opener(row.board, one_title(row.title), markup.write(words, caps.format), row.name, row.tags, row.lent)


def _spoken(words: Node, name: str, chat: str) -> Node:
    return document(paragraph(say("cards.via", name=speaker(name), chat=chat)), *words.children)


def speaker(name: str) -> str:
    """A chat user's name as words that stand under another account: one line, bounded, a ping for nobody."""
    return markup.clean_name(name.replace("@", ""), LONGEST_NAME) or say("cards.somebody")


def one_title(words: str) -> str:
    """Words as a title: plain text on one line, bounded; empty where nothing of it is seen."""
    return markup.excerpt(text(markup.clean_name(words, 2 * LONGEST_TITLE)), LONGEST_TITLE)


def answering(title: str) -> str:
    """The title of an answer to what has this title; "Re:" and what other languages have for it stands there once."""
    plain = one_title(title)
    return plain if not plain or _ANSWERS.match(plain) else one_title(f"Re: {plain}")


def titled(words: Node) -> tuple[str, Node]:
    """The title that a text begins with, and the rest; no title where it begins with no heading of the first level."""
    first = words.children[0] if words.children else None
    if first is None or first.kind is not Kind.HEADING or first.level != 1:
        return "", words
    title = one_title(markup.words(first))
    return (title, document(*words.children[1:])) if title else ("", words)


def _shows(words: Node) -> bool:
    """Whether a text says anything, or shows a picture that is not described."""
    return bool(markup.words(words)) or any(node.kind is Kind.IMAGE for node in walk(words))


def _mentions(calls: Mapping[str, Login], caps: ForumCapabilities) -> Callable[[str], str | None]:
    """How the forum mentions people, by who they are in the chat; who has no account there is not mentioned."""

    def written(who: str) -> str | None:
        login = calls.get(who)
        if login is None or not caps.mention:
            return None
        name = login.name.replace('"', "")
        return caps.mention.format(name=name, slug="-".join(name.split()), id=login.id)

    return written


def _quote(quoted: Quoted) -> list[Node]:
    """The first words of what is answered, with who said them and where; nothing where it says nothing."""
    said = markup.excerpt(markup.read(quoted.body.text, quoted.body.format, quoted.link), QUOTED)
    if not said:
        return []
    name = markup.clean_name(quoted.author, LONGEST_NAME)
    quote = Node(Kind.QUOTE, target=quoted.link, label=name, children=(paragraph(said),))
    return [calling(quote, _nobody)]


def _nobody(_who: str) -> None:
    """Nobody is called by being quoted."""
