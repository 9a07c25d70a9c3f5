# In alembic migration
from alembic import op

def upgrade():
    # Run SQL file with all procedures
    with open('scripts/create_procedures.sql', 'r') as f:
        sql = f.read()
        op.execute(sql)

def downgrade():
    # Drop all procedures
    op.execute("DROP PROCEDURE IF EXISTS sp_register_user")
    op.execute("DROP FUNCTION IF EXISTS sp_check_quota_and_create_recording")
    # ... drop all
