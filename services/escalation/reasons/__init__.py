"""Why people did what they did to cards and lifts: their words stay here, and no event carries them."""
