"""Settings of the whole city come to the services that have them."""

from pathlib import Path

import pytest

from huying.local.services import load, settings_for

DATABASE = {"database": "postgresql+asyncpg://x@localhost/x"}


def test_a_service_gets_the_settings_that_it_has() -> None:
    values = {**DATABASE, "channels": Path("channels.yaml"), "financing_pack": "x", "partitions": 3}
    assert settings_for(load("notify"), values).model_dump(include={"channels", "partitions"}) == {
        "channels": Path("channels.yaml"),
        "partitions": 3,
    }
    assert not settings_for(load("intake"), values).model_dump().keys() & {"channels", "financing_pack"}


def test_a_setting_that_no_service_has_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="chanels"):
        settings_for(load("notify"), {**DATABASE, "chanels": None})


def test_a_service_that_is_not_there_is_refused_with_the_names_of_those_that_are() -> None:
    with pytest.raises(ValueError, match="kitchen: choose one of intake"):
        load("kitchen")
