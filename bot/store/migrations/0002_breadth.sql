-- oldest program: 2
-- What wide reading needs: tags, how fast each source goes, gaps, floods that wait for a choice, posts shown later.

ALTER TABLE thread ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
-- 1: its posts come with the list of its board; it is not read by itself.
ALTER TABLE thread ADD COLUMN in_list {int} NOT NULL DEFAULT 0 CHECK (in_list IN (0, 1));

-- How fast a host may be asked: the factor on every interval, eased with time.
ALTER TABLE forum ADD COLUMN slowed REAL NOT NULL DEFAULT 1;
ALTER TABLE forum ADD COLUMN slowed_at {int} NOT NULL DEFAULT 0;

ALTER TABLE source ADD COLUMN rate_fast REAL NOT NULL DEFAULT 0;     -- posts per day, forgetting within 15 minutes
ALTER TABLE source ADD COLUMN rate_slow REAL NOT NULL DEFAULT 0;     -- posts per day, forgetting within 7 days
ALTER TABLE source ADD COLUMN rated_at {int};                        -- until when both are counted
ALTER TABLE source ADD COLUMN polls {int} NOT NULL DEFAULT 0;        -- successful readings
ALTER TABLE source ADD COLUMN whole_at {int};                        -- the last reading without validators
ALTER TABLE source ADD COLUMN lying {int} NOT NULL DEFAULT 0 CHECK (lying IN (0, 1));  -- its validators stay although
                                                                     -- its text changes: they are not sent
ALTER TABLE source ADD COLUMN gap TEXT NOT NULL DEFAULT '';          -- the last one, in words
ALTER TABLE source ADD COLUMN gap_at {int};

ALTER TABLE delivery ADD COLUMN not_before {int} NOT NULL DEFAULT 0; -- a mirror's delay: it is not made earlier

-- More news at once than a mirror ever had: threads whose new posts wait for an admin's choice.
CREATE TABLE flood (
  id {pk},
  mirror {int} NOT NULL REFERENCES mirror (id),
  from_seq {int} NOT NULL,                          -- posts that arrived at or after it wait
  opened_at {int} NOT NULL,
  choice TEXT NOT NULL DEFAULT '' CHECK (choice IN ('', 'all', 'digest', 'seen')),
  chosen_at {int},
  CHECK ((choice = '') = (chosen_at IS NULL))
){strict};
CREATE UNIQUE INDEX flood_open ON flood (mirror) WHERE choice = '';

CREATE TABLE flood_thread (
  flood {int} NOT NULL REFERENCES flood (id),
  thread {int} NOT NULL REFERENCES thread (id),
  PRIMARY KEY (flood, thread)
){opt};
CREATE INDEX flood_of_thread ON flood_thread (thread);
