-- oldest program: 1
-- Times are integer milliseconds, UTC. Truth values are 0 and 1. Keys of other systems are opaque text.

CREATE TABLE installation (
  only_one {int} PRIMARY KEY CHECK (only_one = 1),
  id TEXT NOT NULL                                  -- random; part of every idempotency key
){strict};

-- Who owns what: leased by processes of a fleet, held whole by a single process.
CREATE TABLE lane (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL DEFAULT '',
  epoch {int} NOT NULL DEFAULT 0,
  until {int} NOT NULL DEFAULT 0
){opt};

CREATE TABLE community (
  id {pk},
  chat TEXT NOT NULL,
  native TEXT NOT NULL,
  name TEXT NOT NULL,
  notices {int},                                    -- place
  UNIQUE (chat, native)
){strict};

-- ------------------------------------------------------------------------------------------------ the forum's side

CREATE TABLE forum (
  id {pk},
  name TEXT NOT NULL UNIQUE,
  adapter TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{{}}',            -- of a forum that no settings file names
  account TEXT NOT NULL DEFAULT '',
  next_seq {int} NOT NULL DEFAULT 1                 -- arrival order of posts over the whole forum
){strict};

CREATE TABLE board (
  id {pk},
  forum {int} NOT NULL REFERENCES forum (id),
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL DEFAULT '[]',
  link TEXT NOT NULL DEFAULT '',
  floor_seq {int} NOT NULL DEFAULT 0,               -- at or below it everything is read, for everybody
  UNIQUE (forum, key)
){strict};

CREATE TABLE thread (
  id {pk},
  forum {int} NOT NULL REFERENCES forum (id),
  board {int} REFERENCES board (id),                -- home board
  key TEXT NOT NULL,
  title TEXT NOT NULL,
  link TEXT NOT NULL DEFAULT '',
  path TEXT NOT NULL DEFAULT '[]',
  replies {int},                                    -- the forum's own count
  closed {int} NOT NULL DEFAULT 0 CHECK (closed IN (0, 1)),
  token TEXT NOT NULL DEFAULT '',                   -- the listing's change evidence that was last read to the end
  arrived {int} NOT NULL DEFAULT 0 CHECK (arrived IN (0, 1)),  -- first seen after its board's first reading
  stood {int},                                      -- replies that the forum counted at that reading
  next_n {int} NOT NULL DEFAULT 1,                  -- dense number of the next post that arrives
  low_n {int} NOT NULL DEFAULT 0,                   -- number of the next back-filled post: 0, -1, -2 …
  dead {int} NOT NULL DEFAULT 0,
  changed_at {int} NOT NULL DEFAULT 0,              -- when we last saw anything change in it
  live_seq {int} NOT NULL DEFAULT 0,                -- seq of the newest live post that arrived
  queue {int},                                      -- acts owed to the forum in this thread
  UNIQUE (forum, key)
){strict};
CREATE INDEX thread_active ON thread (board, live_seq);

CREATE TABLE listing (
  board {int} NOT NULL REFERENCES board (id),
  thread {int} NOT NULL REFERENCES thread (id),
  PRIMARY KEY (board, thread)
){opt};
CREATE INDEX listing_thread ON listing (thread);

CREATE TABLE post (
  id {pk},
  forum {int} NOT NULL REFERENCES forum (id),
  thread {int} NOT NULL REFERENCES thread (id),
  key TEXT NOT NULL,
  n {int} NOT NULL,
  seq {int} NOT NULL,
  position {int} NOT NULL,                          -- the forum's own order
  number {int},                                     -- the forum's own #n
  op {int} NOT NULL CHECK (op IN (0, 1)),
  parent_state TEXT NOT NULL CHECK (parent_state IN ('none', 'thread', 'known', 'unknown')),
  parent_key TEXT NOT NULL DEFAULT '',
  guess_key TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL,
  author_id TEXT NOT NULL DEFAULT '',
  avatar TEXT NOT NULL DEFAULT '',
  badge TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL DEFAULT '',
  body_state TEXT NOT NULL CHECK (body_state IN ('present', 'empty', 'unknown')),
  body_format TEXT NOT NULL DEFAULT 'plain',
  body TEXT NOT NULL DEFAULT '',
  link TEXT NOT NULL DEFAULT '',
  earliest {int} NOT NULL,
  latest {int} NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('live', 'deleted', 'hidden', 'queued')),
  version TEXT NOT NULL DEFAULT '',                 -- the engine's edit evidence
  digest TEXT NOT NULL,                             -- of title and text, for engines without evidence
  revision {int} NOT NULL DEFAULT 1,                -- counts the versions we know of
  seen_at {int} NOT NULL,
  changed_at {int} NOT NULL,
  UNIQUE (forum, key),
  UNIQUE (thread, n),
  UNIQUE (thread, seq)
){strict};

