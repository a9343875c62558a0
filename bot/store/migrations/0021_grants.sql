-- oldest program: 17
-- Grants: somebody in a chat posts as a user of a forum, by its own key, because an admin said so.

CREATE TABLE granted (
  id {pk},
  community {int} NOT NULL REFERENCES community (id), -- in whose channels it holds
  forum {int} NOT NULL REFERENCES forum (id),
  chat TEXT NOT NULL,
  user_id TEXT NOT NULL,                            -- who posts so
  person TEXT NOT NULL,                             -- as they were called there
  native TEXT NOT NULL,                             -- as whom, by the forum's own id
  name TEXT NOT NULL,
  made_by TEXT NOT NULL,                            -- who said so, in the same chat
  maker TEXT NOT NULL,
  operator {int} NOT NULL CHECK (operator IN (0, 1)), -- 1: an operator did
  paused TEXT NOT NULL DEFAULT '',                  -- why the forum lets us act so no more; empty: it does
  made_at {int} NOT NULL,
  UNIQUE (community, forum, chat, user_id),
  UNIQUE (community, forum, native)
){strict};
CREATE INDEX granted_to ON granted (chat, user_id);

-- Who may let others post as its users, as its settings have it: 'operators', 'admins', nobody (empty).
ALTER TABLE forum ADD COLUMN impersonates TEXT NOT NULL DEFAULT '';
-- They are known by a name alone, which anybody may take.
ALTER TABLE member ADD COLUMN bare {int} NOT NULL DEFAULT 0 CHECK (bare IN (0, 1));
