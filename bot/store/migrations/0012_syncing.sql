-- oldest program: 7
-- Signals that become marks: how far people read in chats that tell it, and what forums know of that themselves.

-- A position becomes marks a moment later (null: it has), and only what stands behind the last copy that was looked at.
ALTER TABLE receipt ADD COLUMN due_at {int};
ALTER TABLE receipt ADD COLUMN done {int} NOT NULL DEFAULT 0;
CREATE INDEX receipt_due ON receipt (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX identity_receipts ON identity (chat) WHERE receipts = 1;
CREATE INDEX copy_at ON copy (place, id);
CREATE INDEX copy_in ON copy (channel, id);

-- A message is asked for by its own name too, where a chat does not tell in which chat thread it stands.
DROP INDEX copy_message_at;
CREATE INDEX copy_message_named ON copy_message (message, place);

-- Where messages of people stand, in chats in which anybody wants to be followed: behind which copies.
CREATE TABLE heard (
  message TEXT NOT NULL,
  place {int} NOT NULL REFERENCES place (id),
  here {int} NOT NULL,                              -- the last copy before it in its place
  everywhere {int} NOT NULL,                        -- and in all of its channel
  heard_at {int} NOT NULL,
  PRIMARY KEY (message, place)
){opt};
CREATE INDEX heard_age ON heard (heard_at);

-- An account whose login the forum refuses rests until it is connected anew.
ALTER TABLE forum_account ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE forum_account ADD COLUMN paused TEXT NOT NULL DEFAULT '';  -- why; empty: it works
ALTER TABLE forum_account ADD COLUMN asked_at {int} NOT NULL DEFAULT 0;  -- when its forum was asked for marks last
CREATE INDEX forum_account_native ON forum_account (forum, native);

-- Threads in which marks of somebody rose, of whom their forum is to be told.
CREATE TABLE untold (
  person {int} NOT NULL REFERENCES person (id),
  thread {int} NOT NULL REFERENCES thread (id),
  forum {int} NOT NULL REFERENCES forum (id),
  changes {int} NOT NULL DEFAULT 1,                 -- how often: what rises meanwhile is told, too
  due_at {int},                                     -- null: it was not looked at yet
  PRIMARY KEY (person, thread)
){opt};
CREATE INDEX untold_due ON untold (forum, due_at);

-- How far a forum is known to know that somebody has read a thread: up to this post, in the forum's own order.
CREATE TABLE told (
  person {int} NOT NULL REFERENCES person (id),
  thread {int} NOT NULL REFERENCES thread (id),
  post {int} NOT NULL REFERENCES post (id),
  native TEXT NOT NULL,                             -- by which account: of another one that says nothing
  PRIMARY KEY (person, thread)
){opt};
