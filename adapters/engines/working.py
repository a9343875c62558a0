"""What is made of an answer, where it holds up nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from bot.ports import Context

P = ParamSpec("P")
T = TypeVar("T")

LARGE = 64 * 1024
"""Bytes from which on an answer is read in a process of its own, which can be stopped."""


async def made(
    context: Context, make: Callable[Concatenate[bytes, P], T], body: bytes, *args: P.args, **kwargs: P.kwargs
) -> T:
    """What a pure function makes of an answer."""
    do = context.toil if len(body) > LARGE else context.work
    return await do(make, body, *args, **kwargs)
