"""The second factor: one-time codes by time (TOTP, RFC 6238), of an app on the person's phone.

Phones follow real time, so this machine's clock counts, never the service's own.
"""

import pyotp

STEP_S = 30
WINDOW = 1
"""Steps before and after the present one whose codes are taken: a phone's clock may be off by so much."""
ISSUER = "呼应 Huying"


def new_secret() -> str:
    """A secret of 160 bits, in base32."""
    return pyotp.random_base32()


def uri(secret: str, login: str) -> str:
    """What an app reads as a QR code."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=login, issuer_name=ISSUER)


def step_of(secret: str, code: str, now_s: int, after: int | None) -> int | None:
    """The step of a right code; None for a wrong one, and for one at or before the step `after`.

    A code that was used is not taken again.
    """
    totp, present = pyotp.TOTP(secret, interval=STEP_S), now_s // STEP_S
    for step in range(present - WINDOW, present + WINDOW + 1):
        if (after is None or step > after) and pyotp.utils.strings_equal(code, totp.at(step * STEP_S)):
            return step
    return None
