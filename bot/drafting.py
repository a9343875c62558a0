"""Pure: a chat reply → the draft that its forum takes."""

from __future__ import annotations

from bot import markup
from bot.acts import ReplyRow
from bot.markup.nodes import document, paragraph
from bot.model import Draft, ForumCapabilities
from bot.rendering import LONGEST_NAME
from bot.texts import say


def draft(reply: ReplyRow, caps: ForumCapabilities) -> Draft:
    """What a forum is given for a chat message: its own format, a title where replies have one.

    Under an account that several share, its first words say who speaks.
    """
    words = markup.read(reply.text, reply.format)
    if caps.write_identity == "shared" and reply.lent is None:
        words = document(paragraph(say("cards.via", name=speaker(reply.name), chat=reply.chat)), *words.children)
    written = markup.write(words, caps.format)
    title = reply.title
    if not title and caps.titled_replies and reply.parent_title:
        title = reply.parent_title
        if not title.lower().startswith("re:"):
            title = f"Re: {title}"
    return Draft(
        thread=reply.thread, text=written, author=reply.name, title=title, parent=reply.parent, login=reply.lent
    )


def speaker(name: str) -> str:
    """A chat user's name as words that stand under another account: one line, bounded, a ping for nobody."""
    return markup.clean_name(name.replace("@", ""), LONGEST_NAME) or say("cards.somebody")
