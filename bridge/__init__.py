"""Takes real-estate leads from any source and puts each into every system that should have it."""

__version__ = "0.1.0"
