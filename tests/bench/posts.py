"""What is sent into chats: posts of about 600 bytes of Markdown, always the same, and as an adapter shows them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bot.model import Author, Card, Payload, Post, PostKey, Thread, ThreadKey, at, body
from bot.rendering import card, row
from tests.bench import board

SEED = 10
TITLE = "What is measured"


def texts(posts: int) -> list[str]:
    """So many posts, each with its number."""
    chance = random.Random(SEED)
    return [f"no. {number}\n\n{board.markdown(chance)}" for number in range(posts)]


def shown(render: Callable[[Card], tuple[Payload, ...]], posts: int) -> list[dict[str, Any]]:
    """The payloads of a thread of so many posts, each in one message."""
    thread = Thread(ThreadKey("t1"), TITLE, "http://forum.example/t/t1", board.BOARD)
    payloads = []
    for number, text in enumerate(texts(posts)):
        post = Post(
            key=PostKey(f"p{number}"),
            author=Author(f"Reader {number % 40}"),
            created=at(1_700_000_000_000 + number),
            body=body(text, "markdown"),
            link=f"http://forum.example/t/t1#p{number}",
            number=number or None,
            position=number,
            op=not number,
        )
        [payload] = render(card(row(post, thread), in_thread=bool(number)))
        payloads.append(dict(payload))
    return payloads
