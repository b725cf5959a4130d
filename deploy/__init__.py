"""Putting it into service: database migrations, deployment files, vendored front-end packages."""
