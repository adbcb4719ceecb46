"""The spool: answers are on this machine's disk before they are given, and soon after in PostgreSQL."""
