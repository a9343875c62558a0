-- oldest program: 7
-- Private news: words that people wait for, digests, and how far what arrived was looked at for them.

-- Words of which a person is told wherever their community shows them.
CREATE TABLE alert (
  id {pk},
  person {int} NOT NULL REFERENCES person (id),
  community {int} NOT NULL REFERENCES community (id),  -- where they said so
  words TEXT NOT NULL,
  since {int} NOT NULL                              -- the newest post then: what came later is looked at
){strict};
CREATE INDEX alert_of ON alert (person);
CREATE INDEX alert_in ON alert (community);

-- Posts that hold such words, until who waits for them is told.
CREATE TABLE alert_hit (
  person {int} NOT NULL REFERENCES person (id),
  post {int} NOT NULL REFERENCES post (id),
  community {int} NOT NULL REFERENCES community (id),
  words TEXT NOT NULL,
  due_at {int} NOT NULL,
  PRIMARY KEY (person, post)
){opt};
CREATE INDEX alert_hit_due ON alert_hit (due_at);

-- What is new, told at a time of the day.
CREATE TABLE digest (
  id {pk},
  person {int} NOT NULL REFERENCES person (id),
  community {int} NOT NULL REFERENCES community (id),
  minute {int} NOT NULL CHECK (minute BETWEEN 0 AND 1439),  -- of the day, in the person's zone
  days {int} NOT NULL CHECK (days BETWEEN 1 AND 127),  -- a bit for each day of the week, Monday the lowest
  boards TEXT NOT NULL DEFAULT '[]',                -- which ones; none: all
  seen TEXT NOT NULL DEFAULT '{{}}',                -- the newest seq of each forum when the last one was made
  next_at {int} NOT NULL,
  UNIQUE (person, community)
){strict};
CREATE INDEX digest_due ON digest (next_at);

-- What arrived is gone over once, after the fact, forum by forum; what is there already is news to nobody.
CREATE INDEX post_arrived ON post (forum, seq) WHERE seq > 0;
INSERT INTO progress (name, value) SELECT 'news ' || id, next_seq-1 FROM forum;
INSERT INTO progress (name, value) SELECT 'alerts ' || f.id, COALESCE((SELECT MAX(p.id) FROM post p), 0) FROM forum f;
