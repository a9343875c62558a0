-- oldest program: 7
-- What can be searched. Words are put into the index after the fact, so that taking posts in waits for none of it.

-- The version whose words the index holds; 0: none of it yet, -1: of words that have left the post.
ALTER TABLE post ADD COLUMN indexed {int} NOT NULL DEFAULT 0;
CREATE INDEX post_unindexed ON post (id) WHERE indexed <> revision;
{fulltext};
