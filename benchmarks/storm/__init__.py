"""The storm: a whole private service under load while its processes are killed, its disk filled, its network cut; then
the accounting. `make storm`."""
