"""The threads with which a new sandbox begins: something to look at, to answer and to learn from at once."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.forums.sandbox import entries
from bot.model import BoardKey, Millis, PostKey, ThreadKey

WORKSHOP = BoardKey("b1")
LOUNGE = BoardKey("b2")
BOARDS = (
    entries.BoardAdded(WORKSHOP, ("Sandbox", "The Workshop")),
    entries.BoardAdded(LOUNGE, ("Sandbox", "Lounge")),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """One post of the beginning, so many minutes before it; it answers #n, the OP (0), or none."""

    ago: int
    author: str
    title: str
    text: str = ""
    answers: int | None = None


TOUR = (
    Opening(
        170,
        "Ada Quill",
        "Start here: what you can try in this sandbox",
        """\
This is a small forum that runs inside Threadline, so that you can try everything before you connect a \
real one. Nothing here leaves your machine.

When this board is mirrored, the thread you are reading also stands in the chat: this post first, then each \
reply as an answer to the message it belongs to.

Try these, in any order:

1. **Reply here**, with the form at the end of the page, and watch the chat.
2. **Reply in the chat**: answer one of the messages with the chat's own reply function, and watch this page.
3. **Edit a post** of yours. The message in the chat changes in place; no second one appears.
4. **Delete a post** of yours. A tombstone takes its place, here and there, so that the answers to it \
still make sense.
5. **Switch moderation on** (the link is at the top of every page) and reply once more from the chat.

There are no passwords: the name that you write under is kept in a cookie, and posts under that name are \
yours.
""",
    ),
    Opening(
        161,
        "Brook",
        "Re: Start here",
        """\
It works in both directions. I wrote this one in the chat, as a reply to the first message of the thread, \
and it came out here as #1.
""",
        answers=0,
    ),
    Opening(
        158,
        "Mrs. Tanner",
        "How does it know whom you answer?",
        """\
> as a reply to the first message of the thread

So if I reply to *your* message in the chat, it will stand under your post here, and not simply at the end?
""",
        answers=1,
    ),
    Opening(
        155,
        "Brook",
        "Yes, under the very post",
        """\
Every message in the chat remembers the post that it shows. A reply to the message is a reply to the post; \
a message that replies to nothing answers the thread.

You can see it in the outline above: this row stands under #2.
""",
        answers=2,
    ),
    Opening(151, "Mrs. Tanner", "Thank you, that is what I hoped (n/t)", answers=3),
    Opening(
        140,
        "jonas_k",
        "What becomes of formatting?",
        """\
Posts here are written in Markdown. What I tried so far:

- **bold**, *italic*, ~~struck out~~
- links: [the definition of Markdown](https://commonmark.org/)
- `code`, and blocks of it:

```python
def newest(posts, n=5):
    return sorted(posts, key=lambda post: post.number)[-n:]
```

Each chat shows as much of it as it can, in its own way.
""",
        answers=0,
    ),
    Opening(
        133,
        "Ada Quill",
        "Re: What becomes of formatting?",
        """\
And the other way round: what you write in the chat is turned into Markdown before it is posted.

One thing is never passed on: a name with an @ in a mirrored post pings nobody in the chat.
""",
        answers=5,
    ),
    Opening(
        96,
        "jonas_k",
        "Is a long text cut?",
        """\
Only in the chat, and only if it is longer than a few messages. Then the last one ends with a link to the \
whole text. Here nothing is cut; 64 KiB are the limit for one post.
""",
        answers=0,
    ),
    Opening(
        52,
        "Brook",
        "Five newest",
        """\
One more thing for those who come back after a while: "highlight: 5 newest" above the outline puts a star \
on the last five replies, wherever in the tree they stand.
""",
    ),
)

MODERATION = (
    Opening(
        120,
        "Ada Quill",
        "Moderation: what happens to a reply that has to wait",
        """\
Many forums hold new posts until a moderator has looked at them. To see how that looks from the chat:

1. Open **Moderation** at the top of the page and switch it on.
2. Reply to a thread from the chat. Your message is marked as waiting.
3. Approve or reject the reply on the moderation page.

An approved reply appears here, under the number that is next at that moment, and its author sees that it \
is posted. A rejected one is never shown.
""",
    ),
    Opening(
        114,
        "Mrs. Tanner",
        "Who may approve?",
        "Here, everybody who can open this page, because it is only reachable from your own machine.",
        answers=0,
    ),
)

HELLO = (
    Opening(
        80,
        "jonas_k",
        "Say hello",
        """\
A thread for first words. Write a line, from here or from the chat, and look where it comes out.

A title alone is a post too, if there is no more to say: the old boards marked that with *n/t*, "no text".
""",
    ),
    Opening(74, "Brook", "Hello from the other side (n/t)", answers=0),
)

THREADS = ((WORKSHOP, TOUR), (WORKSHOP, MODERATION), (LOUNGE, HELLO))


def opening(id: str, now: Millis, threads: bool = True) -> entries.Opened:
    """The first entry of a forum that begins `now`: two boards, with `threads` also three of the last hours."""
    lines = [(line, place) for place, (_, posts) in enumerate(THREADS) for line in posts] if threads else []
    lines.sort(key=lambda pair: -pair[0].ago)
    keys = {line: PostKey(f"p{count}") for count, (line, _) in enumerate(lines, 1)}
    acts: list[entries.Act] = list(BOARDS)
    for line, place in lines:
        board, posts = THREADS[place]
        thread, at, text = ThreadKey(f"t{place + 1}"), now - line.ago * 60_000, line.text.strip()
        if line is posts[0]:
            acts.append(entries.ThreadStarted(board, thread, keys[line], line.author, line.title, text, at))
            continue
        parent = PostKey("") if line.answers is None else keys[posts[line.answers]]
        acts.append(entries.Replied(thread, keys[line], line.author, line.title, text, at, parent))
    return entries.Opened(id, tuple(acts))
