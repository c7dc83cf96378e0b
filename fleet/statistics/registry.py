"""The statistics there are, in the order in which they are shown."""

from __future__ import annotations

from fleet.statistics.base import Statistic
from fleet.statistics.co2 import CO2
from fleet.statistics.distance import DISTANCE
from fleet.statistics.electricity_per_100km import ELECTRICITY_PER_100KM
from fleet.statistics.energy_cost import ENERGY_COST
from fleet.statistics.fuel_per_100km import FUEL_PER_100KM
from fleet.statistics.message_accounting import MESSAGE_ACCOUNTING
from fleet.statistics.misuse_rate import MISUSE_RATE
from fleet.statistics.nev_share_distance import NEV_SHARE_DISTANCE
from fleet.statistics.nev_share_energy import NEV_SHARE_ENERGY
from fleet.statistics.nev_share_purchases import NEV_SHARE_PURCHASES
from fleet.statistics.nev_share_stock import NEV_SHARE_STOCK
from fleet.statistics.orders_served import ORDERS_SERVED
from fleet.statistics.trips import TRIPS
from fleet.statistics.unit_health import UNIT_HEALTH
from fleet.statistics.utilisation import UTILISATION
from fleet.statistics.verdicts import VERDICTS

STATISTICS: tuple[Statistic, ...] = (
    NEV_SHARE_STOCK,
    NEV_SHARE_PURCHASES,
    NEV_SHARE_DISTANCE,
    NEV_SHARE_ENERGY,
    DISTANCE,
    TRIPS,
    FUEL_PER_100KM,
    ELECTRICITY_PER_100KM,
    ENERGY_COST,
    CO2,
    UTILISATION,
    ORDERS_SERVED,
    VERDICTS,
    MISUSE_RATE,
    UNIT_HEALTH,
    MESSAGE_ACCOUNTING,
)

BY_SLUG = {one.slug: one for one in STATISTICS}
