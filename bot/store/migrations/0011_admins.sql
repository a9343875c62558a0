-- oldest program: 7
-- What admins decide: mirrors that pause, what is taken away and hidden, what was proposed and is not begun yet.

ALTER TABLE mirror ADD COLUMN paused_at {int};      -- since when nothing of it is sent
-- Of a board: how many of its newest threads it shows whole at first.
ALTER TABLE mirror ADD COLUMN newest {int} NOT NULL DEFAULT 1;

-- It takes a copy away: its post is not shown there any more, whatever the forum says.
ALTER TABLE delivery ADD COLUMN takes {int} NOT NULL DEFAULT 0 CHECK (takes IN (0, 1));
-- We took it away again: it is as if it had never stood there.
ALTER TABLE copy ADD COLUMN taken {int} NOT NULL DEFAULT 0 CHECK (taken IN (0, 1));

-- What a community does not show: a post, or whatever somebody writes on a forum.
CREATE TABLE hidden (
  id {pk},
  community {int} NOT NULL REFERENCES community (id),
  forum {int} NOT NULL REFERENCES forum (id),
  post {int} REFERENCES post (id),                  -- null: all that its author writes
  author TEXT NOT NULL DEFAULT '',
  author_id TEXT NOT NULL DEFAULT '',
  who TEXT NOT NULL,
  hidden_at {int} NOT NULL,
  UNIQUE (community, forum, post),
  CHECK (post IS NOT NULL OR author <> '')
){strict};
CREATE INDEX hidden_in ON hidden (forum);
CREATE UNIQUE INDEX hidden_author ON hidden (community, forum, author, author_id) WHERE post IS NULL;

-- Mirrors that were shown to an admin and wait for a word.
CREATE TABLE proposal (
  id {pk},
  community {int} NOT NULL REFERENCES community (id),
  who TEXT NOT NULL,
  what TEXT NOT NULL,                               -- what was found out about it, as JSON
  made_at {int} NOT NULL
){strict};
CREATE INDEX audit_of ON audit (community, id);
