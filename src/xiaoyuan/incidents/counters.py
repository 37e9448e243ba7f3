"""The names of the incidents' counters, shared by actions (deltas) and figures (fresh counts)."""

from typing import Final

INCIDENTS: Final = "incidents"
"""Incidents by state."""
INCIDENTS_BY_CATEGORY: Final = "incidents_by_category"
"""Incidents by code of their category, whatever their state."""
INCIDENTS_FINISHED: Final = "incidents_finished"
"""Incidents that are or were done at last, by code of their category."""
INCIDENT_MINUTES: Final = "incident_minutes"
"""Minutes from the report to done, by code of the category: divided by the finished ones, the mean."""
INCIDENTS_IN_TIME: Final = "incidents_in_time"
"""Incidents done within their deadline, by code of their category."""
