"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["XIAOYUAN_SERVING"] = "1"  # row security: see nothing but what a request opens
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
application = get_wsgi_application()
