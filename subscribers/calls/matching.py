"""Whose call it is: looked up once, as of the moment it rang, and kept whoever gets the number afterwards."""
