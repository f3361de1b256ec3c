"""The database itself: connections, our own PostgreSQL, migrations, self-check, backups. Tables belong to rooms."""
