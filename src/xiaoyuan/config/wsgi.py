"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
application = get_wsgi_application()

from xiaoyuan.accounts.row_security import close_new_connections  # noqa: E402 - needs the settings

# Not by a setting: a worker is forked from the command and inherits its settings, which open all rows.
close_new_connections()
