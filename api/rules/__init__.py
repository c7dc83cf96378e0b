"""The rules of misuse as they are applied."""
