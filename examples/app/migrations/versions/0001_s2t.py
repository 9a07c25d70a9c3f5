"""The extension, the usual plans, and what the service's two roles may do."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE EXTENSION s2t")
    op.execute("CALL sp_seed_plans()")
    op.execute("CALL s2t_grant('speech_app', 'app')")
    op.execute("CALL s2t_grant('speech_jobs', 'admin')")


def downgrade():
    # The tables and their rows stay; the next upgrade takes them up again. The rights on them
    # would keep the roles from being dropped.
    op.execute("CALL s2t_revoke('speech_jobs')")
    op.execute("CALL s2t_revoke('speech_app')")
    op.execute("DROP EXTENSION s2t CASCADE")
