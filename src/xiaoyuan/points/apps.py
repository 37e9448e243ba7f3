"""Django's entry for the points package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PointsConfig(AppConfig):
    """Points."""

    name = "xiaoyuan.points"
    label = "points"
    verbose_name = _("Points")
    default_auto_field = "django.db.models.BigAutoField"
