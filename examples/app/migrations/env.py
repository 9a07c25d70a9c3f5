"""Alembic's environment: one connection as a superuser, who alone may create the extension."""

import os

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

URL = os.environ.get("S2T_MIGRATION_URL", "postgresql+psycopg2://postgres@/speech")

if context.is_offline_mode():
    context.configure(url=URL, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(URL, poolclass=NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
