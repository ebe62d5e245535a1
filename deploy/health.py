"""Health check: exits with an error unless the service named as argument answers `/health` with 200."""

import os
import sys
from urllib.request import urlopen

with urlopen(f"http://127.0.0.1:{os.environ['HUYING_PORT']}/{sys.argv[1]}/health", timeout=4):
    pass
