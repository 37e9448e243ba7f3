"""Forms that a county designs as XLSForm: read, checked, answered, and written out again for other people's tools."""
