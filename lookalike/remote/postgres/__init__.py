"""Libraries in PostgreSQL 15 and later, searched in mapped tables on each machine."""
