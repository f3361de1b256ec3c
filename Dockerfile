# The server with its own PostgreSQL in /data, or with any other by DATABASE_URL. Runs as an ordinary user.
FROM python:3.13-slim-bookworm AS build
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY . .
RUN uv sync --frozen --no-dev --no-editable --extra e-invoices

FROM python:3.13-slim-bookworm
RUN useradd --uid 10001 --create-home reskontra \
 && install --directory --owner=reskontra --group=reskontra --mode=0700 /data
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH \
    RESKONTRA_HOST=0.0.0.0 \
    RESKONTRA_LOG_FORMAT=json
USER 10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", \
  "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["reskontra"]
CMD ["serve", "--data-dir", "/data"]
