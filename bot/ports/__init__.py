"""What the core asks of adapters and what it gives them: who calls each method, what it may not do, what it raises.

An adapter raises nothing but `bot.errors.AdapterError`; what else leaves it is a fault in the adapter and is reported
as one. No method may block the event loop for more than 10 ms: parsing goes through `Context.work`, that of large pages
through `Context.toil`.
"""

from bot.media.drawn import Picture, drawn, missing_lines, name_of
from bot.media.found import Attachment, media_of
from bot.media.port import SANDBOXED, Fetches, Media, Missing, ShownIn
from bot.ports.adapters import Asks, ChatAdapter, Commands, ForumAdapter, Match, Outlines, Question, Subcommand
from bot.ports.chats import (
    Chat,
    Confides,
    KeepsFiles,
    KeyedByPlace,
    KnowsCommunities,
    NamesChannels,
    NamesWithin,
    Pace,
    Paces,
    Pins,
    Remarks,
    Retitles,
)
from bot.ports.checking import Examines, ExaminesChannels, Observation, Probes
from bot.ports.context import Context, Log
from bot.ports.forums import (
    AcceptsPosts,
    ConnectsAccounts,
    Forum,
    Impersonates,
    KeepsBack,
    KeepsMarks,
    KeepsThreadsBack,
    ListsBoards,
    NamesThreads,
    Pushes,
    StartsThreads,
    TakesFiles,
)
from bot.ports.offers import in_words
from bot.ports.pages import FOR_PROGRAMS, LOOPBACK, SIGN_OUT, Pages, Pane, Serves, Visitor, for_programs
from bot.secret import Secret

__all__ = [
    "FOR_PROGRAMS",
    "LOOPBACK",
    "SANDBOXED",
    "SIGN_OUT",
    "AcceptsPosts",
    "Asks",
    "Attachment",
    "Chat",
    "ChatAdapter",
    "Commands",
    "Confides",
    "ConnectsAccounts",
    "Context",
    "Examines",
    "ExaminesChannels",
    "Fetches",
    "Forum",
    "ForumAdapter",
    "Impersonates",
    "KeepsBack",
    "KeepsFiles",
    "KeepsMarks",
    "KeepsThreadsBack",
    "KeyedByPlace",
    "KnowsCommunities",
    "ListsBoards",
    "Log",
    "Match",
    "Media",
    "Missing",
    "NamesChannels",
    "NamesThreads",
    "NamesWithin",
    "Observation",
    "Outlines",
    "Pace",
    "Paces",
    "Pages",
    "Pane",
    "Picture",
    "Pins",
    "Probes",
    "Pushes",
    "Question",
    "Remarks",
    "Retitles",
    "Secret",
    "Serves",
    "ShownIn",
    "StartsThreads",
    "Subcommand",
    "TakesFiles",
    "Visitor",
    "drawn",
    "for_programs",
    "in_words",
    "media_of",
    "missing_lines",
    "name_of",
]
