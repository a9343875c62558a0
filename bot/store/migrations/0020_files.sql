-- oldest program: 17
-- What became of the files on a message: it is decided once, and nothing is taken to a forum twice.

CREATE TABLE reply_file (
  reply {int} NOT NULL REFERENCES reply (id),
  file TEXT NOT NULL,                               -- a digest of the address by which its chat finds it
  account TEXT NOT NULL,                            -- with whose account the forum was given it, by the forum's own id
  outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'taken', 'linked', 'lost')),
  line TEXT NOT NULL DEFAULT '',                    -- what shows it in the text of a post
  tries {int} NOT NULL DEFAULT 0,                   -- how often that failed
  PRIMARY KEY (reply, file, account)
){strict};
