"""The first version of the extension."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE EXTENSION s2t VERSION '1.0.0'")


def downgrade():
    op.execute("DROP EXTENSION s2t CASCADE")  # the tables and their rows stay
