-- oldest program: 2
-- What wide reading needs: tags, how fast each source goes, gaps, floods that wait for a choice, posts shown later.

ALTER TABLE thread ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
-- 1: its posts come with the list of its board; it is not read by itself.
ALTER TABLE thread ADD COLUMN in_list {int} NOT NULL DEFAULT 0 CHECK (in_list IN (0, 1));

-- How fast a host may be asked: the factor on every interval, eased with time.
ALTER TABLE forum ADD COLUMN slowed REAL NOT NULL DEFAULT 1;
ALTER TABLE forum ADD COLUMN slowed_at {int} NOT NULL DEFAULT 0;
-- Of the news of a forum that pushes: how often they were found because it did, and how often before it did.
ALTER TABLE forum ADD COLUMN pushed {int} NOT NULL DEFAULT 0;
ALTER TABLE forum ADD COLUMN missed {int} NOT NULL DEFAULT 0;

ALTER TABLE source ADD COLUMN rate_fast REAL NOT NULL DEFAULT 0;     -- posts per day, forgetting within 15 minutes
ALTER TABLE source ADD COLUMN rate_slow REAL NOT NULL DEFAULT 0;     -- posts per day, forgetting within 7 days
ALTER TABLE source ADD COLUMN rated_at {int};                        -- until when both are counted
ALTER TABLE source ADD COLUMN polls {int} NOT NULL DEFAULT 0;        -- successful readings
ALTER TABLE source ADD COLUMN whole_at {int};                        -- the last reading without validators
ALTER TABLE source ADD COLUMN lying {int} NOT NULL DEFAULT 0 CHECK (lying IN (0, 1));  -- its validators stay although
                                                                     -- its text changes: they are not sent
ALTER TABLE source ADD COLUMN gap TEXT NOT NULL DEFAULT '';          -- the last one, in words
ALTER TABLE source ADD COLUMN gap_at {int};
ALTER TABLE source ADD COLUMN pause {int} NOT NULL DEFAULT 0;        -- milliseconds from its last reading to the next
ALTER TABLE source ADD COLUMN own_at {int};                          -- when it is due by itself: a push makes next_at
                                                                     -- earlier and leaves this as it is
ALTER TABLE source ADD COLUMN slides {int};                          -- milliseconds until what its page shows may be
                                                                     -- pushed out; null: nothing ever is
ALTER TABLE source ADD COLUMN shows {int} NOT NULL DEFAULT 0;        -- things on its page that later ones push out,
ALTER TABLE source ADD COLUMN reach {int};                           -- and the age of the oldest of them
ALTER TABLE source ADD COLUMN wait {int} NOT NULL DEFAULT 0;         -- milliseconds that its publisher asks to wait
ALTER TABLE source ADD COLUMN missing {int} NOT NULL DEFAULT 0;      -- answers in a row that it is not there

-- News that the list of its board lets one expect of a thread that it made due.
ALTER TABLE source ADD COLUMN expected REAL NOT NULL DEFAULT 0;

ALTER TABLE delivery ADD COLUMN not_before {int} NOT NULL DEFAULT 0; -- a mirror's delay: it is not made earlier
CREATE INDEX delivery_later ON delivery (not_before) WHERE not_before > 0 AND state IN ('pending', 'sending', 'held');

-- The delivery whose messages stand last there, as far as is known; null: somebody spoke since. What is done is swept: it
-- may name one that is not there any more.
ALTER TABLE place ADD COLUMN last_act {int};

-- More news at once than a mirror ever had: threads whose new posts wait for an admin's choice.
CREATE TABLE flood (
  id {pk},
  mirror {int} NOT NULL REFERENCES mirror (id),
  opened_at {int} NOT NULL,
  choice TEXT NOT NULL DEFAULT '' CHECK (choice IN ('', 'all', 'digest', 'seen')),
  chosen_at {int},
  CHECK ((choice = '') = (chosen_at IS NULL))
){strict};
CREATE UNIQUE INDEX flood_open ON flood (mirror) WHERE choice = '';

CREATE TABLE flood_thread (
  flood {int} NOT NULL REFERENCES flood (id),
  thread {int} NOT NULL REFERENCES thread (id),
  from_seq {int} NOT NULL,                          -- posts that arrived at or after it are in the flood
  to_seq {int},                                     -- and before this; null while it is open
  PRIMARY KEY (flood, thread)
){opt};
CREATE INDEX flood_of_thread ON flood_thread (thread);
