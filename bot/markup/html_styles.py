"""How forum engines draw what HTML has no element for: quotes, spoilers, folds, mentions, their own buttons."""

from __future__ import annotations

from bot.markup.html_pieces import attributes

QUOTES = frozenset({"bbcode_quote", "quotecontent"})
"""Boxes that are quotes: vBulletin 4."""
ATTRIBUTIONS = frozenset(
    {"bbCodeBlock-title", "bbcode_postedby", "genmed", "ipsQuote_citation", "postedby", "quoteheader", "quotetitle"}
)
"""What says who is quoted, in a quote or before it: XenForo, vBulletin, phpBB 2, Invision, SMF."""
SPOILERS = frozenset({"bbCodeInlineSpoiler", "md-spoiler-text", "spoiled", "spoiler"})
"""Words that are hidden until asked for: Discourse, XenForo, Reddit."""
FOLDS = frozenset({"bbCodeSpoiler", "ipsSpoiler", "ns-spoiler", "spoilwrapper"})
"""Blocks that are: XenForo, Invision, NodeBB, phpBB."""
FOLD_TITLES = frozenset({"bbCodeSpoiler-button", "ipsSpoiler_header", "ns-spoiler-control", "spoiltitle"})
CHROME = frozenset(
    {"avatar", "bbCodeBlock-expandLink", "bbCodeBlock-shrinkLink", "bbcode_description", "codeheader"}
    | {"onebox-avatar", "onebox-avatar-inline", "quote-controls", "site-icon"}
)
"""What belongs to the page and not to the post."""
MENTIONS = frozenset(
    {"GroupMention", "PostMention", "UserMention", "mention", "mention-group", "plugin-mentions-a"}
    | {"plugin-mentions-user", "username"}
)
BARE_MENTIONS = frozenset({"GroupMention", "PostMention", "UserMention"})
"""Mentions that are shown without an "@": Flarum."""
DRAWN_WORDS = frozenset(
    {"bbc_emoticon", "emoji", "emoticon", "inlineimg", "ipsEmoji", "smilie", "smilies", "smiley"}
) | {"wp-smiley"}
"""Pictures that stand for a few characters."""

DRAWN_TITLE = "Quote:"
DRAWN_ATTRIBUTION = "Originally Posted by"
"""The words above a quote that is drawn with a table, and in it."""

_SAID_BEFORE = ("Originally Posted by ", "Originally posted by ", "Quote from: ", "Quote:")
_SAID_BEHIND = (" wrote:", " said:", " Wrote:", " Said:")
_LANGUAGE = ("language-", "lang-")
_NEAR = 36
"""How many pieces (a tag is three) of a table are looked at: a quote that is drawn with one shows it at once."""


def attributed(words: str) -> str:
    """Who is quoted: "bob" of "bob wrote: ↑ yesterday" and of "Originally Posted by bob"; else empty."""
    label = " ".join(words.split())
    for phrase in _SAID_BEFORE:
        label = label.rpartition(phrase)[2]
    for phrase in _SAID_BEHIND:
        name, found, _ = label.partition(phrase)
        if found:
            return name
    return label.rstrip(": ")


def language(given: dict[str, str]) -> str:
    """The language of a piece of code by the attributes of its element; empty where they name none."""
    if said := given.get("data-lang"):
        return said
    for name in (given.get("class") or "").split():
        for prefix in _LANGUAGE:
            if name.startswith(prefix):
                return name.removeprefix(prefix)
    return ""


def quote_in_table(parts: list[str], at: int) -> bool:
    """True where the table whose content begins at `at` draws a quote: phpBB 2 and vBulletin 3 do."""
    for tag in range(at + 1, min(at + _NEAR, len(parts) - 2), 3):
        name = parts[tag].lower()
        if name in ("table", "/table"):
            return False
        if name == "td":
            classes = (attributes(parts[tag + 1]).get("class") or "").split()
            if "quote" in classes or ("alt2" in classes and _follows_its_title(parts, at)):
                return True
    return False


def _follows_its_title(parts: list[str], at: int) -> bool:
    """True where the words before the table are "Quote:" alone."""
    before = [parts[words].strip() for words in range(max(at - 12, 0), at - 2, 3)]
    return [words for words in before if words][-1:] == [DRAWN_TITLE]
