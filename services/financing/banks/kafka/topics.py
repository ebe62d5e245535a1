"""The three topics of a bank on Kafka, which only this bank and the window may read and write."""

from shared.messaging.records import KafkaRecord


def requests(bank: str) -> str:
    """The topic of the window's messages to the bank."""
    return f"banks.{bank}.requests"


def replies(bank: str) -> str:
    """The topic of the bank's reports."""
    return f"banks.{bank}.replies"


def receipts(bank: str) -> str:
    """The topic of the window's receipts, one for each reply."""
    return f"banks.{bank}.receipts"


def source_id(cluster: str, raw: KafkaRecord) -> str:
    """What identifies the record of a reply: its cluster, topic, partition and offset."""
    return f"kafka:{cluster}/{raw.topic}/{raw.partition}/{raw.offset}"
