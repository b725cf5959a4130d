"""What every part shares. Knows no domain."""
