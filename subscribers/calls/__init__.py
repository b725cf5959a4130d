"""Calls as the switch tells of them, who took them, what was used for them, and how they were wrapped up."""
