# One Network with its database and broker in one image: what `fleet up` starts on Debian 13, for every other system.
# With FLEET_DATABASE_URL and FLEET_MQTT_URL set, the same image runs against servers of yours.
FROM debian:trixie-slim

# No cluster of Debian's own: `fleet up` makes one in the volume.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-common \
    && mkdir -p /etc/postgresql-common/createcluster.d \
    && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/one-network.conf \
    && apt-get install -y --no-install-recommends \
        ca-certificates mosquitto postgresql-17 postgresql-17-timescaledb python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

# Before the sources, so that a change of ours does not install everything again.
COPY requirements.txt /opt/one-network/
RUN python3 -m venv /opt/environment \
    && /opt/environment/bin/pip install --no-cache-dir --require-hashes -r /opt/one-network/requirements.txt

COPY . /opt/one-network
RUN printf '#!/bin/sh\nexec /opt/environment/bin/python -m fleet.cli "$@"\n' >/usr/local/bin/fleet \
    && chmod 755 /usr/local/bin/fleet \
    && useradd --system --create-home fleet \
    && install -d -o fleet -g fleet -m 700 /data

ENV PYTHONPATH=/opt/one-network \
    PYTHONDONTWRITEBYTECODE=1 \
    FLEET_DATA_DIR=/data \
    FLEET_HTTP_HOST=0.0.0.0
WORKDIR /opt/one-network
USER fleet
VOLUME /data
EXPOSE 8000 1884

HEALTHCHECK --interval=15s --timeout=5s --start-period=120s CMD ["/opt/environment/bin/python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]

# SIGTERM ends services, broker and database in order.
CMD ["fleet", "up"]
