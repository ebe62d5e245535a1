"""Commands find the services by one address or by a name for each."""

from pathlib import Path

import pytest

from huying.local.running_services import RunningServices, urls_at


def test_a_name_in_the_address_gives_each_service_a_host_of_its_own() -> None:
    assert urls_at("http://{service}:8000/{service}")["notify"] == "http://notify:8000/notify"
    assert urls_at("https://city/")["notify"] == "https://city/notify"


def test_the_key_may_be_a_secret_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUYING_SECRETS", str(tmp_path))
    with pytest.raises(ValueError, match="nothing runs on the state folder"):
        RunningServices.find(tmp_path, "https://city", None)
    (tmp_path / "huying_key").write_text("of-ops\n")
    assert RunningServices.find(tmp_path, "https://city", None).key == "of-ops"
