"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, object]:
    """Return the viewer and the deployment's mode (Django context processor)."""
    return {"viewer": getattr(request, "viewer", None), "is_demo": settings.IS_DEMO}
