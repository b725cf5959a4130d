"""Write the next migration from the difference between the models and the migrations so far."""

import os
import sys
import tempfile

from alembic import command

from operations import migrating

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"ZHIDA_DATA_DIR": scratch, "ZHIDA_DATABASE_URL": ""}  # noqa: TID251 - a scratch database
        command.upgrade(migrating.config(), "head")
        command.revision(migrating.config(), message=sys.argv[1], autogenerate=True)
