"""What adapters of forum engines share.

Where a site stands, and what is wrong in its settings (`addresses`, `settings`); how it is asked, and what its answers
mean (`access`, `guests`, `answers`, `budget`, `working`); what is remembered (`bookmarks`, `lists`, `packing`,
`lately`); people's accounts, and what they wrote (`logins`, `waiting`).
"""
