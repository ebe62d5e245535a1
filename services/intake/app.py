"""The intake service: registration, the public status of an appeal, ratings."""

from services.intake import api, api_import, api_staff
from services.intake.access import ACCESS
from services.intake.gauges import GAUGES
from services.intake.handlers import HANDLERS
from services.intake.store import Desk
from shared.service.runtime import Service

SERVICE = Service(
    name="intake",
    batch=lambda _: Desk,
    access=ACCESS,
    hears=("dispatch", "escalation"),
    handlers=HANDLERS,
    routers=(api.router, api_staff.router, api_import.router),
    gauges=GAUGES,
)
