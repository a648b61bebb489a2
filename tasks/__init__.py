"""The Celery side: `celery -A tasks worker`. Names, queues and one-line bodies; logic is below."""

from tasks.app import app

__all__ = ["app"]
