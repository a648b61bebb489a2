"""Fake vendors over real HTTP, as strict and as odd as the vendors document them.

Imports nothing of the bridge: a mistake of the connectors cannot be shared here. Codes such as
V-T8 or F-T2 name the trap that a line reproduces; docs/vendors/ has them. By hand:
`bridge sandbox`, then `curl http://127.0.0.1:8099/_sandbox` says what is in it, and an account's
base_url is `…/vitec` or `…/flow`. A folder in here is a vendor: `fake.py` says what it declares.
"""
