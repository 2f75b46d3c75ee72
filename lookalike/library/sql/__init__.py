"""What a library knows, in SQL that every database speaks: SQLite and PostgreSQL share it."""
