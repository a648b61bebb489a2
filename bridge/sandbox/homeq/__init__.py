"""HomeQ: it sends events to a landlord's system, and answers look-ups."""
