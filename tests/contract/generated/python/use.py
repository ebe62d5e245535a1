"""Uses the generated classes: reads a receipt, makes a report, and holds both against the examples."""

import json
import sys
from pathlib import Path

from receipt import AnsweredReply
from report import BankReport

examples = json.loads(Path(sys.argv[1]).read_text("utf-8"))
receipt = AnsweredReply.model_validate(examples["bank.receipt.v1"])
assert receipt.next_deadline.due_at.utcoffset().total_seconds() == 8 * 3600
assert receipt.leg_state.value == "contacted"
assert receipt.reply.offset + 1 == 18
report = BankReport.model_validate(examples["bank.report.v1"])
assert report.model_dump(mode="json", exclude_unset=True) == examples["bank.report.v1"]
assert report.state.value == "approved"
