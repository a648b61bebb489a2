"""The HTTP ways in, and what other programs may ask: `bridge web`."""

from bridge.web.app import create_app, serve

__all__ = ["create_app", "serve"]
