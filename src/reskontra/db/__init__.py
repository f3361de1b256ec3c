"""The database itself: pool and transaction, embedded launcher, migrations, self-check. Knows no table of a room."""
