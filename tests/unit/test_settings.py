"""The settings refuse what they do not understand, and say which variable it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from orderwright.app.settings import SettingInvalid, Settings, load_settings, variables


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):  # noqa: TID251 (the subject under test)
        if name.startswith(("ORDERWRIGHT_", "SALE_")) or name == "PORT":
            monkeypatch.delenv(name)


def test_an_empty_environment_gives_a_laptop():
    settings = load_settings()
    assert settings.database_url is None
    assert (settings.host, settings.port, settings.home) == (
        "127.0.0.1",
        8080,
        Path(".orderwright"),
    )
    assert settings.sale_pending_expiry_minutes == 1440
    assert (settings.return_window_days, settings.delivery_attempt_limit) == (14, 3)


def test_every_variable_is_read(monkeypatch: pytest.MonkeyPatch):
    given = {
        "ORDERWRIGHT_DATABASE_URL": "postgresql://me:pw@db.example:5433/orders",
        "ORDERWRIGHT_WORKER": "off",
        "ORDERWRIGHT_LOG_LEVEL": "debug",
        "SALE_PENDING_EXPIRY_MINUTES": "0",
        "SALE_EXPIRY_CRON": "*/5,30 0-6 * * 1",
        "SALE_EXPIRY_BATCH_SIZE": "7",
        "ORDERWRIGHT_QUOTATION_VALIDITY_DAYS": "10",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.database_url == given["ORDERWRIGHT_DATABASE_URL"]
    assert settings.worker is False
    assert settings.sale_pending_expiry_minutes == 0
    assert settings.sale_expiry_batch_size == 7
    assert settings.quotation_validity_days == 10


def test_the_plain_port_counts_and_our_own_name_wins(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PORT", "9001")
    assert load_settings().port == 9001
    monkeypatch.setenv("ORDERWRIGHT_PORT", "9002")
    assert load_settings().port == 9002


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", "")
    assert load_settings().database_url is None


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("ORDERWRIGHT_PROT", "ORDERWRIGHT_PORT"),
        ("ORDERWRIGHT_DATABASEURL", "ORDERWRIGHT_DATABASE_URL"),
        ("SALE_EXPIRY_CRONN", "SALE_EXPIRY_CRON"),
        ("SALE_PENDING_EXPIRY_MINUTE", "SALE_PENDING_EXPIRY_MINUTES"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, wrong: str, right: str
):
    monkeypatch.setenv(wrong, "1")
    with pytest.raises(SettingInvalid, match=f"did you mean {right}") as caught:
        load_settings()
    assert caught.value.variable == wrong
    assert caught.value.code == "settings.invalid"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ORDERWRIGHT_PORT", "eighty", "integer"),
        ("PORT", "70000", "65535"),
        ("ORDERWRIGHT_LOG_LEVEL", "loud", "'debug'"),
        ("ORDERWRIGHT_WORKER", "perhaps", "boolean"),
        ("ORDERWRIGHT_DATABASE_URL", "sqlite:///x", "postgresql://"),
        ("ORDERWRIGHT_DATABASE_URL", "postgresql://host", "database"),
        ("ORDERWRIGHT_DATABASE_URL", "postgresql://host:port/orders", "host:port"),
        ("ORDERWRIGHT_DATABASE_URL", "postgresql://a:1,b:65536/orders", "host:port"),
        ("ORDERWRIGHT_RETURN_WINDOW_DAYS", "-1", "greater than or equal to 0"),
        ("SALE_PENDING_EXPIRY_MINUTES", "-5", "greater than or equal to 0"),
        ("SALE_EXPIRY_CRON", "hourly", "five fields"),
        ("SALE_EXPIRY_CRON", "61 * * * *", "from 0 to 59"),
        ("SALE_EXPIRY_CRON", "* * 0 * *", "from 1 to 31"),
        ("SALE_EXPIRY_CRON", "0 0 31 2 *", "bad day-of-month"),
        ("SALE_EXPIRY_CRON", "0 5-1 * * *", "bad hour"),
    ],
)
def test_an_invalid_value_is_refused_with_variable_value_and_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingInvalid) as caught:
        load_settings()
    assert caught.value.variable == name
    assert value in caught.value.message
    assert expected in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:hunter2@db/orders",
        "mysql://me:hun/ter2@db/orders",
        "mysql://me:hun ter2@db/orders",
        "postgresql://db:99999/orders?user=me&passwd=hunter2",
        "mysql://db/orders?user=me&password=hunter2",
        "me:hunter2",
    ],
)
def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", url)
    with pytest.raises(SettingInvalid) as caught:
        load_settings()
    assert "ter2" not in caught.value.message + str(caught.value.values)


def test_a_password_in_any_address_is_never_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORDERWRIGHT_OTLP_ENDPOINT", "grpc://me:hunter2@traces")
    with pytest.raises(SettingInvalid, match=r"'grpc://\*\*\*@traces'") as caught:
        load_settings()
    assert "ter2" not in caught.value.message + str(caught.value.values)


@pytest.mark.parametrize(
    "name", ["ORDERWRIGHT_SMTP_PASS", "ORDERWRIGHT_STRIPE_KEY", "ORDERWRIGHT_DB"]
)
def test_the_value_of_an_unknown_setting_is_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setenv(name, "hunter2")
    with pytest.raises(SettingInvalid, match=f"{name}.*unknown setting") as caught:
        load_settings()
    assert "ter2" not in caught.value.message + str(caught.value.values)


def test_each_variable_has_a_sentence_and_a_name():
    assert len(variables()) == len(Settings.model_fields) + 1  # PORT is the second name of one
    assert all(name.isupper() for name in variables())


@given(
    st.tuples(
        st.integers(0, 59),
        st.integers(0, 23),
        st.integers(1, 31),
        st.integers(1, 12),
        st.integers(0, 7),
    )
)
def test_every_cron_moment_in_bounds_is_taken(moment: tuple[int, ...]):
    cron = " ".join(str(field) for field in moment)
    assert Settings(sale_expiry_cron=cron).sale_expiry_cron == cron
