"""Fake Vitec Connect and Flow over real HTTP, as strict and as odd as the vendors document them.

Imports nothing of the bridge: a mistake of the connectors cannot be shared here. By hand:
`bridge sandbox`, then point an account's base_url at `…/vitec` or `…/flow`.
"""
