"""``python -m netmip6scope``."""

from netmip6scope.cli.main import run

if __name__ == "__main__":
    run()
