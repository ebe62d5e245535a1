"""What HTML pages share: their headers, and the proof that a form is one of ours."""

import base64
import hashlib
import hmac
import re

from fastapi import Request
from fastapi.responses import HTMLResponse

from shared.service.errors import Invalid

PAGE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

_STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)


def page_answer(html: str) -> HTMLResponse:
    """A page that loads nothing. The browser applies its style sheets, and none that somebody slipped in."""
    answer = HTMLResponse(html, headers=PAGE_HEADERS)
    answer.headers["content-security-policy"] += f"; style-src {hashes_of_styles(html)}"
    return answer


def hashes_of_styles(html: str) -> str:
    """The style sheets of a page as its content policy names them (CSP 3, 2.3.1)."""
    digests = [hashlib.sha256(style.encode()).digest() for style in _STYLE.findall(html)]
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests) or "'none'"


def proof(request: Request, action: str) -> str:
    """The value that a form sends back, so that no other site's form can do `action` for the account."""
    return hmac.new(request.state.key.encode(), action.encode(), hashlib.sha256).hexdigest()


def check_proof(request: Request, action: str, shown: str) -> None:
    """Refuse (`Invalid`) a form that this page did not give to this account for this action."""
    if not hmac.compare_digest(proof(request, action).encode(), shown.encode()):
        raise Invalid("表单已失效，请刷新页面后重试", "this form is not ours: load the page again", "proof")
