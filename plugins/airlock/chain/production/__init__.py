"""What is really in production, compared with what the records say must be there."""
