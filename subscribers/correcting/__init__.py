"""What agents heard from callers, laid over what the source says, until the source says it too."""
