"""E-mails: what each one tells, and how it is rendered from include/templates/mail."""
