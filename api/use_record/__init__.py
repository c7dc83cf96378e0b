"""Use records of vehicles (公示): when, what for, where, how far, with what fuel, at what cost."""
