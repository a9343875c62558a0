-- oldest program: 7
-- People's own accounts on forums, and the replies that are posted with them.

ALTER TABLE forum_account ADD COLUMN made_at {int} NOT NULL DEFAULT 0;

-- Who was asked to let us use their account, and did not answer yet; what goes with the answer is sealed.
CREATE TABLE invitation (
  person {int} NOT NULL REFERENCES person (id),
  forum {int} NOT NULL REFERENCES forum (id),
  sealed {bytes} NOT NULL,
  made_at {int} NOT NULL,
  PRIMARY KEY (person, forum)
){opt};

-- The forum's id of the account that a reply was posted with; empty: the one that the settings name.
ALTER TABLE reply ADD COLUMN account TEXT NOT NULL DEFAULT '';
