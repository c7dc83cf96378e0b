"""A private PostgreSQL with TimescaleDB and a private Mosquitto, for `make run` and for the tests.

`Postgres` and `Mosquitto` own one server each; `supervisor` starts everything `fleet up` promises; `discovery`
lets a command in a second shell find what runs; `doctor` says what is missing and how to mend it.
"""
