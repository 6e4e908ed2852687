# One image with every subcommand of monitoring-stack.
#
#   docker build -t monitoring-stack:0.1.0 .                                  everything from source (BuildKit)
#   docker build --target prebuilt -t monitoring-stack:0.1.0 .                around target/release/monitoring-stack
#   docker run -p 3000:3000 -v monitoring:/data monitoring-stack:0.1.0        the whole stack in one container
#
# Base images are arguments, so that a mirror or images of your own can be used. Nothing here depends on the processor:
# docker buildx build --platform linux/amd64,linux/arm64 works, on machines of both kinds without emulation.

ARG BASE_BUILD=rust:1.95-bookworm
ARG BASE_WEB=node:22-bookworm-slim
ARG BASE_RUNTIME=debian:bookworm-slim

# What runs: the program needs a C library and nothing else.
FROM ${BASE_RUNTIME} AS base
RUN groupadd --system --gid 10001 stack && \
    useradd --system --uid 10001 --gid stack --home-dir /app --shell /usr/sbin/nologin stack && \
    install -d -o stack -g stack /app /data
WORKDIR /app
ENV MONITORING_STACK_BIND=0.0.0.0 \
    MONITORING_STACK_DATA=/data
USER 10001:10001
EXPOSE 3000 3100 3200 4317 4318 8081 8082 8083 8084 9080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["monitoring-stack", "health"]
ENTRYPOINT ["monitoring-stack"]
CMD ["up", "--foreground"]

# A program that was built already, for this image's kind of processor. Comes first, so that the classic builder, which
# walks through all stages up to the wanted one, gets here without compiling anything.
FROM base AS prebuilt
ARG BINARY=target/release/monitoring-stack
COPY --chown=0:0 infrastructure /app/infrastructure
COPY --chown=0:0 ${BINARY} /usr/local/bin/monitoring-stack

# The web interface is the same for every processor.
FROM --platform=${BUILDPLATFORM:-linux/amd64} ${BASE_WEB} AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
COPY web/scripts ./scripts
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM ${BASE_BUILD} AS build
# `dist` takes longer and is smaller and a little faster; it is what releases are built with.
ARG PROFILE=release
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,id=monitoring-stack-${PROFILE} \
    cargo build --locked --profile ${PROFILE} -p stack && \
    install -D target/${PROFILE}/monitoring-stack /out/monitoring-stack && \
    strip --strip-debug /out/monitoring-stack

FROM base AS runtime
COPY --chown=0:0 infrastructure /app/infrastructure
COPY --from=build --chown=0:0 /out/monitoring-stack /usr/local/bin/monitoring-stack
