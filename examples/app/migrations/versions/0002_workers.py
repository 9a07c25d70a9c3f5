"""s2t 1.2: workers that claim from the database, and who is told of events, each with a role of its own."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    # Nothing to do where 0001 has just created the extension; after an update of the server's files, all of it.
    op.execute("ALTER EXTENSION s2t UPDATE")
    op.execute("SELECT s2t_install()")
    # What is new is granted by repeating the grant.
    op.execute("CALL s2t_grant('speech_app', 'app')")
    op.execute("CALL s2t_grant('speech_jobs', 'admin')")
    op.execute("CALL s2t_grant('speech_worker', 'worker')")
    op.execute("CALL s2t_grant('speech_events', 'consumer')")


def downgrade():
    op.execute("CALL s2t_revoke('speech_events')")
    op.execute("CALL s2t_revoke('speech_worker')")
