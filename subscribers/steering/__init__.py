"""What a person does about loads: watch, hold, release, reject, undo, and mend rows that were refused."""
