"""why loads do not go on"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('subscribers_untaken',
    sa.Column('path', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('path', name=op.f('pk_subscribers_untaken'))
    )
    with op.batch_alter_table('subscribers_load', schema=None) as batch_op:
        batch_op.add_column(sa.Column('failure', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('failed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('subscribers_load', schema=None) as batch_op:
        batch_op.drop_column('failed_at')
        batch_op.drop_column('failure')

    op.drop_table('subscribers_untaken')
