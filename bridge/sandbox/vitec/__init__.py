"""Vitec Connect (FACTS 1B): FinalPriceWatched, and the CRM contact calls for reading back."""
