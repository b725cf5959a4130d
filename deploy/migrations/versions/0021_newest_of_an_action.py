"""newest of an action"""

from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

TABLE = 'core_audit_entry'


def upgrade() -> None:
    op.create_index('ix_core_audit_entry_action_number', TABLE, ['action', 'number'])
    op.drop_index('ix_core_audit_entry_action', table_name=TABLE)


def downgrade() -> None:
    op.create_index('ix_core_audit_entry_action', TABLE, ['action'])
    op.drop_index('ix_core_audit_entry_action_number', table_name=TABLE)
