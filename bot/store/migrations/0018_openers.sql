-- oldest program: 18
-- Threads that people start from the chat: asked for by a command, owed to the forum, known again when they are read.

-- What is owed to the forum on a board: threads to be started there.
ALTER TABLE board ADD COLUMN queue {int};

CREATE TABLE opener (
  id {pk},
  community {int} NOT NULL REFERENCES community (id),
  board {int} NOT NULL REFERENCES board (id),
  identity_chat TEXT NOT NULL,                      -- who asked for it; empty user: nobody any more
  identity_user TEXT NOT NULL,
  name TEXT NOT NULL,
  asked TEXT NOT NULL,                              -- the event or form by which that was done: it counts once
  channel TEXT NOT NULL DEFAULT '',                 -- where, for what becomes of it is told there; empty: on a page
  thread_ref TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  format TEXT NOT NULL,
  tags TEXT NOT NULL DEFAULT '[]',
  bare {int} NOT NULL DEFAULT 0 CHECK (bare IN (0, 1)),  -- by a name that anybody may take there
  own {int} NOT NULL DEFAULT 0 CHECK (own IN (0, 1)),  -- with an account of theirs, or not at all
  fate TEXT NOT NULL CHECK (fate IN ('pending', 'posted', 'queued', 'refused', 'held', 'dropped')),
  reason TEXT NOT NULL DEFAULT '',
  account TEXT NOT NULL DEFAULT '',                 -- the account of theirs that started it, by the forum's own id
  ticket TEXT NOT NULL DEFAULT '',                  -- the forum's own, while it waits for approval
  thread_key TEXT NOT NULL DEFAULT '',              -- what it became, as far as the forum said so
  post_key TEXT NOT NULL DEFAULT '',
  link TEXT NOT NULL DEFAULT '',
  post {int} REFERENCES post (id),                  -- what it became, once that was read
  made_at {int} NOT NULL,
  UNIQUE (identity_chat, asked)
){strict};
CREATE INDEX opener_unread ON opener (board) WHERE post IS NULL;
CREATE INDEX opener_post ON opener (post) WHERE post IS NOT NULL;
