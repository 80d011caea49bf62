"""``python -m netmip6scope``."""

import sys

from netmip6scope.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
