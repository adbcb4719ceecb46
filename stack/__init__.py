"""The embedded stack: everything Airlock needs, started from the virtual environment alone."""
