"""The receipt of a report over HTTP that cannot be read: the same that its bytes would get on Kafka."""

import orjson
from fastapi import Request, Response

from services.financing.banks.report_bodies import read_body
from services.financing.banks.unrecorded import UnrecordedReport
from services.financing.contract_receipts import ReportReceipt
from services.financing.work import Work
from shared.service.accounts import Caller
from shared.service.errors import HuyingError
from shared.web.problems import MEDIA_TYPE, from_error
from shared.web.request import service
from shared.web.writer import Answer

UNREAD = (400, 422)


async def with_receipt(request: Request, refusal: Response) -> Response:
    """A refusal with its receipt, where the report cannot be read and the caller is a bank."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if refusal.status_code not in UNREAD or caller is None or caller.code is None:
        return refusal
    raw = await request.body()
    names, _, mistake = read_body(raw)
    if mistake is None:
        return refusal
    bank, source, receipts = caller.code, f"http:{caller.name}", list[ReportReceipt]()

    def do(work: Work) -> Answer:
        receipt = mistake.receipt(names, work.at)
        work.keep_unrecorded(UnrecordedReport(bank, source, work.at, receipt, raw))
        receipts.append(receipt)
        return Answer("")

    try:
        await service(request).writer.write([], do, None, caller)
    except HuyingError as error:
        return from_error(error)
    problem = orjson.loads(refusal.body) | {"receipt": receipts[-1].model_dump(mode="json")}
    return Response(orjson.dumps(problem), refusal.status_code, media_type=MEDIA_TYPE)
