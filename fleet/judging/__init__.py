"""Puts together what verdicts and rules go by, and judges a vehicle's days. Pure."""
