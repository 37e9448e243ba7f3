"""Every write of incidents: reporting, each step of the workflow, categories, reminders and escalation."""
