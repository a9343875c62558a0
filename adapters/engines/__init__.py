"""What adapters of forum engines share: addresses below a root, bookmarks, the pace of questions, what was posted."""
