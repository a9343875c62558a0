"""The kit."""

import pytest

pytest.register_assert_rewrite(
    "bot.testing.forum_boards",
    "bot.testing.forum_failing",
    "bot.testing.forum_reading",
    "bot.testing.forum_talk",
    "bot.testing.forum_writing",
)
