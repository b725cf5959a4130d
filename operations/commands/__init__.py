"""The verbs of the command `zhida`, one module a subject."""
