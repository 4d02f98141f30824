"""Settings of the desk. Everything a site changes comes from the environment or the desk's own folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from entente.casework import STEPS

PACKAGE = Path(__file__).resolve().parent.parent

# The desk's folder: database, evidence and keys. `entente init` makes it.
DESK = Path(os.environ.get("ENTENTE_DESK", "var/desk")).absolute()
EVIDENCE_ROOT = DESK / "evidence"
KEY_FOLDER = DESK / "keys"
HOLDINGS_ROOT = (
    DESK / "holdings"
)  # the near hashes of lists, made again from the database where they are lost
# s3://bucket/prefix where sealed originals lie instead of in the desk's folder; AWS_ variables say the rest
EVIDENCE_BUCKET = os.environ.get("ENTENTE_EVIDENCE_BUCKET", "")
# Folders from which a page may take material in; none unless the site says so. {agency}: its short name.
INTAKE_ROOTS = os.environ.get("ENTENTE_INTAKE_ROOTS", "").split(os.pathsep)

# The log: its name towards partners, how many of them must co-sign, and the authority that stamps its head.
LOG_ORIGIN = os.environ.get("ENTENTE_LOG_ORIGIN", "")
LOG_WITNESSES = int(os.environ.get("ENTENTE_WITNESSES", "1"))
TSA_URL = os.environ.get("ENTENTE_TSA_URL", "")
# Whether the program itself may fetch the one address that an officer enters: "on", else it fetches nothing.
# What it calls itself there, and from which of this machine's addresses it leaves, if not from any.
FETCHER = os.environ.get("ENTENTE_FETCHER", "") == "on"
FETCHER_AGENT = os.environ.get("ENTENTE_FETCHER_AGENT", "Mozilla/5.0")
FETCHER_FROM = os.environ.get("ENTENTE_FETCHER_FROM", "")
FETCHER_PRIVATE: tuple[str, ...] = ()  # private networks that it may reach nevertheless: for tests alone
# Votes for a second opinion, 2 to 7; an agency or a case may set its own.
VOTES_NEEDED = int(os.environ.get("ENTENTE_VOTES", "3"))
# A record of a list that meets more distinct items, and a larger share of all held, is set aside.
FLOOD_LEAST = int(os.environ.get("ENTENTE_FLOOD_LEAST", "200"))
FLOOD_SHARE = float(os.environ.get("ENTENTE_FLOOD_SHARE", "0.01"))


def _secret() -> str:
    """The desk's own secret; without a desk a new one each start, never a known one."""
    kept = KEY_FOLDER / "secret"
    return kept.read_text().strip() if kept.is_file() else secrets.token_urlsafe(48)


KEPT_S = 600  # a thread keeps its connection so long: statements prepared and the second wall stand


def _database() -> dict[str, object]:
    """SQLite in the desk's folder, or the PostgreSQL that DATABASE_URL names."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return {
            "ENGINE": "entente.records.sqlite",
            "NAME": DESK / "desk.sqlite3",
            "CONN_MAX_AGE": KEPT_S,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # FULL: with NORMAL a power cut loses acknowledged commits; secure_delete: erased is gone
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
                "PRAGMA foreign_keys=ON;PRAGMA secure_delete=ON;",
            },
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "entente.records.postgres",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": KEPT_S,
        "CONN_HEALTH_CHECKS": True,  # a server that was started anew costs no page
    }


SECRET_KEY = _secret()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ENTENTE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("ENTENTE_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "entente.records",
    *(f"entente.casework.{step}" for step in STEPS),
    "entente.web",
]
MIDDLEWARE = [
    "entente.web.middleware.harden",  # outermost, so that no answer is without its headers
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "entente.web.middleware.AskTheLaw",
]
ROOT_URLCONF = "entente.web.urls"
ASGI_APPLICATION = "entente.web.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "entente.web.context.desk",
                "entente.web.context.place",
            ]
        },
    }
]
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "records.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "entente.web.passwords.Argon2id",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "entente.web.passwords.NotGuessable"},
]
ACCOUNT_ADAPTER = "entente.web.login.DeskAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a key that was found opens nothing without its PIN or finger
MFA_FORMS = {
    "add_webauthn": "entente.web.passkeys.EnrolForm",
}
MFA_ADAPTER = "entente.web.passkeys.KeyAdapter"
MFA_TOTP_ISSUER = "Entente"
# One table of limits, ours: safeguards/limits.py.
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "board"
# `entente demo` alone writes this mark, into a folder of its own making; a banner says it on every page.
DEMONSTRATION = (DESK / "demonstration").is_file()

SESSION_ENGINE = "entente.records.sessions"
SESSION_COOKIE_AGE = 15 * 60  # of rest, as records/sessions.py, which also knows the longest life
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True  # scripts take the form's token from the page
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = bool(os.environ.get("ENTENTE_TLS"))
SECURE_REFERRER_POLICY = "same-origin"
if os.environ.get("ENTENTE_TLS"):  # behind a TLS proxy, which says so to us alone
    # a browser takes such a name by TLS only, from this very host and for all of it (RFC 6265bis §4.1.3)
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French")), ("it", _("Italian"))]
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site reads even our scripts
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_TEMP_DIR = os.environ.get("ENTENTE_UPLOADS") or None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
