"""Files from other systems: received, checked, merged and acknowledged, whatever goes wrong on the way."""
