"""Outbox → chat or forum: the only room that acts on the world. It commits the intent, acts, commits the outcome."""

from bot.sender.queues import Sender
from bot.sender.world import World

__all__ = ["Sender", "World"]
