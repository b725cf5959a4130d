"""subscriptions in the order of a card"""

from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

TABLE = 'subscribers_subscription'
COLUMNS = ['customer_id', 'gone_at', 'status', 'opened_on']


def upgrade() -> None:
    op.create_index('ix_subscribers_subscription_of_customer', TABLE, COLUMNS)
    op.drop_index('ix_subscribers_subscription_customer_id', table_name=TABLE)


def downgrade() -> None:
    op.create_index('ix_subscribers_subscription_customer_id', TABLE, ['customer_id'])
    op.drop_index('ix_subscribers_subscription_of_customer', table_name=TABLE)
