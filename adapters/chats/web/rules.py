"""Pure: what names, texts and commands of this chat may be."""

from __future__ import annotations

import difflib
import shlex
import unicodedata
from collections.abc import Sequence

from bot.errors import Refused
from bot.markup import clean_name
from bot.model import Command

HOUSE = "Threadline"
"""The name under which the bot speaks; nobody else may take it."""

NAME_LIMIT = 40
"""Characters of a person's name."""

TEXT_LIMIT = 8_000
"""Characters of a message that a person writes."""

CHANNEL_LIMIT = 60
"""Characters of a channel's name."""

ID = ":"
"""What stands in the id of everybody who signed in, and in no name."""

SOMEBODY = "somebody"
"""What who signed in is called whose name cannot be shown here."""

SIGN = "/"
"""What stands before a command."""

VEIL = "…"
"""What stands in the place of what was typed and is not kept."""

GROUPS = ("forum", "mirror")
"""The two commands that every chat has."""

REACTIONS = {
    "📖": "read to here",
    "🔖": "follow",
    "🔇": "mute",
    "👀": "preview",
    "👍": "agree",
}
"""What people may put on a message, and the words for it."""


def slug(name: str) -> str:
    """The one spelling of a channel's name: small letters, digits, hyphens. "# Book Club" is "book-club".

    Raises `Refused` where nothing is left of it, or too much.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = "".join(c if c.isalnum() or c == "_" else " " for c in folded).split()
    made = "-".join(words)
    if not made:
        raise Refused(f"“{name[:NAME_LIMIT]}” is no name for a channel: use letters or digits, such as “lounge”.")
    if len(made) > CHANNEL_LIMIT:
        raise Refused(f"A channel's name has at most {CHANNEL_LIMIT} characters; “{made[:20]}…” has {len(made)}.")
    return made


def person_name(wanted: str) -> str:
    """The name as it is shown; raises `Refused` with what to do where it cannot be one."""
    if len(wanted) > 4 * NAME_LIMIT:
        raise Refused(f"The name is too long. Choose one of at most {NAME_LIMIT} characters.")
    name = clean_name(wanted, 4 * NAME_LIMIT)
    if not name:
        raise Refused("The name is empty. Type the name that others shall see beside what you write.")
    if len(name) > NAME_LIMIT:
        raise Refused(f"The name has {len(name)} characters. Choose one of at most {NAME_LIMIT}.")
    if _plain(name) == _plain(HOUSE):
        raise Refused(f"“{name}” is the bot's name. Choose another one.")
    if ID in name:
        raise Refused(f"“{name}” holds a “{ID}”, as only the ids of people do who signed in. Choose one without it.")
    return name


def visitor_name(told: str) -> str:
    """The name under which somebody is shown who signed in and is called so elsewhere."""
    name = clean_name(told.replace(ID, " "), NAME_LIMIT)
    return name if name and _plain(name) != _plain(HOUSE) else SOMEBODY


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in decomposed if c.isalnum())


def message_text(text: str) -> str:
    """A person's text as it is kept; raises `Refused` where there is none or too much."""
    whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair can be stored nowhere
    kept = whole.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    if not kept:
        raise Refused("There is no text yet. Write something first.")
    if len(kept) > TEXT_LIMIT:
        raise Refused(f"The text has {len(kept):,} characters; {TEXT_LIMIT:,} is the most. Shorten it, or send parts.")
    return kept


def command(text: str) -> tuple[str, tuple[str, ...], str] | None:
    """The group and the words of a command, and these as they stand there.

    None for any other text. "Double quotes" hold words together.
    """
    first, *rest = text.split(maxsplit=1) or [""]
    if not first.startswith(SIGN) or first[1:].lower() not in GROUPS:
        return None
    words = _words(typed := rest[0].strip() if rest else "")
    return first[1:].lower(), words, typed


def veiled(text: str, commands: Sequence[Command]) -> str:
    """A command as it is kept: without what opens something, which nobody is to type where it is kept."""
    read = command(text)
    if read is None or not (words := read[1]):
        return text
    for one in commands:
        by_position = [parameter for parameter in one.parameters if not parameter.option]
        before = next((n for n, parameter in enumerate(by_position, 1) if parameter.secret), len(words))
        nearly = difflib.get_close_matches(words[0].casefold(), (one.name,), 1)
        if one.group == read[0] and nearly and len(words) > before:
            return " ".join((f"{SIGN}{read[0]}", *words[:before], VEIL))
    return text


def _words(text: str) -> tuple[str, ...]:
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.quotes = '"'
    lexer.escape = ""
    try:
        return tuple(lexer)
    except ValueError:  # a quote that is never closed is a character like any other
        return tuple(text.split())
