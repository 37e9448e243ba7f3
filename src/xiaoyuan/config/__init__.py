"""Settings, routes, system checks and the wiring of domains to engines."""
