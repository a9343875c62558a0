"""What holds for every test."""

import os

from hypothesis import settings

# No deadlines: on a busy machine they fail for what is not a mistake. On CI the same examples every time.
settings.register_profile("threadline", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("threadline")
