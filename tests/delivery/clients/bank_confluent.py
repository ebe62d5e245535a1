"""A bank on librdkafka: reports on each request and reads its receipts, as docs/banks says.

Environment: SETTINGS, a file of librdkafka's properties; BANK, the bank's code; STATES, what to report on
each request, in order, with commas; RECEIPTS, after how many of them to end. Prints one JSON object a line.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import confluent_kafka
from confluent_kafka import Consumer, KafkaException, Message, Producer

BANK = os.environ["BANK"]
STATES = os.environ["STATES"].split(",")
RECEIPTS = int(os.environ["RECEIPTS"])
HEADERS = {"ce_specversion": "1.0", "ce_type": "bank.report.v1", "content-type": "application/json"}
OF_CONSUMER = {"group.id", "auto.offset.reset", "session.timeout.ms"}
OF_PRODUCER = {"compression.type", "enable.idempotence", "partitioner"}


def say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def settings(without: set[str]) -> dict[str, str]:
    lines = Path(os.environ["SETTINGS"]).read_text("utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return {name: value for name, value in pairs if name not in without}


def report(request: dict[str, Any], state: str) -> bytes:
    body = {
        "report_id": f"{request['leg'].replace('/', '-')}-{state}",
        "leg": request["leg"],
        "state": state,
        "evidence": {"by": "李经理", "how": "电话", "text": "已按流程办理，资料齐全。" * 10},
    }
    if state == "approved":
        body |= {"amount": request["amount"], "rate_percent": "3.85", "term_months": request["term_months"]}
    return json.dumps(body, ensure_ascii=False).encode()


def delivered(error: Any, _: Message) -> None:
    if error is not None:
        raise KafkaException(error)


def answer(producer: Producer, request: dict[str, Any]) -> None:
    """Report every state on the request. The leg is the key: its reports stay in order."""
    for state in STATES:
        producer.produce(
            f"banks.{BANK}.replies",
            report(request, state),
            key=request["leg"],
            headers={**HEADERS, "ce_id": str(uuid4())},
            on_delivery=delivered,
        )


def run() -> None:
    consumer = Consumer(settings(without=OF_PRODUCER))
    producer = Producer(settings(without=OF_CONSUMER))
    consumer.subscribe([f"banks.{BANK}.requests", f"banks.{BANK}.receipts"])
    receipts = 0
    while receipts < RECEIPTS:
        producer.poll(0)
        message = consumer.poll(0.1)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        body = json.loads(message.value())
        if message.topic().endswith(".receipts"):
            receipts += 1
            say(receipt=body)
        elif dict(message.headers())["ce_type"] == b"bank.request.v1":
            say(request=body)
            answer(producer, body)
    consumer.close()


if __name__ == "__main__":
    say(client="librdkafka", version=confluent_kafka.version())
    try:
        run()
    except KafkaException as failure:
        say(error=str(failure))
        sys.exit(1)
