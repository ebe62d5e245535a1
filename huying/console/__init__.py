"""The console at /ops: what operators see of a city that `huying up` runs."""
