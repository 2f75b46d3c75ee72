# Two images, for processors (no GPU):
#
#   docker build -t lookalike-notebook .                    JupyterLab with notebooks/search.ipynb
#   docker build -t lookalike-server --target server .      lookalike serve
#
# How to run them, and how this file is checked without Docker: docs/docker.md.
#
# The base is pinned by version. Whoever wants the same bytes for ever adds the digest that
# "docker buildx imagetools inspect python:3.13.16-slim-bookworm" prints:
#   docker build --build-arg PYTHON=python:3.13.16-slim-bookworm@sha256:... .
ARG PYTHON=python:3.13.16-slim-bookworm

# The wheel of lookalike, made with pinned tools.
FROM ${PYTHON} AS wheel
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY constraints.txt ./
RUN pip install -c constraints.txt hatchling
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY lookalike lookalike
RUN pip wheel --no-deps --no-build-isolation --wheel-dir wheels .

# What runs, as a folder of its own: from wheels alone, so no compiler is needed, and without pip.
# pip compiles what it installs, since the user of the images can't write there. The tests of the
# packages go: they are 80 MB.
FROM wheel AS notebook-files
RUN python -m venv --without-pip /opt/lookalike \
    && set -- wheels/lookalike-*.whl \
    && pip --python /opt/lookalike/bin/python install --only-binary :all: -c constraints.txt \
        "$1[notebook]" \
    && find /opt/lookalike -path "*/site-packages/*/tests" -prune -exec rm -r {} + \
    && /opt/lookalike/bin/jupyter labextension disable --level=sys_prefix \
        "@jupyterlab/apputils-extension:announcements"

FROM wheel AS server-files
RUN python -m venv --without-pip /opt/lookalike \
    && set -- wheels/lookalike-*.whl \
    && pip --python /opt/lookalike/bin/python install --only-binary :all: -c constraints.txt \
        "$1[server,raw,remote,move]" \
    && find /opt/lookalike -path "*/site-packages/*/tests" -prune -exec rm -r {} +

# What both images share. The user has a number that is the same everywhere, so that folders of
# the host can be given to it.
FROM ${PYTHON} AS base
RUN useradd --uid 1000 --user-group --create-home --shell /usr/sbin/nologin lookalike \
    && install --directory --owner=lookalike --group=lookalike /data
ENV PATH=/opt/lookalike/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /home/lookalike
VOLUME /data

# Machine code that Numba compiles is kept in the volume, beside the library.
FROM base AS server
COPY --from=server-files /opt/lookalike /opt/lookalike
ENV LOOKALIKE_LIBRARY=/data/library.lookalike XDG_CACHE_HOME=/data/.cache
USER 1000:1000
EXPOSE 5665
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:5665/api/v1/health', timeout=4)"]
ENTRYPOINT ["lookalike"]
CMD ["serve", "--host", "0.0.0.0", "--port", "5665"]

# The last stage is what "docker build ." makes.
FROM base AS notebook
COPY --from=notebook-files /opt/lookalike /opt/lookalike
COPY --chown=1000:1000 notebooks/search.ipynb ./
ENV LOOKALIKE_DATA=/data SHELL=/bin/bash
USER 1000:1000
EXPOSE 8888
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8888/api', timeout=4)"]
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser", "search.ipynb"]
