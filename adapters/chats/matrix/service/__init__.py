"""Speaking as an application service: an account for each author of a forum."""
