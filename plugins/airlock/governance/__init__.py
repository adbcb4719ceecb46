"""The records that prove what happened: candidates, releases, deployments, predictions, nights, notices."""
