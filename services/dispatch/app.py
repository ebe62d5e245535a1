"""The dispatch service: units, legs, and everything units and the office do to an appeal."""

from services.dispatch.access import ACCESS
from services.dispatch.api import router
from services.dispatch.handlers import HANDLERS
from services.dispatch.store import Desk
from shared.service.runtime import Service

SERVICE = Service(
    name="dispatch",
    batch=lambda _: Desk,
    access=ACCESS,
    hears=("intake", "escalation"),
    handlers=HANDLERS,
    routers=(router,),
)
