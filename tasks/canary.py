"""`bridge.canary`: a worker's message to itself; that it comes is all that is asked of it."""

from tasks.app import app
from tasks.config import CANARY_LIFE


@app.task(name="bridge.canary", expires=CANARY_LIFE)
def canary() -> None:
    """Heard when it is received (`tasks.ears`); nothing is left to do."""
