# One image for web, workers and beat; compose.yaml says which runs what.
FROM python:3.12-slim-bookworm

# Pango lays out the text of PDFs; the fonts are in static/fonts.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 portal \
    && install --directory --owner portal /data /data/media /data/mail

WORKDIR /portal
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt
COPY . .

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORTAL_VAR=/data \
    STATIC_ROOT=/portal-static
# Collected and compressed while the image is built. The values serve this step only and reach no server.
RUN DATABASE_URL=postgresql://build@build/build SECRET_KEY=only-while-the-image-is-built-only-while-the-image-is-built \
    python manage.py build_static

USER portal
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--worker-class", "gthread", "--threads", "8", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-", "--max-requests", "20000", "--max-requests-jitter", "2000"]
