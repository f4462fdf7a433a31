"""All settings, read from the environment; what is unset comes from the servers that `make run` started."""

import json
import logging
from pathlib import Path
from typing import Any

import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.log import CallbackFilter
from environs import Env, validate

from config import addresses, keeping, signing
from config.enum_names import ENUM_NAMES
from config.masking import mask_line
from config.schedule import SCHEDULE

ROOT = Path(__file__).resolve().parent.parent
env = Env()

# Where things are.

VAR = Path(env.str("SHOUYUE_VAR", str(ROOT / "var")))


def running_servers() -> dict[str, str]:
    """Return the addresses that the runner wrote down, or nothing when it never ran."""
    written = VAR / "servers.json"
    return json.loads(written.read_text()) if written.exists() else {}


SERVERS = running_servers()


def address(name: str, default: str) -> str:
    """Return one outside address: the environment first, then the running product's."""
    return env.str(name, "") or SERVERS.get(name, default)


# What this process is, which decides its time limits. The nursery forks others and tells them what they are.
PROCESS = env.str("SHOUYUE_PROCESS", "command")
PROCESSES = {"web", "clock", "out", "jobs", "beat", "watchdog", "nursery", "command", "test"}
if PROCESS not in PROCESSES:
    raise ImproperlyConfigured(f"SHOUYUE_PROCESS is {PROCESS!r}; it must be one of {', '.join(sorted(PROCESSES))}")

# Security.

