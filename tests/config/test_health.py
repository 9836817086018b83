import pytest
from django.core.cache import cache

from config import health


@pytest.fixture(autouse=True)
def nobody_heard_of_yet():
    cache.delete("health.worker")
    yield
    cache.delete("health.worker")


def test_healthz_says_up_to_anybody_under_any_host_name(client):
    response = client.get("/healthz/", headers={"host": "10.0.0.7"})

    assert response.status_code == 200
    assert response.json() == {"status": "up"}
    assert "session" not in response.cookies


def test_readyz_is_ready_when_every_part_answers(client, monkeypatch):
    monkeypatch.setattr(health, "CHECKS", {"database": lambda: True, "broker": lambda: True})

    response = client.get("/readyz/")

    assert response.status_code == 200
    assert response.json() == {"status": "ready", "database": "ok", "broker": "ok"}


def test_readyz_names_the_part_that_failed_and_keeps_the_reason_to_the_log(client, monkeypatch, caplog):
    def broken():
        raise OSError("no route to db.internal as portal_app")

    monkeypatch.setattr(health, "CHECKS", {"database": broken, "broker": lambda: True})

    response = client.get("/readyz/")

    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "database": "failed", "broker": "ok"}
    assert "db.internal" in caplog.text


@pytest.mark.django_db
def test_database_and_migrations_are_looked_at():
    assert health.database_answers()
    assert health.migrations_are_applied()


def test_workers_are_ready_only_once_one_answers(broker, celery_workers):
    assert health.broker_answers()
    assert not health.a_worker_answers()

    celery_workers.start()

    assert health.a_worker_answers()
