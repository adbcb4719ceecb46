"""The trained model as one folder, bound by its digest: what was approved is what answers."""