CREATE INDEX post_opening ON post (thread) WHERE op = 1;

CREATE TABLE post_dead (
  thread {int} NOT NULL,
  n {int} NOT NULL,
  PRIMARY KEY (thread, n)
){opt};

CREATE TABLE source (
  id {pk},
  forum {int} NOT NULL REFERENCES forum (id),
  kind TEXT NOT NULL CHECK (kind IN ('board', 'thread')),
  board {int} UNIQUE REFERENCES board (id),
  thread {int} UNIQUE REFERENCES thread (id),
  cursor TEXT NOT NULL DEFAULT '',
  etag TEXT NOT NULL DEFAULT '',
  last_modified TEXT NOT NULL DEFAULT '',
  digest TEXT NOT NULL DEFAULT '',
  next_at {int},                                    -- null: not polled (a saved page, nothing mirrored)
  baseline_at {int},                                -- first complete reading, recorded even when it was empty
  read_at {int},                                    -- last success
  failures {int} NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',                   -- of the last try; empty after a success
  losing TEXT NOT NULL DEFAULT '',                  -- keys whose deletion waits for an admin's word
  agreed TEXT NOT NULL DEFAULT '',                  -- keys whose deletion an admin confirmed
  kept TEXT NOT NULL DEFAULT '',                    -- keys that an admin keeps although they are missing
  told TEXT NOT NULL DEFAULT '',                    -- the notice under which its failure was told; empty: it works
  CHECK ((kind = 'board' AND board IS NOT NULL AND thread IS NULL)
      OR (kind = 'thread' AND thread IS NOT NULL AND board IS NULL))
){strict};
CREATE INDEX source_due ON source (forum, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX source_told ON source (told) WHERE told <> '';

CREATE TABLE damaged (
  id {pk},
  source {int} NOT NULL REFERENCES source (id),
  key TEXT NOT NULL,
  why TEXT NOT NULL,
  sample {bytes} NOT NULL,
  seen_at {int} NOT NULL,
  UNIQUE (source, key, why)
){strict};

-- ------------------------------------------------------------------------------------------------- the chat's side

-- Ordered acts: at most one is in flight. A place has a queue of the same id, a forum thread has one of its own.
CREATE TABLE queue (
  id {pk},
  lane TEXT NOT NULL,
  chat TEXT NOT NULL DEFAULT '',                    -- one of chat and forum is set
  forum {int} REFERENCES forum (id),
  next_ord {int} NOT NULL DEFAULT 1,
  due_at {int} NOT NULL DEFAULT 0,                  -- not before: back-off and named waits
  failures {int} NOT NULL DEFAULT 0,
  paused TEXT NOT NULL DEFAULT '',                  -- why nothing is sent; empty: it is
  told TEXT NOT NULL DEFAULT ''                     -- the notice under which its failure was told; empty: it works
){strict};
CREATE INDEX queue_told ON queue (told) WHERE told <> '';

CREATE TABLE place (
  id {int} PRIMARY KEY REFERENCES queue (id),
  community {int} NOT NULL REFERENCES community (id),
  chat TEXT NOT NULL,
  channel TEXT NOT NULL,
  thread_ref TEXT,                                  -- '' the channel itself, null a chat thread that is not open yet
  parent {int} REFERENCES place (id),               -- the channel that a chat thread hangs in
  thread {int} REFERENCES thread (id),              -- the forum thread that a chat thread shows
  label TEXT NOT NULL DEFAULT '',
  last_message TEXT NOT NULL DEFAULT ''             -- the newest message of ours
){strict};
CREATE UNIQUE INDEX place_channel ON place (chat, channel) WHERE parent IS NULL;
CREATE UNIQUE INDEX place_thread ON place (parent, thread) WHERE parent IS NOT NULL;
CREATE INDEX place_ref ON place (chat, channel, thread_ref);

CREATE TABLE mirror (
  id {pk},
  community {int} NOT NULL REFERENCES community (id),
  board {int} REFERENCES board (id),
  thread {int} REFERENCES thread (id),
  place {int} NOT NULL REFERENCES place (id),
  layout TEXT NOT NULL CHECK (layout IN ('threads', 'cards', 'stream')),
  replies TEXT NOT NULL CHECK (replies IN ('all', 'replies', 'none')),
  options TEXT NOT NULL DEFAULT '{{}}',
  start_seq {int} NOT NULL,                         -- posts that arrive at or after it are shown
  state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'removed')),
  made_by TEXT NOT NULL,                            -- as people call them
  maker_chat TEXT NOT NULL DEFAULT '',              -- whom to tell in private where there is no notices channel
  maker TEXT NOT NULL DEFAULT '',                   -- that chat's id of them; empty: the command line or the settings
  maker_channel TEXT NOT NULL DEFAULT '',           -- where they gave the command
  made_at {int} NOT NULL,
  CHECK ((board IS NULL) <> (thread IS NULL))
){strict};
CREATE UNIQUE INDEX mirror_board ON mirror (board, place) WHERE state <> 'removed' AND board IS NOT NULL;
CREATE UNIQUE INDEX mirror_of_thread ON mirror (thread, place) WHERE state <> 'removed' AND thread IS NOT NULL;

