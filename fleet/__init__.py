"""The core: vocabulary, decisions and storage of One Network.

Imports nothing of `ingest`, `api` or `simulators`. The pure packages (`model`, `geography`, ...) know no
database, no network, no clock; `store` opens the only database connections; `local` starts private servers.
"""
