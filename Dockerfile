# The builder has Swift and the headers; what runs has neither.
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpq-dev libhiredis-dev libcurl4-openssl-dev zlib1g-dev libsodium-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/source/.build \
    swift build -c release --product atelier --static-swift-stdlib \
    && install -D -m 755 .build/release/atelier /built/atelier

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libpq5 libhiredis0.14 libcurl4 zlib1g libsodium23 libvips42 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin atelier \
    && install -d -o atelier -g atelier -m 750 /data
COPY --from=build /built/atelier /usr/local/bin/atelier
WORKDIR /app
COPY migrations migrations
COPY Public Public
USER atelier
ENV HOST=0.0.0.0 PORT=8080 STORAGE_PATH=/data
EXPOSE 8080
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["atelier", "health"]
ENTRYPOINT ["atelier"]
CMD ["serve"]
