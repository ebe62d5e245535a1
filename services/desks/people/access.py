"""Who may call which route of people. What a session may do is decided behind the route, by its cookie."""

from shared.roles import ADMINISTRATOR, AUDITOR, EVERYBODY, only
from shared.web.access import Access

BY_SESSION: Access = dict.fromkeys(
    (
        "POST /people/session",
        "GET /people/session",
        "DELETE /people/session",
        "POST /people/session/password",
        "POST /people/session/second-factor",
        "POST /people/session/second-factor/setup",
        "GET /people/sessions",
        "DELETE /people/sessions",
        "DELETE /people/sessions/{session_id}",
        "POST /people/token",
    ),
    EVERYBODY,
)
"""Open to anybody who has a session, whom the cookie names. The first one begins it."""
BY_PROVIDER: Access = dict.fromkeys(
    (
        "GET /people/provider",
        "GET /people/provider/sign-in",
        "GET /people/provider/return",
        "POST /people/provider/logout",
    ),
    EVERYBODY,
)
"""Open to anybody: the identity provider says who it is, in what it signs."""
ACCESS: Access = {
    **BY_SESSION,
    **BY_PROVIDER,
    "GET /people/accounts": only(ADMINISTRATOR, AUDITOR),
    "POST /people/accounts": only(ADMINISTRATOR),
    "GET /people/accounts/{account_id}": only(ADMINISTRATOR, AUDITOR),
    "POST /people/accounts/{account_id}/changes": only(ADMINISTRATOR),
    "POST /people/accounts/{account_id}/disabling": only(ADMINISTRATOR),
    "POST /people/accounts/{account_id}/enabling": only(ADMINISTRATOR),
    "POST /people/accounts/{account_id}/reset": only(ADMINISTRATOR),
    "POST /people/accounts/{account_id}/handing-over": only(ADMINISTRATOR),
    "GET /people/accounts/{account_id}/work": only(ADMINISTRATOR, AUDITOR),
    "GET /people/record": only(ADMINISTRATOR, AUDITOR),
}
