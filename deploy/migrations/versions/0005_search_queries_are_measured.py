"""Search queries are measured: team, kind, best place of what was used, and what was put in other words."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from search.query_kinds import kind_of

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

NEW = ('follows', 'best_place', 'kind', 'team_code')
FOLLOWS = sa.text('follows IS NOT NULL')
DEGRADED = sa.text("CAST(degradations AS VARCHAR) <> '[]'")
QUERY = sa.table('search_query', sa.column('id', sa.Uuid()), sa.column('text'), sa.column('kind'))


def upgrade() -> None:
    with op.batch_alter_table('search_query', schema=None) as batch_op:
        batch_op.add_column(sa.Column('team_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(
            sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default='')
        )
        batch_op.add_column(sa.Column('best_place', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('follows', sa.Uuid(), nullable=True))
        batch_op.drop_index(batch_op.f('ix_search_query_at'))
        batch_op.drop_index(batch_op.f('ix_search_query_staff_id'))
    _say_what_is_known_of_the_past()
    with op.batch_alter_table('search_query', schema=None) as batch_op:
        batch_op.create_index('ix_search_query_asked', ['staff_id', 'at'], unique=False)
        batch_op.create_index('ix_search_query_measured', ['at', 'result_count', 'best_place', 'duration_ms', 'team_code', 'kind'], unique=False)
        batch_op.create_index('ix_search_query_degraded', ['at'], unique=False, sqlite_where=DEGRADED, postgresql_where=DEGRADED)
        batch_op.create_index('ix_search_query_follows', ['at'], unique=False, sqlite_where=FOLLOWS, postgresql_where=FOLLOWS)


def _say_what_is_known_of_the_past() -> None:
    """The team is the one of today: nobody wrote down the one of then."""
    op.execute(
        'UPDATE search_query SET team_code = (SELECT core_team.code FROM core_staff JOIN core_team'
        ' ON core_team.id = core_staff.team_id WHERE core_staff.id = search_query.staff_id)'
    )
    op.execute(
        'UPDATE search_query SET best_place = (SELECT COALESCE(MIN(NULLIF(CASE WHEN position < 0 THEN 0 ELSE position END, 0)), 0)'
        ' FROM search_use WHERE search_use.query_id = search_query.id)'
        ' WHERE EXISTS (SELECT 1 FROM search_use WHERE search_use.query_id = search_query.id)'
    )
    connection = op.get_bind()
    asked = connection.execute(sa.select(QUERY.c.id, QUERY.c.text)).all()
    kinds = [{'of': row.id, 'named': kind_of(row.text).value} for row in asked]
    if kinds:
        named = QUERY.update().where(QUERY.c.id == sa.bindparam('of')).values(kind=sa.bindparam('named'))
        connection.execute(named, kinds)


def downgrade() -> None:
    with op.batch_alter_table('search_query', schema=None) as batch_op:
        for name in ('follows', 'degraded', 'measured', 'asked'):
            batch_op.drop_index(f'ix_search_query_{name}')
    for name in NEW:  # not as a batch: SQLite would drop the table, to which others refer
        op.execute(f'ALTER TABLE search_query DROP COLUMN {name}')
    with op.batch_alter_table('search_query', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_search_query_staff_id'), ['staff_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_search_query_at'), ['at'], unique=False)
