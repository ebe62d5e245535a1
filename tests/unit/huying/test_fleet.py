"""What the services that run as processes are given."""

import json

from huying.local.cluster import environment
from huying.local.samples import PROCEDURES
from shared.service.settings import Settings


def test_a_process_is_given_its_procedures_in_the_form_that_settings_read() -> None:
    given = environment(Settings(database="x", procedures=PROCEDURES, partitions=3))
    assert json.loads(given["HUYING_PROCEDURES"]) == list(PROCEDURES)
    assert given["HUYING_PARTITIONS"] == "3"
