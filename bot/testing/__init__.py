"""The kit."""

import pytest

pytest.register_assert_rewrite(
    "bot.testing.chat_finding",
    "bot.testing.chat_hearing",
    "bot.testing.chat_sending",
    "bot.testing.chat_showing",
    "bot.testing.chat_talk",
    "bot.testing.forum_boards",
    "bot.testing.forum_failing",
    "bot.testing.forum_reading",
    "bot.testing.forum_talk",
    "bot.testing.forum_writing",
)
