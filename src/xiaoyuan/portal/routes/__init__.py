"""Routes by package, each list included by portal/urls.py."""
