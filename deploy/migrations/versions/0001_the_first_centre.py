"""The first centre."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('core_audit_entry',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('staff_name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('action', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('subject_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('previous_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_core_audit_entry'))
    )
    with op.batch_alter_table('core_audit_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_core_audit_entry_action'), ['action'], unique=False)
        batch_op.create_index(batch_op.f('ix_core_audit_entry_staff_id'), ['staff_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_core_audit_entry_subject_id'), ['subject_id'], unique=False)

    op.create_table('core_brand',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_core_brand'))
    )
    op.create_table('core_channel',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_core_channel'))
    )
    op.create_table('core_counter',
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_core_counter'))
    )
    op.create_table('core_failed_attempt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('login', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('address', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_failed_attempt'))
    )
    with op.batch_alter_table('core_failed_attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_core_failed_attempt_address'), ['address'], unique=False)
        batch_op.create_index(batch_op.f('ix_core_failed_attempt_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_core_failed_attempt_login'), ['login'], unique=False)

    op.create_table('core_job',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('run_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('leased_by', sa.Uuid(), nullable=True),
    sa.Column('leased_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('error', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('only_once_key', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_job'))
    )
    with op.batch_alter_table('core_job', schema=None) as batch_op:
        batch_op.create_index('ix_core_job_due', ['state', 'run_at', 'priority'], unique=False)
        batch_op.create_index(batch_op.f('ix_core_job_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_core_job_only_once_key'), ['only_once_key'], unique=False)

    op.create_table('core_product',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_core_product'))
    )
    op.create_table('core_region',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.Column('parent_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['parent_code'], ['core_region.code'], name=op.f('fk_core_region_parent_code_core_region')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_core_region'))
    )
    op.create_table('core_signing_key',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_core_signing_key'))
    )
    op.create_table('core_team',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_team')),
    sa.UniqueConstraint('code', name=op.f('uq_core_team_code'))
    )
    op.create_table('core_tier',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('retired', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_core_tier'))
    )
    op.create_table('kb_article',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kb_article')),
    sa.UniqueConstraint('number', name=op.f('uq_kb_article_number'))
    )
    op.create_table('kb_category',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['kb_category.id'], name=op.f('fk_kb_category_parent_id_kb_category')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kb_category')),
    sa.UniqueConstraint('parent_id', 'name', name=op.f('uq_kb_category_parent_id_name'))
    )
    op.create_table('kb_import_batch',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.Column('headings', sa.JSON(), nullable=False),
    sa.Column('sample', sa.JSON(), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('notes', sa.JSON(), nullable=False),
    sa.Column('preview', sa.JSON(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('read', sa.Integer(), nullable=False),
    sa.Column('started', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('published', sa.Integer(), nullable=False),
    sa.Column('error', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('finished_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('published_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kb_import_batch'))
    )
    with op.batch_alter_table('kb_import_batch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_kb_import_batch_digest'), ['digest'], unique=False)
        batch_op.create_index(batch_op.f('ix_kb_import_batch_staff_id'), ['staff_id'], unique=False)

    op.create_table('core_staff',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('login', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('team_id', sa.Uuid(), nullable=True),
    sa.Column('password_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('disabled', sa.Boolean(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['team_id'], ['core_team.id'], name=op.f('fk_core_staff_team_id_core_team')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_staff')),
    sa.UniqueConstraint('login', name=op.f('uq_core_staff_login'))
    )
    with op.batch_alter_table('core_staff', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_core_staff_team_id'), ['team_id'], unique=False)

    op.create_table('kb_import_refusal',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('file', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('problems', sa.JSON(), nullable=False),
    sa.Column('row', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['kb_import_batch.id'], name=op.f('fk_kb_import_refusal_batch_id_kb_import_batch')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kb_import_refusal'))
    )
    with op.batch_alter_table('kb_import_refusal', schema=None) as batch_op:
        batch_op.create_index('ix_kb_import_refusal_in_order', ['batch_id', 'position'], unique=False)

    op.create_table('kb_imported_row',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('article_id', sa.Uuid(), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['kb_import_batch.id'], name=op.f('fk_kb_imported_row_batch_id_kb_import_batch')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kb_imported_row')),
    sa.UniqueConstraint('source', 'key', name=op.f('uq_kb_imported_row_source_key'))
    )
    with op.batch_alter_table('kb_imported_row', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_kb_imported_row_article_id'), ['article_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_kb_imported_row_batch_id'), ['batch_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_kb_imported_row_version_id'), ['version_id'], unique=False)

    op.create_table('kb_version',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('article_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('category_id', sa.Uuid(), nullable=True),
    sa.Column('answer', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('conditions', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('prices', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('steps', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('internal_note', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('body_text', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('similar_questions', sa.JSON(), nullable=False),
    sa.Column('codes', sa.JSON(), nullable=False),
    sa.Column('keywords', sa.JSON(), nullable=False),
    sa.Column('audience', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('saved_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['kb_article.id'], name=op.f('fk_kb_version_article_id_kb_article')),
    sa.ForeignKeyConstraint(['category_id'], ['kb_category.id'], name=op.f('fk_kb_version_category_id_kb_category')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kb_version')),
    sa.UniqueConstraint('article_id', 'number', name=op.f('uq_kb_version_article_id_number'))
    )
    with op.batch_alter_table('kb_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_kb_version_article_id'), ['article_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_kb_version_category_id'), ['category_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_kb_version_saved_at'), ['saved_at'], unique=False)

    op.create_table('core_session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('token_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('expires_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('address', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('browser', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['core_staff.id'], name=op.f('fk_core_session_staff_id_core_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_core_session_token_hash'))
    )
    with op.batch_alter_table('core_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_core_session_staff_id'), ['staff_id'], unique=False)

    op.create_table('core_staff_role',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('role', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['core_staff.id'], name=op.f('fk_core_staff_role_staff_id_core_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_core_staff_role'))
    )
    with op.batch_alter_table('core_staff_role', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_core_staff_role_staff_id'), ['staff_id'], unique=False)

    op.create_table('kb_feedback',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('article_id', sa.Uuid(), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('verdict', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('comment', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('search_id', sa.Uuid(), nullable=True),
    sa.Column('answered_by', sa.Uuid(), nullable=True),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('reply', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['kb_article.id'], name=op.f('fk_kb_feedback_article_id_kb_article')),
    sa.ForeignKeyConstraint(['staff_id'], ['core_staff.id'], name=op.f('fk_kb_feedback_staff_id_core_staff')),
    sa.ForeignKeyConstraint(['version_id'], ['kb_version.id'], name=op.f('fk_kb_feedback_version_id_kb_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kb_feedback'))
    )
    with op.batch_alter_table('kb_feedback', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_kb_feedback_article_id'), ['article_id'], unique=False)
        batch_op.create_index('ix_kb_feedback_open', ['answered_at', 'created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_kb_feedback_staff_id'), ['staff_id'], unique=False)

    op.create_table('kb_publication',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('article_id', sa.Uuid(), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('published_by', sa.Uuid(), nullable=False),
    sa.Column('published_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('effective_from', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('effective_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('withdrawn_by', sa.Uuid(), nullable=True),
    sa.Column('withdrawn_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['article_id'], ['kb_article.id'], name=op.f('fk_kb_publication_article_id_kb_article')),
    sa.ForeignKeyConstraint(['version_id'], ['kb_version.id'], name=op.f('fk_kb_publication_version_id_kb_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kb_publication')),
    sa.UniqueConstraint('version_id', name=op.f('uq_kb_publication_version_id'))
    )
    with op.batch_alter_table('kb_publication', schema=None) as batch_op:
        batch_op.create_index('ix_kb_publication_in_force', ['article_id', 'effective_from', 'effective_until'], unique=False)
        batch_op.create_index(batch_op.f('ix_kb_publication_published_at'), ['published_at'], unique=False)

    op.create_table('kb_script',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('tier_code', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tier_code'], ['core_tier.code'], name=op.f('fk_kb_script_tier_code_core_tier')),
    sa.ForeignKeyConstraint(['version_id'], ['kb_version.id'], name=op.f('fk_kb_script_version_id_kb_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kb_script'))
    )
    with op.batch_alter_table('kb_script', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_kb_script_version_id'), ['version_id'], unique=False)

    op.create_table('kb_version_brand',
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['code'], ['core_brand.code'], name=op.f('fk_kb_version_brand_code_core_brand')),
    sa.ForeignKeyConstraint(['version_id'], ['kb_version.id'], name=op.f('fk_kb_version_brand_version_id_kb_version')),
    sa.PrimaryKeyConstraint('version_id', 'code', name=op.f('pk_kb_version_brand'))
    )
    op.create_table('kb_version_channel',
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['code'], ['core_channel.code'], name=op.f('fk_kb_version_channel_code_core_channel')),
    sa.ForeignKeyConstraint(['version_id'], ['kb_version.id'], name=op.f('fk_kb_version_channel_version_id_kb_version')),
    sa.PrimaryKeyConstraint('version_id', 'code', name=op.f('pk_kb_version_channel'))
    )
    op.create_table('kb_version_product',
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['code'], ['core_product.code'], name=op.f('fk_kb_version_product_code_core_product')),
    sa.ForeignKeyConstraint(['version_id'], ['kb_version.id'], name=op.f('fk_kb_version_product_version_id_kb_version')),
    sa.PrimaryKeyConstraint('version_id', 'code', name=op.f('pk_kb_version_product'))
    )
    op.create_table('kb_version_region',
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['code'], ['core_region.code'], name=op.f('fk_kb_version_region_code_core_region')),
    sa.ForeignKeyConstraint(['version_id'], ['kb_version.id'], name=op.f('fk_kb_version_region_version_id_kb_version')),
    sa.PrimaryKeyConstraint('version_id', 'code', name=op.f('pk_kb_version_region'))
    )
    op.create_table('kb_version_team',
    sa.Column('version_id', sa.Uuid(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['code'], ['core_team.code'], name=op.f('fk_kb_version_team_code_core_team')),
    sa.ForeignKeyConstraint(['version_id'], ['kb_version.id'], name=op.f('fk_kb_version_team_version_id_kb_version')),
    sa.PrimaryKeyConstraint('version_id', 'code', name=op.f('pk_kb_version_team'))
    )
    op.create_table('operations_sample_article',
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('fingerprint', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['version_id'], ['kb_version.id'], name=op.f('fk_operations_sample_article_version_id_kb_version')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_operations_sample_article'))
    )
    op.create_table('search_query',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('result_count', sa.Integer(), nullable=False),
    sa.Column('duration_ms', sa.Integer(), nullable=False),
    sa.Column('degradations', sa.JSON(), nullable=False),
    sa.Column('filters', sa.JSON(), nullable=False),
    sa.Column('settled_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['core_staff.id'], name=op.f('fk_search_query_staff_id_core_staff')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_query'))
    )
    with op.batch_alter_table('search_query', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_search_query_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_search_query_staff_id'), ['staff_id'], unique=False)

    op.create_table('search_use',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('query_id', sa.Uuid(), nullable=True),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('document_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('action', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['query_id'], ['search_query.id'], name=op.f('fk_search_use_query_id_search_query')),
    sa.ForeignKeyConstraint(['staff_id'], ['core_staff.id'], name=op.f('fk_search_use_staff_id_core_staff')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_search_use')),
    sa.UniqueConstraint('query_id', 'source', 'document_id', 'action', name=op.f('uq_search_use_query_id_source_document_id_action'))
    )
    with op.batch_alter_table('search_use', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_search_use_document_id'), ['document_id'], unique=False)
        batch_op.create_index('ix_search_use_recent', ['staff_id', 'at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('search_use', schema=None) as batch_op:
        batch_op.drop_index('ix_search_use_recent')
        batch_op.drop_index(batch_op.f('ix_search_use_document_id'))

    op.drop_table('search_use')
    with op.batch_alter_table('search_query', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_search_query_staff_id'))
        batch_op.drop_index(batch_op.f('ix_search_query_at'))

    op.drop_table('search_query')
    op.drop_table('operations_sample_article')
    op.drop_table('kb_version_team')
    op.drop_table('kb_version_region')
    op.drop_table('kb_version_product')
    op.drop_table('kb_version_channel')
    op.drop_table('kb_version_brand')
    with op.batch_alter_table('kb_script', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_kb_script_version_id'))

    op.drop_table('kb_script')
    with op.batch_alter_table('kb_publication', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_kb_publication_published_at'))
        batch_op.drop_index('ix_kb_publication_in_force')

    op.drop_table('kb_publication')
    with op.batch_alter_table('kb_feedback', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_kb_feedback_staff_id'))
        batch_op.drop_index('ix_kb_feedback_open')
        batch_op.drop_index(batch_op.f('ix_kb_feedback_article_id'))

    op.drop_table('kb_feedback')
    with op.batch_alter_table('core_staff_role', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_core_staff_role_staff_id'))

    op.drop_table('core_staff_role')
    with op.batch_alter_table('core_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_core_session_staff_id'))

    op.drop_table('core_session')
    with op.batch_alter_table('kb_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_kb_version_saved_at'))
        batch_op.drop_index(batch_op.f('ix_kb_version_category_id'))
        batch_op.drop_index(batch_op.f('ix_kb_version_article_id'))

    op.drop_table('kb_version')
    with op.batch_alter_table('kb_imported_row', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_kb_imported_row_version_id'))
        batch_op.drop_index(batch_op.f('ix_kb_imported_row_batch_id'))
        batch_op.drop_index(batch_op.f('ix_kb_imported_row_article_id'))

    op.drop_table('kb_imported_row')
    with op.batch_alter_table('kb_import_refusal', schema=None) as batch_op:
        batch_op.drop_index('ix_kb_import_refusal_in_order')

    op.drop_table('kb_import_refusal')
    with op.batch_alter_table('core_staff', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_core_staff_team_id'))

    op.drop_table('core_staff')
    with op.batch_alter_table('kb_import_batch', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_kb_import_batch_staff_id'))
        batch_op.drop_index(batch_op.f('ix_kb_import_batch_digest'))

    op.drop_table('kb_import_batch')
    op.drop_table('kb_category')
    op.drop_table('kb_article')
    op.drop_table('core_tier')
    op.drop_table('core_team')
    op.drop_table('core_signing_key')
    op.drop_table('core_region')
    op.drop_table('core_product')
    with op.batch_alter_table('core_job', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_core_job_only_once_key'))
        batch_op.drop_index(batch_op.f('ix_core_job_kind'))
        batch_op.drop_index('ix_core_job_due')

    op.drop_table('core_job')
    with op.batch_alter_table('core_failed_attempt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_core_failed_attempt_login'))
        batch_op.drop_index(batch_op.f('ix_core_failed_attempt_at'))
        batch_op.drop_index(batch_op.f('ix_core_failed_attempt_address'))

    op.drop_table('core_failed_attempt')
    op.drop_table('core_counter')
    op.drop_table('core_channel')
    op.drop_table('core_brand')
    with op.batch_alter_table('core_audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_core_audit_entry_subject_id'))
        batch_op.drop_index(batch_op.f('ix_core_audit_entry_staff_id'))
        batch_op.drop_index(batch_op.f('ix_core_audit_entry_action'))

    op.drop_table('core_audit_entry')
