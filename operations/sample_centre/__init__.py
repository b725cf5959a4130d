"""A centre to try: a fictional operator, its knowledge and its people. Written for this program."""
