"""What can be wrong with the evidence store."""


class StoreError(Exception):
    """Something in the evidence store is missing or no longer what its name says."""


class StoreAway(Exception):
    """The store cannot be used now, so that nothing is known of what it holds.

    No `StoreError`: a refusal or an incident says that evidence is wrong, and this says nothing of it. What
    needed the evidence fails, and a task that did is tried again.
    """
