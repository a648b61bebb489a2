"""Receivers of Standard Webhooks."""