may_lack_key = PROCESS in {"command", "test"}
SECRET_KEY, SECRET_KEY_FALLBACKS, SEALING_KEYS = signing.keys(env, VAR / "secret_key", may_lack=may_lack_key)
DEBUG = env.bool("DEBUG", False)
PUBLIC_URL = address("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
PUBLIC = addresses.public(PUBLIC_URL)
SECURE = PUBLIC.scheme == "https"

ALLOWED_HOSTS = [PUBLIC.hostname, *env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
# By such a name a browser takes a cookie from this very host alone, over HTTPS: a neighbour's subdomain sets none.
OWN_HOST = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{OWN_HOST}shouyue_session", f"{OWN_HOST}csrftoken"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_SSL_REDIRECT = SECURE
# A load balancer asks for these two over plain HTTP inside the machine room.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Believed only when a proxy in front is known to set it: anyone else could forge it.
if env.bool("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# Application.

INSTALLED_APPS = [
    "config.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "sla",
    "plans",
    "tickets",
    "config.apps.ProjectConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.slashes.SlashesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.accounts.viewer.viewer",
    "config.nameable.nameable",
    "config.wordless.wordless",
    "config.unshared.unshared",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the apps' own: the back office's frame is ours.
        "DIRS": [ROOT / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_USER_MODEL = "plans.User"
AUTHENTICATION_BACKENDS = ["config.accounts.backends.NameOrEmail"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "config.accounts.validators.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# A reset link lives a day, as long as the reader may reasonably take to open the mail.
PASSWORD_RESET_TIMEOUT = 24 * 3600
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Language and time.

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# Database.

# Milliseconds. A migration or a report may take long; a page or a tick that does is broken.
LIMITED = {"web", "clock", "out", "watchdog", "test"}
TIME_LIMITS = "-c statement_timeout=15000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=%d"
# Tests lay the tables down themselves, on machines that may be busy.
IDLE, IDLE_IN_TESTS = 10_000, 60_000


def database(process: str) -> dict[str, Any]:
    """Return the database's settings for a kind of process."""
    settings = addresses.database(address("DATABASE_URL", "postgresql:///shouyue"))
    options = {"connect_timeout": 5, "keepalives_idle": 10, "tcp_user_timeout": 15_000, **settings["OPTIONS"]}
    options["application_name"] = f"shouyue-{process}"
    if process in LIMITED:
        limits = TIME_LIMITS % (IDLE_IN_TESTS if process == "test" else IDLE)
        options["options"] = f"{options.get('options', '')} {limits}".strip()
    if process == "web":
        # Under ASGI every request may come on another thread: a pool shares connections, a kept one would not.
        options["pool"] = {"min_size": 2, "max_size": 16, "timeout": 5}
    kept = None if process in {"clock", "out", "jobs", "watchdog"} else 0
    return {**settings, "OPTIONS": options, "CONN_MAX_AGE": kept, "CONN_HEALTH_CHECKS": True}


# The beat only sends: it has no database, and does without the driver.
DATABASES = {} if PROCESS == "beat" else {"default": database(PROCESS)}

# Files.

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
MEDIA_ROOT = VAR / "attachments"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_storage.StaticStorage"},
}
# Only the hashed copies are ever asked for.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# The intake view has its own limit of 10 MB and its own answer beyond it; this one must not speak first.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "tickets.uploads.Quota",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Mail.

MAIL = addresses.mail(address("EMAIL_URL", "smtp://127.0.0.1:25"))
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_HOST"], MAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_USER"], MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL["EMAIL_USE_TLS"], MAIL["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = SERVER_EMAIL = addresses.sender(env, "MAIL_FROM", f"守约 <support@{PUBLIC.hostname}>")
# Where an answer to a customer's mail goes. The mail itself says that the portal is the place to answer.
REPLY_TO = addresses.sender(env, "MAIL_REPLY_TO", DEFAULT_FROM_EMAIL)
# Mail that the runner's own sink received is shown at /demo/mail/; real mail never is.
DEMO_MAIL = Path(SERVERS["DEMO_MAIL"]) if "DEMO_MAIL" in SERVERS else None

# Calling other programs. This machine's own addresses are called only where a test says so.

WEBHOOK_LOOPBACK = env.bool("SHOUYUE_WEBHOOK_LOOPBACK", False)

# A model that puts what the bot found into words, behind any endpoint that speaks OpenAI's chat completions, such as
# BOT_URL=https://models.example/v1. It may be inside. Unset: the bot quotes the articles themselves.
BOT_URL = addresses.endpoint("BOT_URL", env.str("BOT_URL", ""))
BOT_KEY = env.str("BOT_KEY", "")
BOT_MODEL = env.str("BOT_MODEL", "")

# What is not kept for ever: days by kind, by KEEP_…_DAYS.
KEEP_DAYS = keeping.days(env)

# Customer and success manager are told of unused amounts so many days before they lapse.
QUOTA_WARN_DAYS = (60, 14)

# REST.

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["plans.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["plans.permissions.ActsAsUser"],
    "DEFAULT_THROTTLE_CLASSES": ["plans.throttling.KeyThrottle"],
    "EXCEPTION_HANDLER": "plans.throttling.handle",
    "DEFAULT_RENDERER_CLASSES": ["sla.api.unread.UnreadRenderer"],
    "DEFAULT_PARSER_CLASSES": ["sla.api.strict_json.StrictJsonParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# What one key may send in a minute, one visitor of the chat, and one address that opens it: an office may be behind.
AT_LEAST_ONE = validate.Range(min=1)
REQUESTS_PER_MINUTE = {
    "intake": env.int("INTAKE_PER_MINUTE", 12_000, validate=AT_LEAST_ONE),
    "hooks": env.int("HOOKS_PER_MINUTE", 12_000, validate=AT_LEAST_ONE),
    "api": env.int("API_PER_MINUTE", 6_000, validate=AT_LEAST_ONE),
    "chat_visitor": env.int("CHAT_PER_MINUTE", 240, validate=AT_LEAST_ONE),
    "chat_sessions": env.int("CHAT_SESSIONS_PER_MINUTE", 120, validate=AT_LEAST_ONE),
}
# Whose keys may read policies: the engine itself knows no roles.
POLICY_READERS = "plans.permissions.WorksTickets"
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "守约 Shouyue",
    "DESCRIPTION": "工单与服务时限 / Tickets and service levels",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.drop_labels",
        "config.openapi.sum_up",
        "config.openapi.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
}

# Logging.

LOG_LEVEL = env.log_level("LOG_LEVEL", logging.INFO)
LOG_STEPS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": LOG_STEPS,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
                mask_line,
            ],
        }
    },
    # Not being ready yet is an answer, not a fault.
    "filters": {"faults": {"()": CallbackFilter, "callback": lambda record: "/readyz" not in record.getMessage()}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["faults"]}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # A tick each second would bury everything else.
    "loggers": {
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "django.server": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[*LOG_STEPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)

# Redis and Celery: wake-ups and live pages, never a promise.

REDIS_URL = address("REDIS_URL", "redis://127.0.0.1:6379/0")
# Two products on one Redis must not read each other's messages.
REDIS_PREFIX = env.str("SHOUYUE_REDIS_PREFIX", "shouyue:")

CELERY_BROKER_URL = addresses.broker(REDIS_URL)
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXTENDED = False
CELERY_WORKER_SEND_TASK_EVENTS = False
# A lost tick is replaced within a second; late acknowledgement would only bring storms of repeats.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_TIME_LIMIT = 30
CELERY_TASK_SOFT_TIME_LIMIT = 20
# A web request that wakes a worker must not wait for a broker that hangs.
CELERY_TASK_PUBLISH_RETRY = PROCESS != "web"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
VISIBILITY_TIMEOUT = 60
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1 if PROCESS == "web" else 10,
    "socket_connect_timeout": 1 if PROCESS == "web" else 3,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "visibility_timeout": VISIBILITY_TIMEOUT,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "global_keyprefix": REDIS_PREFIX,
}
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_TIMEOUT
CELERY_TASK_DEFAULT_QUEUE = "out"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_BEAT_SCHEDULE = SCHEDULE

# Tests.

if PROCESS == "test":
    SEALING_KEYS = SEALING_KEYS or [SECRET_KEY]
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
