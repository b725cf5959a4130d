"""What people may ask of the data about them, how long it is kept, and what is done about both."""
