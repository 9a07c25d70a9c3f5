"""The current one."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER EXTENSION s2t UPDATE")
    op.execute("SELECT s2t_install()")


def downgrade():
    pass  # There is no way back to an older version, and none is needed.
