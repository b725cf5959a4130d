"""contact numbers by their parts, and the sources of a client"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

TABLE = 'subscribers_customer'


def _begins(column):
    """PostgreSQL finds what begins with something only by an index that compares bytes; SQLite always does."""
    return {'postgresql_ops': {column: 'text_pattern_ops'}}


def upgrade() -> None:
    with op.batch_alter_table('core_api_client', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sources', sa.JSON(), nullable=False, server_default='[]'))
    with op.batch_alter_table('core_api_client', schema=None) as batch_op:
        batch_op.alter_column('sources', server_default=None)

    if op.get_bind().dialect.name == 'postgresql':
        op.drop_index('ix_subscribers_customer_phone', table_name=TABLE)
        op.create_index('ix_subscribers_customer_phone', TABLE, ['phone'], **_begins('phone'))
    middle = sa.literal_column('substr(phone, 4)').label('middle')
    op.create_index('ix_subscribers_customer_phone_middle', TABLE, [middle], **_begins('middle'))
    op.create_index('ix_subscribers_customer_phone_end', TABLE, [sa.text('substr(phone, length(phone) - 3)')])


def downgrade() -> None:
    op.drop_index('ix_subscribers_customer_phone_end', table_name=TABLE)
    op.drop_index('ix_subscribers_customer_phone_middle', table_name=TABLE)
    if op.get_bind().dialect.name == 'postgresql':
        op.drop_index('ix_subscribers_customer_phone', table_name=TABLE)
        op.create_index('ix_subscribers_customer_phone', TABLE, ['phone'])
    with op.batch_alter_table('core_api_client', schema=None) as batch_op:
        batch_op.drop_column('sources')