-- Threads that a mirror shows whole, older posts too.
CREATE TABLE backfill (
  mirror {int} NOT NULL REFERENCES mirror (id),
  thread {int} NOT NULL REFERENCES thread (id),
  PRIMARY KEY (mirror, thread)
){opt};

CREATE TABLE copy (
  id {pk},
  channel {int} NOT NULL REFERENCES place (id),
  place {int} NOT NULL REFERENCES place (id),
  post {int} NOT NULL REFERENCES post (id),
  generation {int} NOT NULL DEFAULT 0,
  revision {int} NOT NULL,                          -- the version that stands there
  state TEXT NOT NULL CHECK (state IN ('shown', 'tombstone', 'removed')),
  reply {int},                                      -- the chat reply that this copy is; null: we wrote it
  words TEXT NOT NULL DEFAULT '',                   -- digest of the words of a reply that became this post
  UNIQUE (channel, post, generation)
){strict};
CREATE INDEX copy_post ON copy (post);
CREATE INDEX copy_reply ON copy (reply) WHERE reply IS NOT NULL;

CREATE TABLE copy_message (
  copy {int} NOT NULL REFERENCES copy (id),
  part {int} NOT NULL,
  place {int} NOT NULL REFERENCES place (id),
  message TEXT NOT NULL,
  PRIMARY KEY (copy, part)
){opt};
CREATE INDEX copy_message_at ON copy_message (place, message);

CREATE TABLE delivery (
  id {pk},
  queue {int} NOT NULL REFERENCES queue (id),
  ord {int} NOT NULL,
  subject TEXT NOT NULL CHECK (subject IN ('post', 'reply', 'notice')),
  subject_id {int} NOT NULL,
  act TEXT NOT NULL CHECK (act IN ('create', 'edit', 'delete', 'open')),
  revision {int} NOT NULL,
  generation {int} NOT NULL DEFAULT 0,
  channel {int} REFERENCES place (id),              -- for posts: the channel whose copy this is about
  opens {int} REFERENCES place (id),                -- the chat thread that it opens
  backfill {int} NOT NULL DEFAULT 0 CHECK (backfill IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'held', 'refused', 'dropped')),
  reason TEXT NOT NULL DEFAULT '',
  attempts {int} NOT NULL DEFAULT 0,
  made_at {int} NOT NULL,
  claimed_at {int},                                 -- wall clock
  claimed_up {int},                                 -- milliseconds since boot
  claimed_boot TEXT,
  claimed_epoch {int},
  last_known TEXT,                                  -- the newest message of ours in the place before this act
  rendered {int},                                   -- the version that its parts show
  shows TEXT NOT NULL DEFAULT '' CHECK (shows IN ('', 'shown', 'tombstone', 'removed')),  -- what stands there after it
  settled_at {int},
  UNIQUE (queue, subject, subject_id, act, revision, generation),
  UNIQUE (queue, ord),
  CHECK (state NOT IN ('held', 'dropped') OR reason <> ''),
  CHECK (state <> 'sending' OR claimed_at IS NOT NULL),
  CHECK ((state IN ('sent', 'refused', 'dropped')) = (settled_at IS NOT NULL))
){strict};
-- Statements name this very list of states: the engines recognise the index by no other.
CREATE INDEX delivery_open ON delivery (queue, ord) WHERE state IN ('pending', 'sending', 'held');
CREATE INDEX delivery_subject ON delivery (subject, subject_id);
CREATE INDEX delivery_state ON delivery (state) WHERE state IN ('sending', 'held');

-- What one delivery puts on the wire, committed with 'sending'; the text leaves when it is settled.
CREATE TABLE part (
  delivery {int} NOT NULL REFERENCES delivery (id),
  part {int} NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('send', 'edit', 'delete', 'open')),
  target TEXT NOT NULL DEFAULT '',                  -- the message or post acted upon
  payload TEXT NOT NULL DEFAULT '',
  key TEXT NOT NULL,
  marker TEXT NOT NULL,
  remote TEXT,                                      -- null: not done
  PRIMARY KEY (delivery, part)
){opt};

-- -------------------------------------------------------------------------------------------------- from the chat

CREATE TABLE chat_cursor (
  chat TEXT PRIMARY KEY,
  cursor TEXT NOT NULL
){opt};

