"""What stands in bodies in place of what a test registers first, and values that several bodies have."""

LEG, CARD = "LEG", "CARD"
LIMIT_OF_A_WEEK = {"number": 5, "unit": "working_days", "roll": True}
