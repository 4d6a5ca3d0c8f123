# The image of all three containers: the agent, the runtime probe and the overlay responder.
#
#     npm ci && npm run build && docker build -t meerkat:0.1.0 .
#     docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/meerkat:0.1.0 --push .
#
# Nothing is run while it is built, and nothing is fetched but the base: all that is copied was made by `npm run build`,
# which is the same for both architectures. Where no registry is to be reached, `deploy/base-image` makes a base:
#
#     deploy/base-image meerkat-base:24 && docker build --build-arg BASE=meerkat-base:24 -t meerkat:0.1.0 .
ARG BASE=node:24-slim
FROM ${BASE}

COPY deploy/image/init.sh dist /opt/meerkat/
# For a node-problem-detector that has none of its own, docs/operations.md.
COPY deploy/npd/meerkat-health.sh deploy/npd/meerkat-checks.json deploy/npd/meerkat-node.json /opt/meerkat/
# `kubectl exec … -- meerkat status`
ENV PATH=/opt/meerkat:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Small heaps, as in tools/build/run.ts. The root file system is read-only in daemonset.yaml: the program writes to its data
# directory only.
ENTRYPOINT ["/opt/meerkat/init.sh", "node", "--max-semi-space-size=1", "--max-old-space-size=96", "--single-threaded-gc", "/opt/meerkat/meerkat.js"]
CMD ["agent"]
