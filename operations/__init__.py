"""Running and measuring the centre."""
