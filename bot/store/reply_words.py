"""What the words of a chat message are about on its forum: the post that they answer, and whom they mention."""

from __future__ import annotations

from collections.abc import Iterable

from bot import markup
from bot.jobs import Quoted
from bot.markup.calling import called
from bot.model import Body, BodyState, Login
from bot.store.unit import Unit

MOST_CALLED = 20
"""People who are mentioned on a forum by one post; whoever is mentioned besides is named."""


def quoted(forum: int, thread: int, key: str) -> Unit[Quoted | None]:
    """The words of a post that is answered; None where it is an OP, is deleted, or has none."""
    if not key:
        return None
    rows = yield (
        "SELECT author, body_state, body, body_format, link, state, op FROM post WHERE forum=$1 AND key=$2",
        (forum, key),
    )
    for author, known, text, format, link, state, op in rows:
        if op or state != "live" or known != BodyState.PRESENT:
            return None
        return Quoted(author, Body(BodyState.PRESENT, text, format), link)
    # What somebody in a chat said a moment ago is not read yet.
    rows = yield (
        "SELECT name, text, format FROM reply WHERE thread=$1 AND post_key=$2 AND gone=0 AND text<>'' LIMIT 1",
        (thread, key),
    )
    for name, text, format in rows:
        return Quoted(name, Body(BodyState.PRESENT, text, format))
    return None


def accounts_of_called(
    texts: Iterable[tuple[str, str]], chat: str, forum: int, community: int
) -> Unit[dict[str, Login]]:
    """The accounts on a forum of those whom texts of a community mention, by who they are in its chat.

    Who never did anything there is called by nobody: what account they have is not told across communities.
    """
    who = {one for text, format in texts if "://" in text for one in called(markup.read(text, format))}
    found: dict[str, Login] = {}
    for one in sorted(who)[:MOST_CALLED]:
        rows = yield (
            """SELECT a.native, a.name FROM forum_account a JOIN identity i ON i.person=a.person
               WHERE a.forum=$1 AND i.chat=$2 AND i.user_id=$3 AND (EXISTS
                   (SELECT 1 FROM member m WHERE m.chat=i.chat AND m.user_id=i.user_id AND m.community=$4)
                 OR EXISTS (SELECT 1 FROM reply r JOIN place p ON p.id=r.place
                   WHERE r.identity_chat=i.chat AND r.identity_user=i.user_id AND p.community=$4))""",
            (forum, chat, one, community),
        )
        for native, name in rows:
            found[one] = Login(native, name, "")
    return found
