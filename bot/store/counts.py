"""How many forums, boards, threads and posts there are: in all, or of those that one community's mirrors cover."""

from __future__ import annotations

from bot.store.unit import Unit, one

COVERED = """
WITH covered (id) AS (
  SELECT m.thread FROM mirror m WHERE m.community=$1 AND m.state<>'removed' AND m.thread IS NOT NULL
  UNION SELECT l.thread FROM listing l JOIN mirror m ON m.board=l.board WHERE m.community=$1 AND m.state<>'removed'),
boards (id) AS (
  SELECT m.board FROM mirror m WHERE m.community=$1 AND m.state<>'removed' AND m.board IS NOT NULL
  UNION SELECT t.board FROM covered c JOIN thread t ON t.id=c.id WHERE t.board IS NOT NULL)
"""

OF_ONE = (
    """SELECT count(*) FROM (SELECT t.forum FROM covered c JOIN thread t ON t.id=c.id
         UNION SELECT b.forum FROM boards s JOIN board b ON b.id=s.id) x""",
    "SELECT count(*) FROM boards",
    "SELECT count(*) FROM covered",
    "SELECT count(*) FROM post p JOIN covered c ON c.id=p.thread",
)


def counts(community: int | None) -> Unit[tuple[int, int, int, int]]:
    """Forums, boards, threads, posts: of everybody with None."""
    found = []
    if community is None:
        for table in ("forum", "board", "thread", "post"):
            found.append(int(one((yield f"SELECT count(*) FROM {table}", ()))))
    else:
        for statement in OF_ONE:
            found.append(int(one((yield COVERED + statement, (community,)))))
    forums, boards, threads, posts = found
    return forums, boards, threads, posts
