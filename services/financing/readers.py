"""Who reads which kind of field of loan requests and complaints, and where these stand. Pure.

A bank reads its own legs by routes of their own (`/bank/...`), which show nothing of another bank.
"""

from shared.addresses.masking import masked_mail, masked_name, masked_phone
from shared.named import Named
from shared.roles import AccountRole
from shared.web.fields import EVERY, OWN, FieldTable, Place, Readers


class LoanFieldKind(Named):
    """What a field of a loan request, or of a complaint about a bank, tells."""

    CONTACT = "loan_contact", "联系人、电话、邮箱"
    ENTERPRISE = "loan_enterprise", "企业名称和信用代码"
    AMOUNTS = "loan_amounts", "金额和融资条件"
    TEXT = "loan_text", "用途、担保和投诉内容"
    OTHER_LEGS = "loan_other_legs", "其他银行的分支"


OPERATOR, OFFICE, BANK = AccountRole.OPERATOR, AccountRole.OFFICE, AccountRole.BANK
REGULATOR, SERVICE = AccountRole.REGULATOR, AccountRole.SERVICE
_AUDITOR = {AccountRole.AUDITOR: (EVERY,)}
_WINDOW = {OPERATOR: (EVERY,), OFFICE: (EVERY,)}
_COMPLAINTS = {REGULATOR: (EVERY,)}
"""The regulator reads complaints alone: whoever complains there is heard by it."""
LOAN_READERS: Readers = {
    LoanFieldKind.CONTACT: {**_WINDOW, BANK: (OWN,), SERVICE: (EVERY,), **_COMPLAINTS},
    LoanFieldKind.ENTERPRISE: {**_WINDOW, BANK: (OWN,), **_COMPLAINTS, **_AUDITOR},
    LoanFieldKind.AMOUNTS: {**_WINDOW, BANK: (OWN,), **_AUDITOR},
    LoanFieldKind.TEXT: {**_WINDOW, BANK: (OWN,), **_COMPLAINTS, **_AUDITOR},
    LoanFieldKind.OTHER_LEGS: {**_WINDOW, **_AUDITOR},
}
ENTERPRISE, AMOUNTS, TEXT = (
    Place(kind) for kind in (LoanFieldKind.ENTERPRISE, LoanFieldKind.AMOUNTS, LoanFieldKind.TEXT)
)
PERSON = {
    "name": Place(LoanFieldKind.CONTACT, empty="**", mask=masked_name),
    "phone": Place(LoanFieldKind.CONTACT, empty="**", mask=masked_phone),
    "email": Place(LoanFieldKind.CONTACT, mask=masked_mail),
}
FIELDS = FieldTable(
    LOAN_READERS,
    {
        "wish": ENTERPRISE,
        **{f"wish.contact.{name}": place for name, place in PERSON.items()},
        "wish.amount": AMOUNTS,
        "wish.purpose": TEXT,
        "wish.collateral": TEXT,
        "wish.attachments": TEXT,
        "amount": AMOUNTS,
        "amount_band": AMOUNTS,
        "legs[bank]": Place(LoanFieldKind.OTHER_LEGS),
        "legs[bank].reports.amount": AMOUNTS,
        "enterprise": ENTERPRISE,
        "credit_code": ENTERPRISE,
        **{f"contact.{name}": place for name, place in PERSON.items()},
        "text": TEXT,
        "finding": TEXT,
        "measures": TEXT,
        "result": TEXT,
    },
)
