"""Groups of commands of `fleet`, one module each with an `app`; `fleet.cli.COMMANDS` lists them.

Each is an entry point: it reads the settings and the clock, and prints. What it does lies elsewhere.
"""
