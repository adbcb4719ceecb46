"""The credit world: a seeded consumer lender whose truth is known.

Customers apply for loans every day; whether they default is known 60 to 90 days later and follows a risk
law (`law`) of what the application says. Scenarios (`scenarios`) make things happen from a date on. The same
world gives the same rows for a day, whatever range it is asked for. `__main__` fills a database with it.
"""

from airlock.samples.credit.generate import CreditData, generate
from airlock.samples.credit.law import default_probability
from airlock.samples.credit.load import load
from airlock.samples.credit.scenarios import SCENARIOS, Regime
from airlock.samples.credit.tables import create_tables
from airlock.samples.credit.world import Episode, World

__all__ = [
    "SCENARIOS",
    "CreditData",
    "Episode",
    "Regime",
    "World",
    "create_tables",
    "default_probability",
    "generate",
    "load",
]
