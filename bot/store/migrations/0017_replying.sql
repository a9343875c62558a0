-- oldest program: 17
-- The way back: who may answer, messages that become one post, what is put on them, what is said beneath them.

-- What of a mirror's channel goes to the forum, and as whose, as JSON.
ALTER TABLE mirror ADD COLUMN answering TEXT NOT NULL DEFAULT '{{}}';
-- It became part of the post of this one, which was said before it.
ALTER TABLE reply ADD COLUMN merged {int} REFERENCES reply (id);
CREATE INDEX reply_merged ON reply (merged) WHERE merged IS NOT NULL;
-- What was said last in a place.
CREATE INDEX reply_at ON reply (place, id);
-- Its title is in its words.
ALTER TABLE reply DROP COLUMN title;
-- What was put on the message, as JSON.
ALTER TABLE reply ADD COLUMN files TEXT NOT NULL DEFAULT '[]';
-- Digest of the words that its forum was given last.
ALTER TABLE reply ADD COLUMN given TEXT NOT NULL DEFAULT '';

-- Digest of the words as the forum drew them when they were read first since they were given; empty: not yet.
ALTER TABLE copy ADD COLUMN drawn TEXT NOT NULL DEFAULT '';
-- The post's version that was known when they were given: it and what came before it are older than they are.
ALTER TABLE copy ADD COLUMN behind {int} NOT NULL DEFAULT 0;
-- Beneath a person's message: the message of ours that says what the forum made of its post; empty: none stands there.
ALTER TABLE copy ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE copy ADD COLUMN notes {int} NOT NULL DEFAULT 0;  -- how often it was asked what is to stand there
ALTER TABLE copy ADD COLUMN quiet {int} NOT NULL DEFAULT 0 CHECK (quiet IN (0, 1));  -- nothing is said there any more
CREATE INDEX copy_note ON copy (note, place) WHERE note <> '';

-- A delivery is about more than it was: what stands beneath a person's message (of a copy), and a thread to be started.
CREATE TABLE delivery_wider (
  id {pk},
  queue {int} NOT NULL REFERENCES queue (id),
  ord {int} NOT NULL,
  subject TEXT NOT NULL CHECK (subject IN ('post', 'reply', 'notice', 'note', 'opener')),
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
  not_before {int} NOT NULL DEFAULT 0,              -- it is not made earlier
  takes {int} NOT NULL DEFAULT 0 CHECK (takes IN (0, 1)),
  UNIQUE (queue, subject, subject_id, act, revision, generation),
  UNIQUE (queue, ord),
  CHECK (state NOT IN ('held', 'dropped') OR reason <> ''),
  CHECK (state <> 'sending' OR claimed_at IS NOT NULL),
  CHECK ((state IN ('sent', 'refused', 'dropped')) = (settled_at IS NOT NULL))
){strict};
INSERT INTO delivery_wider (id, queue, ord, subject, subject_id, act, revision, generation, channel, opens, backfill,
  state, reason, attempts, made_at, claimed_at, claimed_up, claimed_boot, claimed_epoch, last_known, rendered, shows,
  settled_at, not_before, takes)
SELECT id, queue, ord, subject, subject_id, act, revision, generation, channel, opens, backfill,
  state, reason, attempts, made_at, claimed_at, claimed_up, claimed_boot, claimed_epoch, last_known, rendered, shows,
  settled_at, not_before, takes FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_wider RENAME TO delivery;
CREATE INDEX delivery_open ON delivery (queue, ord) WHERE state IN ('pending', 'sending', 'held');
CREATE INDEX delivery_subject ON delivery (subject, subject_id);
CREATE INDEX delivery_state ON delivery (state, queue, ord) WHERE state IN ('sending', 'held');
CREATE INDEX delivery_later ON delivery (not_before) WHERE not_before > 0 AND state IN ('pending', 'sending', 'held');
