"""Every template can be previewed on example data."""

from huying.notices import samples
from services.notify.routing import table


def test_every_template_has_a_sample_that_reads_as_a_message() -> None:
    shown = {message.template: message for message in samples()}
    assert shown.keys() == table().templates.keys()
    assert all(message.subject and message.registration_number in message.body for message in shown.values())
