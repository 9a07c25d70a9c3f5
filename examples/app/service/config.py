"""Everything that differs from one installation to another, from the environment."""

import os
import pathlib
import secrets

# The service's role has the profile 'app': EXECUTE on procedures and no right to any table.
DATABASE_URL = os.environ.get("S2T_DATABASE_URL", "postgresql+asyncpg://speech_app@/speech")

# The role of the scheduled jobs has the profile 'admin'. Straight to the server, not through
# PgBouncer: these procedures commit, see service/database.py.
MAINTENANCE_URL = os.environ.get("S2T_MAINTENANCE_URL", "postgresql+asyncpg://speech_jobs@/speech")

# S2T_PGBOUNCER=1: DATABASE_URL leads through a PgBouncer in transaction mode.
PGBOUNCER = os.environ.get("S2T_PGBOUNCER", "") not in ("", "0")

# Who stores what the engines wrote: "database", workers that claim recordings from the database
# (service/claims.py), or "celery", tasks through a broker (service/worker.py).
QUEUE = os.environ.get("S2T_QUEUE", "database")

# The workers' role has the profile 'worker', the webhooks' role the profile 'consumer'.
WORKER_URL = os.environ.get("S2T_WORKER_URL", "postgresql+asyncpg://speech_worker@/speech")
EVENTS_URL = os.environ.get("S2T_EVENTS_URL", "postgresql+asyncpg://speech_events@/speech")

# Where uploads wait for a worker: a folder that the API and the workers share. A real service has
# its audio in an object store.
SPOOL = pathlib.Path(os.environ.get("S2T_SPOOL", pathlib.Path(__file__).parent.parent / "spool"))
LEASE_SECONDS = float(os.environ.get("S2T_LEASE_SECONDS", "60"))
# How long a program waits that has nothing to do.
IDLE_SECONDS = float(os.environ.get("S2T_IDLE_SECONDS", "1"))

# What the simulated engine of live recordings says, and how many times faster than it was spoken.
LECTURE = pathlib.Path(os.environ.get(
    "S2T_LECTURE", pathlib.Path(__file__).parents[3] / "demo" / "transcript.faster-whisper.json"))
LIVE_SPEED = float(os.environ.get("S2T_LIVE_SPEED", "4"))
CAPTION_SECONDS = float(os.environ.get("S2T_CAPTION_SECONDS", "0.5"))

# Where events are sent to, and the secret that signs them: whsec_ and base64.
WEBHOOK_URL = os.environ.get("S2T_WEBHOOK_URL", "")
WEBHOOK_SECRET = os.environ.get("S2T_WEBHOOK_SECRET", "")
WEBHOOK_CONSUMER = os.environ.get("S2T_WEBHOOK_CONSUMER", "webhooks")
WEBHOOK_TIMEOUT = float(os.environ.get("S2T_WEBHOOK_TIMEOUT", "10"))

BROKER_URL = os.environ.get("S2T_BROKER_URL", "amqp://localhost//")
RETENTION_DAYS = int(os.environ.get("S2T_RETENTION_DAYS", "90"))
DEFAULT_PLAN = os.environ.get("S2T_DEFAULT_PLAN", "FREE")

# Signs the tokens of logged-in users. All processes need the same one; without one, tokens end
# with the process.
SECRET = os.environ.get("S2T_SECRET", "").encode() or secrets.token_bytes(32)
TOKEN_SECONDS = int(os.environ.get("S2T_TOKEN_SECONDS", "43200"))

# S2T_HTTPS=1: the page's cookie goes over HTTPS only.
HTTPS = os.environ.get("S2T_HTTPS", "") not in ("", "0")
