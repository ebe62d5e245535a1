"""Starts and stops the readers of replies: one for each bank on Kafka, so that no bank delays another."""

import asyncio

from services.financing.banks.kafka import queries, topics
from services.financing.banks.kafka.reader import BankReader
from shared.database.retry import keep_running
from shared.messaging.broker import BrokerClient, TopicRefused, may_pass
from shared.service.service import ServiceContext

LOOK_S = 0.5
ASK_AGAIN_S = 10.0


async def hear_banks(context: ServiceContext) -> None:
    """The task that reads the replies of every bank on Kafka, as the directory has them."""

    async def session() -> None:
        async with BrokerClient(context.settings) as broker:
            await _keep_readers(context, broker)

    await keep_running(session, context.log, "readers of banks", may_pass=may_pass)


async def _keep_readers(context: ServiceContext, broker: BrokerClient) -> None:
    """Start a reader for each bank that is added, stop that of each that is removed, until `broker` fails."""
    readers: dict[str, asyncio.Task[None]] = {}
    ask_at: dict[str, float] = {}
    try:
        while True:
            await broker.check()
            banks = set(await queries.banks_on_kafka(context.reader.reading()))
            now = asyncio.get_running_loop().time()
            for bank in {bank for bank in banks - readers.keys() if ask_at.get(bank, now) <= now}:
                ask_at[bank] = now + ASK_AGAIN_S
                if partitions := await _partitions(context, broker, bank):
                    reader = BankReader(context, bank, broker.cluster, partitions)
                    readers[bank] = asyncio.create_task(reader.run())
            for bank in readers.keys() - banks:
                readers.pop(bank).cancel()
            for task in readers.values():
                if task.done():
                    task.result()
            await asyncio.sleep(LOOK_S)
    finally:
        for task in readers.values():
            task.cancel()
        await asyncio.gather(*readers.values(), return_exceptions=True)


async def _partitions(context: ServiceContext, broker: BrokerClient, bank: str) -> int:
    """How many partitions the bank's replies have; its topics are made if needed, 0 where that is refused."""
    names = [topics.requests(bank), topics.replies(bank), topics.receipts(bank)]
    try:
        await broker.ensure(names, others=True)
    except TopicRefused as error:
        context.log.error("a bank's topics are refused", bank=bank, reason=str(error))
        return 0
    return await broker.partitions(topics.replies(bank))
