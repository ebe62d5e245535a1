"""Financing's tables and its batch. Of its own it has none yet: only what every service has."""

import sqlalchemy as sa

from shared.db import add_backbone
from shared.outbox import Batch

metadata = sa.MetaData()
add_backbone(metadata)


class Window(Batch):
    """One transaction of the finance window (融资服务窗口)."""

    service = "financing"
