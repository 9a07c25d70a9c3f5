"""Passwords, tokens and signatures, with the standard library alone."""

import base64
import hashlib
import hmac
import os
import time
from uuid import UUID

from . import config

SCRYPT = {"n": 2**14, "r": 8, "p": 1}


def hash_password(password: str) -> str:
    salt = os.urandom(16)
    return f"scrypt${salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, **SCRYPT).hex()}"


def check_password(password: str, password_hash: str) -> bool:
    method, salt, expected = password_hash.split("$")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **SCRYPT)
    return method == "scrypt" and hmac.compare_digest(found, bytes.fromhex(expected))


# For a login that does not exist: the answer takes as long as for one that does.
NOBODY = hash_password("")


def sign(payload: bytes) -> bytes:
    return hmac.digest(config.SECRET, payload, "sha256")


def make_token(user_id: UUID, login: str = "") -> str:
    payload = user_id.bytes + int(time.time() + config.TOKEN_SECONDS).to_bytes(8, "big") + login.encode()
    return base64.urlsafe_b64encode(payload + sign(payload)).decode()


def read_token(token: str) -> tuple[UUID, str] | None:
    """The user and the name he logged in with, or None if the token is forged or too old."""
    try:
        raw = base64.urlsafe_b64decode(token)
    except ValueError:
        return None
    payload, signature = raw[:-32], raw[-32:]
    if not hmac.compare_digest(signature, sign(payload)) or int.from_bytes(payload[16:24], "big") < time.time():
        return None
    return UUID(bytes=payload[:16]), payload[24:].decode()


def csrf_token(session: str) -> str:
    """What a request that comes with the cookie `session` has to say besides: only pages of this
    origin can read it."""
    return sign(b"csrf" + session.encode()).hex()


def webhook_signature(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature of Standard Webhooks, version 1: HMAC-SHA256 over id, timestamp and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
