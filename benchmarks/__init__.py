"""Measurements, as ratios and rates of one run on one machine; never part of the tests."""
