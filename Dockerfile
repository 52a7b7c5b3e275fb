# The image of every process of lastmile; docker-compose.yml says which one runs. glibc, since Temporal's native module and ONNX Runtime are built for it.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# No package runs code while it is installed, here and below.
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build.ts

FROM node:24.21.0-bookworm-slim AS modules
WORKDIR /src
COPY package.json package-lock.json .npmrc compose/prune.sh ./
RUN npm ci --omit=dev --ignore-scripts
RUN sh prune.sh

FROM node:24.21.0-bookworm-slim
WORKDIR /app
# What volumes are mounted on takes its owner from here.
RUN install -d -o node -g node /data /data/artifacts /data/registry && ln -s /app/bin/lastmile.mjs /usr/local/bin/lastmile
COPY --from=modules /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY package.json LICENSE ./
COPY bin ./bin
COPY compose/probe.mjs ./
ENV NODE_ENV=production LASTMILE_DATA_DIR=/data
USER node
CMD ["node", "dist/api/main.js"]
