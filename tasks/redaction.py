"""Keeps a foreign app's `bridge.accept_lead` arguments out of events, logs and Flower."""

from typing import Any

from celery.worker.request import Request

HIDDEN = "(a lead)"


class RedactedRequest(Request):
    """The producer writes the texts of its arguments into the message; we replace them on arrival.

    Celery reads them back from the request's dict when it reports a failure, and gives the
    arguments themselves to `inspect active`, which Flower's worker page shows: those too.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._argsrepr = self._kwargsrepr = HIDDEN
        self.request_dict["argsrepr"] = self.request_dict["kwargsrepr"] = HIDDEN

    def info(self, safe: bool = False) -> Any:
        return {**super().info(safe=True), "args": HIDDEN, "kwargs": HIDDEN}
