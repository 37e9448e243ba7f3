"""Grid workers' tasks, visits, inspection rounds and the county's own forms."""
