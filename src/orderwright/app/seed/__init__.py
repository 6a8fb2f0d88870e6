"""Demo data of our own: people, customers, products, and a month of trade in every state that there is.

catalogue   who buys what
policies    what decides on what happens from then on
stories     what happens to each quotation and order, in hours
planting    tells the stories through the engine, at times in the past
"""

from __future__ import annotations

from orderwright.app.seed.catalogue import LOGINS, PASSWORD
from orderwright.app.seed.planting import seed

__all__ = ["LOGINS", "PASSWORD", "seed"]
