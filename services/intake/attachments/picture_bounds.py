"""What the service and the program that writes pictures anew agree on. It imports nothing, to start soon."""

PROGRAM = "services.intake.attachments.reencoding"
WRITTEN, TOO_LARGE, UNREADABLE = 0, 3, 4
"""How the program ends."""
MOST_PIXELS = 40_000_000
"""Of pictures that are decoded as a whole: all but JPEG."""
