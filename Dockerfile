# Two stages: the build tools stay behind; what runs is Python, the locked packages and this code.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/bridge \
    && /opt/bridge/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md settings.py ./
COPY bridge ./bridge
COPY tasks ./tasks
RUN /opt/bridge/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/bridge bridge
COPY --from=build /opt/bridge /opt/bridge
ENV PATH=/opt/bridge/bin:$PATH PYTHONUNBUFFERED=1 BRIDGE_CONFIG=/etc/bridge/bridge.toml \
    BRIDGE_DATA_DIR=/var/lib/bridge BRIDGE_LOG_FORMAT=json
USER bridge
WORKDIR /var/lib/bridge
STOPSIGNAL SIGTERM
ENTRYPOINT ["bridge"]
CMD ["worker"]
