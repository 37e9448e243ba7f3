"""Django settings. This is the only module that reads the environment; docs/settings.md explains each name."""

import os
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from xiaoyuan.config.environment import Environment, SettingError, data_dir

PACKAGE_DIR: Final = Path(__file__).resolve().parents[1]
DATA_DIR: Final = data_dir()
_env = Environment(DATA_DIR)

MODE = _env.text("MODE", "demo")
"""`demo` (loopback, made-up key allowed) or `production` (checks refuse what is unsafe)."""
if MODE not in ("demo", "production"):
    raise SettingError(f"XIAOYUAN_MODE must be demo or production, not “{MODE}”.")
IS_DEMO = MODE == "demo"

SECRET_KEY = _env.text(
    "SECRET_KEY", "demo-only-key-of-the-sample-town-never-used-in-production" if IS_DEMO else ""
)
DEBUG = _env.flag("DEBUG", False)
ALLOWED_HOSTS = _env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]" if IS_DEMO else "")
CSRF_TRUSTED_ORIGINS = _env.words("TRUSTED_ORIGINS")
DEPLOYMENT_NUMBER = _env.integer("DEPLOYMENT_NUMBER", 1)
"""16 bits that start every primary key of this deployment, so that villages can merge into a county."""
if not 0 < DEPLOYMENT_NUMBER < 2**16:
    raise SettingError(f"XIAOYUAN_DEPLOYMENT_NUMBER must lie between 1 and 65535, not {DEPLOYMENT_NUMBER}.")

INSTALLED_APPS = [
    "xiaoyuan.ui.apps.UiConfig",  # first: its templates and formats go before those of the libraries
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_tasks",
    "django_tasks_db",
    "xiaoyuan.config.apps.ConfigConfig",
    "xiaoyuan.audit.apps.AuditConfig",
    "xiaoyuan.vault.apps.VaultConfig",
    "xiaoyuan.accounts.apps.AccountsConfig",
    "xiaoyuan.history.apps.HistoryConfig",
    "xiaoyuan.intake.apps.IntakeConfig",
    "xiaoyuan.exports.apps.ExportsConfig",
    "xiaoyuan.figures.apps.FiguresConfig",
    "xiaoyuan.search.apps.SearchConfig",
    "xiaoyuan.messages.apps.MessagesConfig",
    "xiaoyuan.attachments.apps.AttachmentsConfig",
    "xiaoyuan.register.apps.RegisterConfig",
    "xiaoyuan.doorplates.apps.DoorplatesConfig",
    "xiaoyuan.incidents.apps.IncidentsConfig",
    "xiaoyuan.fieldwork.apps.FieldworkConfig",
    "xiaoyuan.points.apps.PointsConfig",
    "xiaoyuan.services.apps.ServicesConfig",
    "xiaoyuan.centre.apps.CentreConfig",
    "xiaoyuan.notices.apps.NoticesConfig",
    "xiaoyuan.twin.apps.TwinConfig",
    "xiaoyuan.indicators.apps.IndicatorsConfig",
    "xiaoyuan.portal.apps.PortalConfig",
]

MIDDLEWARE = [
    "xiaoyuan.config.observing.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "xiaoyuan.ui.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "xiaoyuan.accounts.sessions.SessionListMiddleware",
    "xiaoyuan.accounts.routes.ViewerMiddleware",
    "xiaoyuan.config.errors.ErrorMiddleware",
]

ROOT_URLCONF = "xiaoyuan.config.urls"
WSGI_APPLICATION = "xiaoyuan.config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "xiaoyuan.ui.context.page",
            ],
        },
    },
]


def _database(url: str) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "xiaoyuan.sqlite3",
            # Opening the file anew took longer than all the rest of a scan.
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                # Writers queue at BEGIN instead of failing at their first write.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                # FULL: with NORMAL a power cut lost acknowledged commits.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=30000;",
            },
            "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise SettingError("XIAOYUAN_DATABASE_URL must start with postgresql://.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        # A request is one transaction, because the row security's scope is set for a transaction.
        "ATOMIC_REQUESTS": True,
        # Commands see all rows; the server sees only what each request opens (accounts.row_security).
        "OPTIONS": {"options": "-c xiaoyuan.scope=*"},
        "TEST": {"TEMPLATE": _env.text("TEST_TEMPLATE") or None},
    }


