-- oldest program: 7
-- Messages of ours that stand at the top of a channel, with a button that anybody can press.
CREATE TABLE signpost (
  place {int} PRIMARY KEY REFERENCES place (id),    -- the channel
  notice {int} NOT NULL REFERENCES notice (id),     -- what it says
  message TEXT NOT NULL DEFAULT '',                 -- where it stands; empty: it is not pinned yet
  wanted {int} NOT NULL DEFAULT 1 CHECK (wanted IN (0, 1))
){strict};
CREATE INDEX signpost_owed ON signpost (place) WHERE message = '' OR wanted = 0;
