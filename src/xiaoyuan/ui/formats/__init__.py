"""How dates and numbers are written (Django's FORMAT_MODULE_PATH)."""
