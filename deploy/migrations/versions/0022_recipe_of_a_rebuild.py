"""recipe of a rebuild"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('search_rebuild', sa.Column('recipe', sa.String(), nullable=False, server_default=''))
    with op.batch_alter_table('search_rebuild') as table:
        table.alter_column('recipe', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('search_rebuild') as table:
        table.drop_column('recipe')
