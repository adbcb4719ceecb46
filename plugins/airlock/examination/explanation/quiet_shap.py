"""shap, imported quietly: it prepares colour maps, for plots that nobody draws here, in an outdated way."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings(
        "ignore", message=r"The set_(bad|over|under) function", category=PendingDeprecationWarning
    )
    import shap

__all__ = ["shap"]
