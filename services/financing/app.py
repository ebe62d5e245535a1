"""The financing service: loan requests and their banks (BZ 6), to come.

It runs, has its database and topic, and follows intake's topic; it does nothing about what it hears,
says nothing, and has no routes but those every service has.
"""

from services.financing.store import Window
from shared.runtime import Service

SERVICE = Service(name="financing", batch=Window, hears=("intake",))
