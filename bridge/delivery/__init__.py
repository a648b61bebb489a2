"""The durable record of leads, deliveries and attempts, and the policy of what is next."""
