"""Flow, the API of Visma Core (FACTS 1A): everything that its two pages document."""
