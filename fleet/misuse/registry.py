"""`RULES`: every rule, in the order in which their findings are shown."""

from __future__ import annotations

from fleet.misuse.after_hours import AfterHours
from fleet.misuse.base import Rule
from fleet.misuse.holiday_use import HolidayUse
from fleet.misuse.odometer_gap import OdometerGap
from fleet.misuse.outside_area import OutsideArea
from fleet.misuse.overdue_return import OverdueReturn
from fleet.misuse.overnight_parking import OvernightParking
from fleet.misuse.sealed_vehicle_moved import SealedVehicleMoved
from fleet.misuse.speeding import Speeding
from fleet.misuse.unapproved_trip import UnapprovedTrip
from fleet.misuse.unit_silent import UnitSilent
from fleet.misuse.unit_tampered import UnitTampered

RULES: tuple[Rule, ...] = (
    UnapprovedTrip(),
    AfterHours(),
    HolidayUse(),
    SealedVehicleMoved(),
    OutsideArea(),
    OverdueReturn(),
    OvernightParking(),
    Speeding(),
    OdometerGap(),
    UnitSilent(),
    UnitTampered(),
)
