"""What HTML pages share: their headers, and the proof that a form is one of ours."""

import hashlib
import hmac

from fastapi import Request

from shared.service.errors import Invalid

PAGE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def proof(request: Request, action: str) -> str:
    """The value that a form sends back, so that no other site's form can do `action` for the account."""
    return hmac.new(request.state.key.encode(), action.encode(), hashlib.sha256).hexdigest()


def check_proof(request: Request, action: str, shown: str) -> None:
    """Refuse (`Invalid`) a form that this page did not give to this account for this action."""
    if not hmac.compare_digest(proof(request, action).encode(), shown.encode()):
        raise Invalid("表单已失效，请刷新页面后重试", "this form is not ours: load the page again", "proof")
