"""Django's entry for the configuration package: checks and the step after migrations."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    """Configuration of the deployment."""

    name = "xiaoyuan.config"
    label = "config"
    verbose_name = _("Configuration")

    def ready(self) -> None:
        """Register system checks and the step after migrations."""
        from xiaoyuan.config import checks, database

        register(checks.check_routes, Tags.urls)
        register(checks.check_production, Tags.security)
        register(checks.check_plate_address, Tags.compatibility, deploy=True)
        register(checks.check_spatial_indexes, Tags.database)
        register(checks.check_search_index, Tags.database)
        register(checks.check_row_security, Tags.database)
        pre_migrate.connect(database.before_migrate)
        post_migrate.connect(database.after_migrate)