CREATE TABLE inbox (
  id {pk},
  chat TEXT NOT NULL,
  event TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL DEFAULT '',                    -- of a command that waits for its turn
  state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'skipped')),  -- skipped: it could not be taken in
  received_at {int} NOT NULL,
  UNIQUE (chat, event)
){strict};
CREATE INDEX inbox_waiting ON inbox (chat, id) WHERE state = 'waiting';
CREATE INDEX inbox_skipped ON inbox (chat) WHERE state = 'skipped';

CREATE TABLE reply (
  id {pk},
  place {int} NOT NULL REFERENCES place (id),
  message TEXT NOT NULL,
  thread {int} NOT NULL REFERENCES thread (id),
  parent_post {int} REFERENCES post (id),
  parent_reply {int} REFERENCES reply (id),
  identity_chat TEXT NOT NULL,
  identity_user TEXT NOT NULL,
  name TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  text TEXT NOT NULL,
  format TEXT NOT NULL,
  revision {int} NOT NULL DEFAULT 1,
  sent_revision {int} NOT NULL DEFAULT 0,
  gone {int} NOT NULL DEFAULT 0 CHECK (gone IN (0, 1)),
  fate TEXT NOT NULL CHECK (fate IN ('pending', 'posted', 'queued', 'refused', 'held', 'dropped')),
  fate_shown TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  ticket TEXT NOT NULL DEFAULT '',                  -- the forum's own, while it waits for approval
  post_key TEXT NOT NULL DEFAULT '',                -- what it became
  said_at {int} NOT NULL,
  UNIQUE (place, message)
){strict};
CREATE INDEX reply_thread ON reply (thread, post_key);
CREATE INDEX reply_fate ON reply (id) WHERE fate <> fate_shown;

-- Private words owed to one person in a chat: answers to commands, reasons of refusals.
CREATE TABLE whisper (
  id {pk},
  chat TEXT NOT NULL,
  channel TEXT NOT NULL,
  thread_ref TEXT NOT NULL DEFAULT '',
  person TEXT NOT NULL,
  text TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'dropped')),
  made_at {int} NOT NULL
){strict};
CREATE INDEX whisper_owed ON whisper (chat, id) WHERE state = 'pending';

-- ------------------------------------------------------------------------------------------------ people and marks

CREATE TABLE person (
  id {pk},
  made_at {int} NOT NULL
){strict};

CREATE TABLE identity (
  chat TEXT NOT NULL,
  user_id TEXT NOT NULL,
  person {int} NOT NULL REFERENCES person (id),
  name TEXT NOT NULL,
  PRIMARY KEY (chat, user_id)
){opt};
CREATE INDEX identity_person ON identity (person);

CREATE TABLE forum_account (
  person {int} NOT NULL REFERENCES person (id),
  forum {int} NOT NULL REFERENCES forum (id),
  native TEXT NOT NULL,
  secret {int},
  sync {int} NOT NULL DEFAULT 0,
  PRIMARY KEY (person, forum)
){opt};

CREATE TABLE board_mark (
  person {int} NOT NULL,
  board {int} NOT NULL,
  seq {int} NOT NULL,
  PRIMARY KEY (person, board)
){opt};

CREATE TABLE thread_mark (
  person {int} NOT NULL,
  board {int} NOT NULL,
  thread {int} NOT NULL,
  seq {int} NOT NULL,
  n {int} NOT NULL,
  forced {int} NOT NULL DEFAULT 0 CHECK (forced IN (0, 1)),  -- "mark unread" beats the board mark
  PRIMARY KEY (person, board, thread)
){opt};
CREATE INDEX thread_mark_forced ON thread_mark (person, board) WHERE forced = 1;

CREATE TABLE post_mark (
  person {int} NOT NULL,
  thread {int} NOT NULL,
  n {int} NOT NULL,
  PRIMARY KEY (person, thread, n)
){opt};

-- ------------------------------------------------------------------------------------------------- the house's own

CREATE TABLE notice (
  id {pk},
  community {int} NOT NULL REFERENCES community (id),
  about TEXT NOT NULL,                              -- what it is about; at most one is open for each
  text TEXT NOT NULL,                               -- what is said at failure; while it is open, the last one's words
  over TEXT NOT NULL DEFAULT '',                    -- what is said at its end, as revision 2
  revision {int} NOT NULL DEFAULT 1,
  opened_at {int} NOT NULL,
  closed_at {int}
){strict};
CREATE UNIQUE INDEX notice_open ON notice (community, about) WHERE closed_at IS NULL;

CREATE TABLE audit (
  id {pk},
  community {int} NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  old TEXT NOT NULL DEFAULT '',
  new TEXT NOT NULL DEFAULT '',
  done_at {int} NOT NULL
){strict};

CREATE TABLE secret (
  id {pk},
  purpose TEXT NOT NULL,
  owner TEXT NOT NULL,
  sealed {bytes} NOT NULL,
  UNIQUE (purpose, owner)
){strict};