SERVING_ROLE = _env.text("SERVING_ROLE")
"""PostgreSQL role that serves; `migrate`, run as the owning role, grants it what it needs."""
DATABASES = {"default": _database(_env.text("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/console/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "xiaoyuan.accounts.adapter.StaffAdapter"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["xiaoyuan.ui.formats"]
# Chinese first: a browser's language does not switch the page, the person does.
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
CSRF_FAILURE_VIEW = "xiaoyuan.config.errors.stale_form"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
_IMMUTABLE: Final = re.compile(r"^/static/(viewer/(assets|cesium-[^/]+)/.+|.+\.[0-9a-f]{12}\..+)$")


def WHITENOISE_IMMUTABLE_FILE_TEST(path: str, url: str) -> bool:  # noqa: N802 - the setting's own name
    """Tell whether a static file's name changes with its content (Vite's assets, Cesium's versioned folder)."""
    return bool(_IMMUTABLE.match(url))


EMAIL_HOST = _env.text("EMAIL_HOST")
"""Mail server; without one nobody is written to by e-mail."""
EMAIL_PORT = _env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = _env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = _env.text("EMAIL_PASSWORD")
EMAIL_USE_TLS = _env.flag("EMAIL_TLS", False)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = _env.text("EMAIL_FROM", "xiaoyuan@localhost")
SMS_GATEWAY_URL = _env.text("SMS_GATEWAY_URL")
"""Where text messages are handed in: a POST of JSON with `phone`, `text` and `id`."""
SMS_GATEWAY_TOKEN = _env.text("SMS_GATEWAY_TOKEN")
MESSAGE_HOOKS = {
    name: {"url": address, "secret": secret}
    for name, _equals, rest in (word.partition("=") for word in _env.words("MESSAGE_HOOKS"))
    for address, _bar, secret in [rest.partition("|")]
}
"""Robots of WeCom and DingTalk groups: `name=address|secret`, comma-separated; the secret only for DingTalk."""

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
"""Long work (imports, exports) is queued in the database and done by the worker that `serve` starts."""
LEDGER_KINDS = "xiaoyuan.config.wiring.LEDGER_KINDS"
EXPORT_SOURCES = "xiaoyuan.config.wiring.EXPORT_SOURCES"
COURTYARD_HOLDERS = "xiaoyuan.config.wiring.COURTYARD_HOLDERS"
SCREEN_OVERLAYS = "xiaoyuan.config.wiring.SCREEN_OVERLAYS"
"""Where engines find what domains declare: by name, because an engine must not import what lies above it."""

MEDIA_ROOT = DATA_DIR / "files"
FILE_UPLOAD_PERMISSIONS = 0o600
# A large upload waits in a file until it is sealed: in memory where the system has such a place, never on a disk.
FILE_UPLOAD_TEMP_DIR = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - on purpose

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'"],  # Cesium's decoders are WebAssembly
        "worker-src": ["'self'", "blob:"],
        "style-src": ["'self'", "'unsafe-inline'"],  # Cesium and ECharts set inline styles
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'", "blob:", "data:"],
        "frame-ancestors": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
}

IS_HTTPS = _env.flag("HTTPS", not IS_DEMO)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_AGE = 8 * 3600
SESSION_SAVE_EVERY_REQUEST = False
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if IS_HTTPS else 0
CACHES = {
    # Sign-ins that failed are counted here: what others send must not push them out.
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # In each server process: what scans of plates show, for a minute (ADR 0026).
    "scans": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "scans",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
}
IS_BEHIND_PROXY = _env.flag("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_BEHIND_PROXY else None
# Whose sign-ins fail is told by the address that the proxy adds, else everybody would wait for one who guesses.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if IS_BEHIND_PROXY else 0
SECURE_REFERRER_POLICY = "same-origin"

VAULT_KEY_FILE = Path(_env.text("KEY_FILE", str(DATA_DIR / "keys" / "master.json")))
VAULT_CREATE_KEYS = IS_DEMO
PLATE_BASE_URL = _env.text("PLATE_BASE_URL", "http://127.0.0.1:8000" if IS_DEMO else "")
TWIN_DIR = Path(_env.text("TWIN_DIR", str(DATA_DIR / "twin")))
ACCEL_REDIRECT = _env.flag("ACCEL_REDIRECT", False)
"""Whether nginx in front sends the tiles (X-Accel-Redirect)."""
METRICS_TOKEN = _env.text("METRICS_TOKEN")

LOGGING_CONFIG = "xiaoyuan.config.observing.configure_logging"
# In a demo a line for each request would push the first walk off the screen.
LOGGING = {"level": _env.text("LOG_LEVEL", "WARNING" if IS_DEMO else "INFO")}

SILENCED_SYSTEM_CHECKS = ["security.W008", "security.W021"]  # TLS ends at the proxy
