# One Network with its database and broker in one image: what `fleet up` starts on Debian 13, for every other system.
# With FLEET_DATABASE_URL and FLEET_MQTT_URL set, the same image runs against servers of yours.
FROM debian:trixie-slim AS page
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY requirements-node.txt /build/
RUN python3 -m venv /build/node && /build/node/bin/pip install --no-cache-dir --require-hashes -r /build/requirements-node.txt
ENV PATH=/build/node/bin:$PATH
COPY api/__init__.py /build/api/__init__.py
COPY api/dashboard /build/api/dashboard
RUN cd /build && python3 -m api.dashboard.build

FROM debian:trixie-slim

# No cluster of Debian's own: `fleet up` makes one in the volume.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-common \
    && mkdir -p /etc/postgresql-common/createcluster.d \
    && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/one-network.conf \
    && apt-get install -y --no-install-recommends \
        ca-certificates mosquitto postgresql-17 postgresql-17-timescaledb python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

# Before the sources, so that a change of ours does not install everything again. The build tool comes from the
# development lock, with its hash; the rest of that lock stays out.
COPY requirements.txt requirements-dev.txt /opt/one-network/
RUN cd /opt/one-network \
    && sed -n '/^setuptools==/,/^    # via/p' requirements-dev.txt >/tmp/build.txt \
    && python3 -m venv /opt/environment \
    && /opt/environment/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \
    && /opt/environment/bin/pip install --no-cache-dir --require-hashes -r /tmp/build.txt

COPY . /opt/one-network
COPY --from=page /build/api/dashboard/dist /opt/one-network/api/dashboard/dist
RUN /opt/environment/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e /opt/one-network \
    && useradd --system --create-home fleet \
    && install -d -o fleet -g fleet -m 700 /data

ENV PATH=/opt/environment/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    FLEET_DATA_DIR=/data \
    FLEET_HTTP_HOST=0.0.0.0
WORKDIR /opt/one-network
USER fleet
VOLUME /data
EXPOSE 8000 1884

HEALTHCHECK --interval=15s --timeout=5s --start-period=120s CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]

# SIGTERM ends services, broker and database in order.
CMD ["fleet", "up"]
