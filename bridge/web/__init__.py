"""The HTTP ways in and the console."""
