"""Fuel-card and charging records, and what organs used."""
