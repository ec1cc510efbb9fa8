# docker build -t mlgrade . && docker run --rm -v "$PWD:/repository:ro" mlgrade
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends bash ca-certificates git make && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN make install DESTDIR=/installed prefix=/usr/local && strip /installed/usr/local/bin/mlgrade

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends git libcmark-gfm0.29.0.gfm.6 libcmark-gfm-extensions0.29.0.gfm.6 libfmt9 \
    libgit2-1.5 libtbb12 libtomlplusplus3 libyaml-cpp0.7 \
  && rm -rf /var/lib/apt/lists/* \
  && git config --system --add safe.directory /repository
COPY --from=build /installed/usr/local /usr/local
USER nobody
WORKDIR /repository
ENTRYPOINT ["mlgrade"]
CMD ["scan", "."]
