"""How legs of appeals, loan requests and banks' legs stand: the codes that several services show."""

from shared.named import Coded, Named


class LegState(Coded):
    """How a leg stands."""

    OPEN = "open", "办理中"
    PAUSED = "paused", "已暂停"
    COMPLETED = "completed", "已办结"
    ENDED = "ended", "已退回或已改派"  # an objection was upheld, or the unit was relieved of it


class LoanState(Named):
    """How a loan request stands (融资需求). From `WITHDRAWN` on they are final."""

    REGISTERED = "registered", "已登记"
    PUSHED = "pushed", "已推送"
    WITH_OFFICE = "with_office", "由营商环境办协调"
    APPROVED = "approved", "已批准"
    DISBURSED = "disbursed", "已放款"
    WITHDRAWN = "withdrawn", "已撤回"
    CONSENT_WITHDRAWN = "consent_withdrawn", "已撤回授权"
    CLOSED = "closed", "已办结归档"


class BankLegState(Named):
    """How a bank leg stands. All but `PUSHED` are what a bank reports."""

    PUSHED = "pushed", "已推送"
    RECEIVED = "received", "已接收"
    CONTACTED = "contacted", "已联系企业"
    DOCUMENTS_NEEDED = "documents_needed", "需补充材料"
    UNDER_REVIEW = "under_review", "审查中"
    APPROVED = "approved", "已批准"
    DECLINED = "declined", "未批准"
    DISBURSED = "disbursed", "已放款"
    WITHDRAWN = "withdrawn", "已撤回"
