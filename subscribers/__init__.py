"""The people who call: what other systems say of them, what agents corrected, and their calls."""
