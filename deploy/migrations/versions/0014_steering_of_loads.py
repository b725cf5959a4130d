"""steering of loads"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('subscribers_agreed_lag',
    sa.Column('entity', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('hours', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('entity', name=op.f('pk_subscribers_agreed_lag'))
    )

    op.create_table('subscribers_difference',
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('bucket', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['load_id'], ['subscribers_load.id'], name=op.f('fk_subscribers_difference_load_id_subscribers_load')),
    sa.PrimaryKeyConstraint('load_id', 'key', name=op.f('pk_subscribers_difference'))
    )

    with op.batch_alter_table('subscribers_difference', schema=None) as batch_op:
        batch_op.create_index('ix_subscribers_difference_in_order', ['load_id', 'reason', 'kind'], unique=False)

    op.create_table('subscribers_forecast',
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('inserted', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('updated', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unchanged', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('stale', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('removed', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('absent', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['load_id'], ['subscribers_load.id'], name=op.f('fk_subscribers_forecast_load_id_subscribers_load')),
    sa.PrimaryKeyConstraint('load_id', name=op.f('pk_subscribers_forecast'))
    )

    op.create_table('subscribers_kept_row',
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['load_id'], ['subscribers_load.id'], name=op.f('fk_subscribers_kept_row_load_id_subscribers_load')),
    sa.PrimaryKeyConstraint('load_id', 'row_id', name=op.f('pk_subscribers_kept_row'))
    )

    op.create_table('subscribers_load_wish',
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('tries', sa.Boolean(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['load_id'], ['subscribers_load.id'], name=op.f('fk_subscribers_load_wish_load_id_subscribers_load')),
    sa.PrimaryKeyConstraint('load_id', name=op.f('pk_subscribers_load_wish'))
    )

    op.create_table('subscribers_reconciliation',
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('file_rows', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('table_rows', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('file_sums', sa.JSON(), nullable=False),
    sa.Column('table_sums', sa.JSON(), nullable=False),
    sa.Column('file_counts', sa.JSON(), nullable=False),
    sa.Column('table_counts', sa.JSON(), nullable=False),
    sa.Column('unequal', sa.JSON(), nullable=False),
    sa.Column('missing', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('extra', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('differing', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('explained', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['load_id'], ['subscribers_load.id'], name=op.f('fk_subscribers_reconciliation_load_id_subscribers_load')),
    sa.PrimaryKeyConstraint('load_id', name=op.f('pk_subscribers_reconciliation'))
    )

    op.create_table('subscribers_undoing',
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('restored', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('removed', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kept', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('finished_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['load_id'], ['subscribers_load.id'], name=op.f('fk_subscribers_undoing_load_id_subscribers_load')),
    sa.PrimaryKeyConstraint('load_id', name=op.f('pk_subscribers_undoing'))
    )


def downgrade() -> None:
    op.drop_table('subscribers_undoing')
    op.drop_table('subscribers_reconciliation')
    op.drop_table('subscribers_load_wish')
    op.drop_table('subscribers_kept_row')
    op.drop_table('subscribers_forecast')
    with op.batch_alter_table('subscribers_difference', schema=None) as batch_op:
        batch_op.drop_index('ix_subscribers_difference_in_order')

    op.drop_table('subscribers_difference')
    op.drop_table('subscribers_agreed_lag')
