"""The services, each one deployable. They import nothing of each other."""

SERVICES = ("intake", "dispatch", "escalation", "financing", "notify")
